import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { type Caller, isAllowed } from '../../domain/caller.ts';
import { countedAddress } from '../../domain/counted-address.ts';
import { operationIdPattern } from '../../domain/operation.ts';
import { couldBeKey } from '../../services/requests/guessable-keys.ts';
import type { IdempotencyTurn } from '../../services/requests/idempotency.ts';
import { notReadyError } from '../../services/requests/readiness.ts';
import { sha256Hex } from '../../stores/digest.ts';
import { noteOperation } from '../../tracing/in-span.ts';
import { type AuditTrail, createAuditTrail } from './audit-trail.ts';
import { sourceOf } from './caller-address.ts';
import { type CheckedRequest, checkRequest } from './check-request.ts';
import { comparableContent } from './comparable-content.ts';
import type { HttpServices } from './http-services.ts';
import { logUnknownError } from './log-unknown-error.ts';
import { problemAnswer } from './problem-answer.ts';
import { fromKeptAnswer, renderAnswer, type RenderedAnswer, toHttpResponse, toKeptAnswer } from './rendered-answer.ts';
import { createSeededRandomness } from './request-seed.ts';
import type { Route } from './route.ts';

/** One request on its way through a route. */
interface Exchange {
  readonly route: Route;
  readonly services: HttpServices;
  readonly request: HttpRequest;
  readonly context: InvocationContext;
  readonly requestId: string;
  readonly trail: AuditTrail;
}

/**
 * Answers one request at one route. The order matters: nobody unknown gets a body parsed, nothing invalid takes up an
 * idempotency key, and the audit knows the intent before the handler can do anything. Never throws.
 */
export async function answerRequest(
  route: Route,
  services: HttpServices,
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const requestId = context.invocationId;
  if (route.answersUnready === undefined && (await services.missing()).length > 0) {
    return toHttpResponse(problemAnswer(notReadyError(), requestId), requestId);
  }
  const trail = createAuditTrail({ route, services, request, requestId });
  const exchange = { route, services, request, context, requestId, trail };
  const answer = await orProblem(exchange, () => admit(exchange));
  try {
    await trail.outcome(answer);
  } catch (error: unknown) {
    // The answer stands: the change is made, and its intent is in the audit. A 500 now would make the caller do it
    // twice.
    logUnknownError(context, error);
  }
  return toHttpResponse(answer, requestId);
}

async function orProblem(exchange: Exchange, run: () => Promise<RenderedAnswer>): Promise<RenderedAnswer> {
  try {
    return await run();
  } catch (error: unknown) {
    if (!(error instanceof AppError) || error.cause !== undefined) logUnknownError(exchange.context, error);
    return problemAnswer(error, exchange.requestId);
  }
}

async function admit(exchange: Exchange): Promise<RenderedAnswer> {
  const { route, services, request, trail } = exchange;
  // Step 1: who asks, and may they.
  const caller = await admittedCaller(exchange);
  // Step 2: what is asked for, checked whole.
  const checked = await checkRequest(route, request);
  trail.body = checked.body;
  if (checked.idempotencyKey === undefined) return runHandler(exchange, caller, checked, services.newSeed());
  // Step 3: under a key, the request runs once.
  trail.idempotencyKeyHash = sha256Hex(checked.idempotencyKey);
  return runOnce(exchange, caller, checked, checked.idempotencyKey);
}

/** An answer that an operation follows. */
const acceptedSchema = z.object({
  status: z.literal(202),
  body: z.object({ id: z.string().regex(operationIdPattern) }),
});

/** Nobody's rights are asked at a keyless route: what it opens is for everybody, or for whoever has the link. */
const nobody: Caller = { id: 'anonymous', name: 'anonymous', role: 'reader', via: 'apiKey' };

async function admittedCaller(exchange: Exchange): Promise<Caller> {
  const { route, trail } = exchange;
  if (route.role === 'keyless') {
    if (route.isOpenedBy !== undefined) await requireOpened(exchange, route.isOpenedBy);
    return route.readsCaller === true ? callerOrNobody(exchange) : nobody;
  }
  const caller = await knownCaller(exchange);
  trail.caller = caller;
  if (isAllowed(caller, route.role)) return caller;
  throw new AppError('ERR_CALLER_NOT_ALLOWED', `This needs the role ${route.role}; this key has ${caller.role}.`);
}

/** Whoever shows no key is nobody. So is everybody while keys cannot be read: the answer may be about just that. */
async function callerOrNobody(exchange: Exchange): Promise<Caller> {
  const { request, trail } = exchange;
  if ((request.headers.get('x-api-key') ?? '') === '') return nobody;
  try {
    const caller = await knownCaller(exchange);
    trail.caller = caller;
    return caller;
  } catch (error: unknown) {
    if (error instanceof AppError) throw error;
    logUnknownError(exchange.context, error);
    trail.isTurnedAway = false;
    return nobody;
  }
}

/** Before anybody is known, as little as can be is read and written for them. */
async function knownCaller({ services, request, trail }: Exchange): Promise<Caller> {
  const { failureLimits } = services;
  const address = countedAddress(sourceOf(request.headers));
  const key = request.headers.get('x-api-key');
  const credential = key === null || !couldBeKey(key) ? undefined : sha256Hex(key);
  trail.isTurnedAway = true;
  failureLimits.require(address, credential);
  try {
    const caller = await services.readCaller(request.headers);
    if (credential !== undefined) failureLimits.succeeded(credential);
    trail.isTurnedAway = false;
    return caller;
  } catch (error: unknown) {
    if (error instanceof AppError && error.code === 'ERR_CALLER_UNKNOWN') failureLimits.failed(address, credential);
    throw error;
  }
}

/** The handler says that there is no such thing, in its own form; here it is counted. */
async function requireOpened(
  { services, request, trail }: Exchange,
  isOpenedBy: NonNullable<Route['isOpenedBy']>,
): Promise<void> {
  const address = countedAddress(sourceOf(request.headers));
  trail.isTurnedAway = true;
  services.failureLimits.require(address);
  if (await isOpenedBy(Object.fromEntries(request.query))) trail.isTurnedAway = false;
  else services.failureLimits.failed(address);
}

async function runOnce(
  exchange: Exchange,
  caller: Caller,
  checked: CheckedRequest,
  key: string,
): Promise<RenderedAnswer> {
  const { route, services } = exchange;
  const scope = { callerId: caller.id, route: route.name, params: checked.params, key };
  const content = comparableContent(checked.content, route.secretFields ?? []);
  const start = await services.idempotency.start(scope, content, services.newSeed());
  switch (start.outcome) {
    case 'run':
      return runTurn(exchange, caller, checked, start.turn);
    case 'replay':
      return start.answer.isRerun ? runHandler(exchange, caller, checked, start.seed) : fromKeptAnswer(start.answer);
    case 'running':
      throw new AppError('ERR_IN_PROGRESS', 'The first request with this idempotency key is still running.', {
        retryAfterSeconds: start.retryAfterSeconds,
      });
    case 'otherBody':
      throw new AppError(
        'ERR_IDEMPOTENCY_KEY_REUSED',
        'This idempotency key was used for another request. Send a fresh key for a new request.',
      );
  }
}

async function runTurn(
  exchange: Exchange,
  caller: Caller,
  checked: CheckedRequest,
  turn: IdempotencyTurn,
): Promise<RenderedAnswer> {
  const answer = await orProblem(exchange, () => runHandler(exchange, caller, checked, turn.seed));
  await (isFinal(answer.status) ? turn.complete(toKeptAnswer(exchange.route, answer)) : turn.release());
  return answer;
}

/**
 * Kept is what was done. A refusal rests on rights and on what exists at the moment, and may come out otherwise on a
 * later try; one of the body itself comes out the same. Faults of shape never get as far as the key.
 */
function isFinal(status: number): boolean {
  return status < 400;
}

async function runHandler(
  { route, services, request, context, requestId, trail }: Exchange,
  caller: Caller,
  { params, query, body }: CheckedRequest,
  seed: Uint8Array,
): Promise<RenderedAnswer> {
  await trail.intent();
  const given = await route.handle({
    params,
    query,
    body,
    caller,
    isKnownCaller: caller !== nobody,
    requestId,
    headers: request.headers,
    now: services.now(),
    orchestrations: services.orchestrationsOf(context),
    ...createSeededRandomness(seed),
  });
  // The one that is under way, where that was asked for again.
  const begun = acceptedSchema.safeParse(given).data?.body.id;
  if (begun !== undefined) noteOperation(begun);
  const answer = renderAnswer(given);
  if (route.method !== 'GET' && answer.status < 400) services.afterChange();
  return answer;
}
