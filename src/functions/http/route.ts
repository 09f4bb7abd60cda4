import type { z } from 'zod';
import type { Problem } from '../../domain/app-error.ts';
import type { Caller, Role } from '../../domain/caller.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { ValidParts } from './valid-parts.ts';

type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a handler gets: everything about one request, checked. */
export interface RouteRequest<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly headers: Pick<Headers, 'get'>;
  readonly caller: Caller;
  /** False at a keyless route for whoever showed no key. */
  readonly isKnownCaller: boolean;
  readonly now: Date;
  readonly requestId: string;
  /** The id of the operation that this request starts: one per request, the same again when the request is repeated. */
  readonly operationId: () => string;
  /** `length` bytes (at most 8,160) for this purpose, the same again when the request is repeated with its key. */
  readonly randomBytes: (label: string, length: number) => Uint8Array;
  readonly orchestrations: Orchestrations;
}

export interface RouteAnswer {
  readonly status: number;
  /** JSON. */
  readonly body?: unknown;
  /** Instead of JSON; such an answer is never kept for replay, the handler runs again. */
  readonly bytes?: { readonly content: Uint8Array | string; readonly contentType: string };
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer must not be kept for replay: the same key runs the handler again with the same seed. */
  readonly isSensitive?: true;
}

interface RouteFacts {
  /** Name of the function in the host: `[A-Za-z][A-Za-z0-9]*`. */
  readonly name: string;
  readonly method: HttpMethod;
  /** Template below `/api`, without a leading slash: `operations/{id}`. */
  readonly path: string;
  /** What the audit calls it, such as `operation.cancel`. */
  readonly action: string;
  /** The least role that may; `keyless` only for the routes on the closed list. */
  readonly role: Role | 'keyless';
  readonly summary: string;
  readonly tags?: readonly string[];
  /** Answers by status; undefined for one without a JSON body. Problems are added to every route. */
  readonly responses: Readonly<Record<number, z.ZodType | undefined>>;
  /** Keyless, and tells callers with a key more: a key that is shown is read, and has to be a good one. */
  readonly readsCaller?: true;
  /** Answers also while something that the service needs is missing. */
  readonly answersUnready?: true;
  /** Each answer is `isSensitive`. */
  readonly sensitiveAnswer?: true;
  /** The body may be `text/csv` instead: its text is the field `csv` of the body then. */
  readonly takesCsv?: true;
  /**
   * Names of query parameters that are secrets: the audit gets their SHA-256. A path holds none: the host's telemetry
   * tells every path.
   */
  readonly secretQuery?: readonly string[];
  /** JSON Pointers of body fields that hold secrets: an idempotency key is compared by a slow hash of them alone. */
  readonly secretFields?: readonly string[];
}

export interface RouteDefinition<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> extends RouteFacts {
  readonly request?: { readonly params?: P; readonly query?: Q; readonly body?: B };
  /**
   * For keyless routes that a secret in the query opens: whether it does. Whoever shows none that does is counted and
   * bounded.
   */
  readonly isOpenedBy?: (query: Readonly<Record<string, string>>) => Promise<boolean>;
  /**
   * What else is wrong with the parts of a body whose shape is not right: said in the same answer. `faults` are JSON
   * Pointers of the places whose shape is wrong, or where something is missing; unknown fields are not among them. Not
   * asked when the path itself is wrong.
   */
  readonly alsoWrong?: (
    parts: ValidParts<z.output<B>>,
    faults: readonly string[],
    params: z.output<P>,
  ) => Promise<readonly Problem[]>;
  readonly handler: (request: RouteRequest<z.output<P>, z.output<Q>, z.output<B>>) => Promise<RouteAnswer>;
}

/** A route, as the registration and the API description see it. */
export interface Route extends RouteFacts {
  readonly request: {
    readonly params: z.ZodType | undefined;
    readonly query: z.ZodType | undefined;
    readonly body: z.ZodType | undefined;
  };
  readonly isOpenedBy?: (query: Readonly<Record<string, string>>) => Promise<boolean>;
  readonly alsoWrong:
    ((parts: unknown, faults: readonly string[], params: unknown) => Promise<readonly Problem[]>) | undefined;
  readonly handle: (request: RouteRequest<unknown, unknown, unknown>) => Promise<RouteAnswer>;
}
