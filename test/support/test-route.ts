/**
 * Routes as the host would open them, on memory tables: requests go through the whole pipeline, with a clock that
 * stands still, seeds that are counted, and API keys of every role.
 */
import { HttpRequest, type HttpResponseInit, InvocationContext } from '@azure/functions';
import { type Role, roles } from '../../src/domain/caller.ts';
import { answerRequest } from '../../src/functions/http/answer-request.ts';
import { createFailureLimits } from '../../src/functions/http/failure-limits.ts';
import type { HttpServices } from '../../src/functions/http/http-services.ts';
import { createReadCaller } from '../../src/functions/http/read-caller.ts';
import type { Route } from '../../src/functions/http/route.ts';
import { type ApiKeys, createApiKeys } from '../../src/services/requests/api-keys.ts';
import { createAudit } from '../../src/services/requests/audit.ts';
import { createIdempotency } from '../../src/services/requests/idempotency.ts';
import { createTurnedAway } from '../../src/services/requests/turned-away.ts';
import { sha256Hex } from '../../src/stores/digest.ts';
import { createMemoryTables, type MemoryTables } from './memory-tables.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

export interface ApiRequest {
  readonly params?: Readonly<Record<string, string>>;
  /** How the path was written, where that is not as the route's template has it. */
  readonly path?: string;
  /** With the question mark. */
  readonly query?: string;
  /** A string or bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Who asks; `nobody` sends no key. An operator unless told. */
  readonly as?: Role | 'nobody';
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body, read as JSON; undefined when it is empty. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface TestApi {
  readonly tables: MemoryTables;
  readonly clock: TestClock;
  readonly services: HttpServices;
  readonly apiKeys: ApiKeys;
  /** What was logged as an error. */
  readonly errors: string[];
  /** How often a change was announced. */
  changes(): number;
  /** What the service has not got from now on. */
  miss(...names: readonly string[]): void;
  ask(route: Route, request?: ApiRequest): Promise<ApiAnswer>;
}

export function keyOf(role: Role): string {
  return `${role}-key-0123456789abcdef0123456789abcdef`;
}

export async function createTestApi(): Promise<TestApi> {
  const tables = createMemoryTables();
  const clock = createTestClock();
  const apiKeys = createApiKeys({ tables, now: clock.now });
  await apiKeys.ensureAdministrator(keyOf('administrator'));
  for (const role of roles.filter((one) => one !== 'administrator')) {
    await apiKeys.put({ id: role, role, keyHash: sha256Hex(keyOf(role)), createdBy: 'test' });
  }
  const errors: string[] = [];
  let changes = 0;
  let missing: readonly string[] = [];
  let seeds = 0;
  let requests = 0;
  const audit = createAudit({ tables });
  const services: HttpServices = {
    now: clock.now,
    newSeed: () => {
      seeds += 1;
      return Buffer.alloc(32, seeds);
    },
    missing: () => Promise.resolve(missing),
    readCaller: createReadCaller({ apiKeys }),
    idempotency: createIdempotency({ tables, now: clock.now, keptDays: 7 }),
    audit,
    turnedAway: createTurnedAway({ audit, instanceId: 'instance-1' }),
    failureLimits: createFailureLimits({ now: clock.now }),
    orchestrationsOf: () => ({
      start: () => Promise.resolve(),
      raise: () => Promise.resolve(),
      state: () => Promise.resolve('absent'),
    }),
    afterChange: () => {
      changes += 1;
    },
  };

  async function ask(route: Route, request: ApiRequest = {}): Promise<ApiAnswer> {
    requests += 1;
    const invocationId = `request-${String(requests).padStart(6, '0')}`;
    const context = new InvocationContext({
      invocationId,
      functionName: route.name,
      logHandler: (level, ...args) => {
        if (level === 'error') errors.push(args.join(' '));
      },
    });
    return toAnswer(await answerRequest(route, services, toHttpRequest(route, request), context));
  }

  return {
    tables,
    clock,
    services,
    apiKeys,
    errors,
    changes: () => changes,
    miss: (...names) => {
      missing = names;
    },
    ask,
  };
}

function toHttpRequest(
  route: Route,
  { params = {}, path, query = '', body, headers = {}, as = 'operator' }: ApiRequest,
): HttpRequest {
  const usual = route.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''));
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const bytes = body === undefined ? undefined : isRaw ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  return new HttpRequest({
    method: route.method,
    url: `https://gatehouse.test${path ?? `/api/${usual}`}${query}`,
    params: { ...params },
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: {
      ...(as === 'nobody' ? {} : { 'x-api-key': keyOf(as) }),
      ...(bytes === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(bytes === undefined ? {} : { body: { bytes } }),
  });
}

function toAnswer({ status = 200, headers, body }: HttpResponseInit): ApiAnswer {
  const text = typeof body === 'string' ? body : Buffer.from((body ?? '') as Uint8Array).toString();
  const isJson = /[/+]json\b/.test((headers as Record<string, string>)['content-type'] ?? '');
  const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status, headers: headers as Record<string, string>, text, json };
}
