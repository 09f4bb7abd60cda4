import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import type { Caller } from '../../domain/caller.ts';
import { countedAddress } from '../../domain/counted-address.ts';
import { operationIdPattern } from '../../domain/operation.ts';
import { parseThumbprint } from '../../domain/thumbprint.ts';
import type { AuditRow } from '../../services/requests/audit.ts';
import { sha256Hex } from '../../stores/digest.ts';
import { sourceOf } from './caller-address.ts';
import type { HttpServices } from './http-services.ts';
import { problemMediaType } from './problem-answer.ts';
import type { RenderedAnswer } from './rendered-answer.ts';
import type { Route } from './route.ts';

/** What the audit is told about one request. Reads leave no trace unless the caller was turned away. */
export interface AuditTrail {
  /** Set as soon as it is known. */
  caller: Caller | undefined;
  idempotencyKeyHash: string | undefined;
  /** The request's body, once it is checked. Of it the audit keeps what it is about, and why. */
  body: unknown;
  /** Nobody knows who asks, and what they showed opens nothing. */
  isTurnedAway: boolean;
  intent(): Promise<void>;
  outcome(answer: RenderedAnswer): Promise<void>;
}

export interface AuditTrailOptions {
  readonly route: Route;
  readonly services: Pick<HttpServices, 'audit' | 'turnedAway' | 'now'>;
  readonly request: Pick<HttpRequest, 'params' | 'query' | 'headers'>;
  readonly requestId: string;
}

export function createAuditTrail({ route, services, request, requestId }: AuditTrailOptions): AuditTrail {
  const isChange = route.method !== 'GET';
  const source = sourceOf(request.headers);
  const trail: AuditTrail = {
    caller: undefined,
    idempotencyKeyHash: undefined,
    body: undefined,
    isTurnedAway: false,
    intent,
    outcome,
  };

  function row(phase: AuditRow['phase']): AuditRow {
    const { caller, idempotencyKeyHash } = trail;
    return {
      phase,
      requestId,
      at: services.now().toISOString(),
      action: route.action,
      target: { ...subjectsOf(trail.body), ...targetOf(route, request) },
      ...reasonOf(trail.body),
      who: caller?.id ?? 'unknown',
      ...(caller === undefined ? {} : { role: caller.role }),
      ...(source === undefined ? {} : { source }),
      ...(idempotencyKeyHash === undefined ? {} : { idempotencyKeyHash }),
    };
  }

  async function intent(): Promise<void> {
    if (isChange && !trail.isTurnedAway) await services.audit.write(row('intent'));
  }

  async function outcome(answer: RenderedAnswer): Promise<void> {
    const { status } = answer;
    const { target, ...rest } = row('outcome');
    const made = subjectsOfAnswer(answer);
    const outcomeRow = { ...rest, target: { ...made.target, ...target }, ...made.operation, status, ...whyOf(answer) };
    if (trail.isTurnedAway) await services.turnedAway.write(outcomeRow, countedAddress(source));
    else if (isChange || status === 403) await services.audit.write(outcomeRow);
  }

  return trail;
}

const problemSchema = z.object({ code: z.string(), errors: z.array(z.object({ code: z.string() })).optional() });
const reasonsMax = 10;

/** Why it was refused, whether it is said for the first time or told again under an idempotency key. */
function whyOf({ headers, body }: RenderedAnswer): Pick<AuditRow, 'code' | 'reasons'> {
  if (headers['content-type'] !== problemMediaType || typeof body !== 'string') return {};
  const { code, errors = [] } = problemSchema.parse(JSON.parse(body));
  const reasons = [...new Set(errors.map((error) => error.code))].slice(0, reasonsMax);
  return { code, ...(reasons.length === 0 ? {} : { reasons }) };
}

/** Fields that say what a request is about. Each means one thing in every request and answer, and none is secret. */
const subjectFields = ['id', 'thumbprint', 'serialNumber', 'rootId', 'owner', 'gatewayId', 'resourceId'];
const reasonSchema = z.looseObject({ reason: z.string() });

function subjectsOf(body: unknown): Record<string, string> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return {};
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]): [string, string][] =>
      subjectFields.includes(name) && typeof value === 'string' ? [[name, normalForm(name, value)]] : [],
    ),
  );
}

function reasonOf(body: unknown): Pick<AuditRow, 'reason'> {
  const { data } = reasonSchema.safeParse(body);
  return data === undefined ? {} : { reason: data.reason };
}

/** What the answer names that the request could not: what was made, and the operation that follows. */
function subjectsOfAnswer({ status, headers, body }: RenderedAnswer): {
  readonly target: Record<string, string>;
  readonly operation: Pick<AuditRow, 'operationId'>;
} {
  const isJson = headers['content-type']?.startsWith('application/json') === true;
  if (status >= 300 || !isJson || typeof body !== 'string') return { target: {}, operation: {} };
  const { id, ...rest } = subjectsOf(JSON.parse(body));
  if (id === undefined) return { target: rest, operation: {} };
  return operationIdPattern.test(id)
    ? { target: rest, operation: { operationId: id } }
    : { target: { id, ...rest }, operation: {} };
}

/**
 * What is acted on, from the path and, where a link opens a route, from its query. A secret is shown by its hash: rows
 * about one thing can still be told to be.
 */
function targetOf(
  { secretQuery = [] }: Route,
  { params, query }: Pick<HttpRequest, 'params' | 'query'>,
): Record<string, string> {
  const named = Object.entries(params).map(([name, value]) => [name, normalForm(name, value)] as const);
  const hashed = secretQuery.map((name) => [name, `sha256:${sha256Hex(query.get(name) ?? '')}`] as const);
  return Object.fromEntries([...named, ...hashed]);
}

/** Thumbprints are searched for: whatever way they were written, the audit has them in one. */
function normalForm(name: string, value: string): string {
  return name === 'thumbprint' ? (parseThumbprint(value) ?? value) : value;
}
