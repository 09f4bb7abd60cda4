import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import { AppError, type Problem } from '../../domain/app-error.ts';
import { cutText } from '../../domain/cut-text.ts';
import { readBody } from './read-body.ts';
import type { Route } from './route.ts';
import { shapeFaults, shapeProblems } from './shape-problems.ts';
import { toPointer } from './to-pointer.ts';
import { validParts } from './valid-parts.ts';

export interface CheckedRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** What the request asks for, as it came: for comparison under an idempotency key. */
  readonly content: { readonly query: unknown; readonly body: unknown };
  readonly idempotencyKey: string | undefined;
}

const nothing = z.strictObject({});
const idempotencyKeyPattern = /^[\x21-\x7e]{1,255}$/;
const queryLengthMax = 4096;

/**
 * Checks every part of a request and reports all that is wrong in one ERR_REQUEST_INVALID. Unknown fields and unknown
 * or repeated query parameters are refused. A body may carry the idempotency key as its field `idempotencyKey`, for
 * callers that cannot set headers.
 */
export async function checkRequest(route: Route, request: HttpRequest): Promise<CheckedRequest> {
  const problems: Problem[] = [];
  const params = check(route.request.params ?? nothing, request.params, '/path', problems);
  const isPathRight = problems.length === 0;
  const rawQuery = readQuery(request, problems);
  const query = check(route.request.query ?? nothing, rawQuery, '/query', problems);
  const rawBody = route.method === 'GET' ? {} : await readBody(request, route.takesCsv === true);
  const { idempotencyKey, body: ownBody } = takeIdempotencyKey(route, request.headers, rawBody, problems);
  const body = await checkBody(route, ownBody, isPathRight ? { params } : undefined, problems);
  if (problems.length > 0) {
    throw new AppError('ERR_REQUEST_INVALID', 'The request is not valid; errors lists everything found.', { problems });
  }
  return { params, query, body, content: { query: rawQuery, body: ownBody }, idempotencyKey };
}

function check(schema: z.ZodType, value: unknown, prefix: string, problems: Problem[]): unknown {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  problems.push(...shapeProblems(parsed.error, prefix));
  return undefined;
}

async function checkBody(
  { request, alsoWrong }: Route,
  value: unknown,
  path: { readonly params: unknown } | undefined,
  problems: Problem[],
): Promise<unknown> {
  const schema = request.body ?? nothing;
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  problems.push(...shapeProblems(parsed.error));
  // Told together, so that nobody mends the shape only to hear of the next thing.
  if (request.body !== undefined && alsoWrong !== undefined && path !== undefined) {
    problems.push(...(await alsoWrong(validParts(schema, value) ?? {}, shapeFaults(parsed.error), path.params)));
  }
  return undefined;
}

function readQuery(request: HttpRequest, problems: Problem[]): Readonly<Record<string, string>> {
  // From the URL, since the host joins repeated parameters in its own map.
  const { search, searchParams } = new URL(request.url);
  const entries = [...searchParams.entries()];
  if (search.length > queryLengthMax) {
    const message = `The query is longer than ${queryLengthMax} characters.`;
    problems.push({ path: '/query', code: 'tooLong', message, fix: 'Ask for less at once.' });
  }
  const names = entries.map(([name]) => name);
  for (const name of new Set(names.filter((name, position) => names.indexOf(name) !== position))) {
    const fix = 'Send each query parameter once.';
    problems.push({
      path: cutText(`/query${toPointer([name])}`, 100),
      code: 'duplicateField',
      message: 'The query parameter appears twice.',
      fix,
    });
  }
  return Object.fromEntries(entries);
}

function takeIdempotencyKey(
  route: Route,
  headers: Pick<Headers, 'get'>,
  body: unknown,
  problems: Problem[],
): { readonly idempotencyKey: string | undefined; readonly body: unknown } {
  // Whoever has no key could fill the table of idempotency keys.
  if (route.method === 'GET' || route.role === 'keyless') return { idempotencyKey: undefined, body };
  const fromHeader = headers.get('idempotency-key');
  const { field, rest } = splitBody(body);
  const key = fromHeader ?? field;
  if (key === undefined) return { idempotencyKey: undefined, body: rest };
  const isOne = fromHeader === null || field === undefined || fromHeader === field;
  if (typeof key !== 'string' || !idempotencyKeyPattern.test(key) || !isOne) {
    const path = fromHeader === null ? '/idempotencyKey' : '/headers/idempotency-key';
    const message = 'An idempotency key is 1 to 255 visible ASCII characters, the same wherever it is sent.';
    problems.push({ path, code: 'invalidIdempotencyKey', message, fix: 'Send a fresh UUID for each new request.' });
    return { idempotencyKey: undefined, body: rest };
  }
  return { idempotencyKey: key, body: rest };
}

function splitBody(body: unknown): { readonly field: unknown; readonly rest: unknown } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { field: undefined, rest: body };
  const { idempotencyKey: field, ...rest } = body as Readonly<Record<string, unknown>>;
  return { field, rest };
}
