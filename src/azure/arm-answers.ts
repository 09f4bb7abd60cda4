import { cutText } from '../domain/cut-text.ts';
import { asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ArmAnswer, ArmFailure, ArmUndone, ArmWords } from '../ports/arm.ts';
import { readErrorWords } from './error-words.ts';
import { secondsOf } from './retry-after.ts';

/** How long to wait when Azure says "later" without saying when. */
const usualWaitSeconds = 10;

/**
 * Codes that mean "locked by another operation", whatever the status and at whatever level: the body must be read and
 * merged again before the next try, because sending it again would undo what the other writer did.
 */
const lockedCodes = new Set([
  'AnotherOperationInProgress',
  'RetryableError',
  'RetryableErrorDueToAnotherOperation',
  'ReferencedResourceNotProvisioned',
  'CanceledAndSupersededDueToAnotherOperation',
  'PreconditionFailedEtagMismatch',
  'TooManyRequests',
  'SubscriptionRequestsThrottled',
  'ResourceRequestsThrottled',
]);
/**
 * What a 404 says is missing. Every other code there (a type, a provider, a tenant) says nothing about the resource.
 */
const missingCodes: ReadonlyMap<string, 'resource' | 'resourceGroup' | 'subscription'> = new Map([
  ['ResourceNotFound', 'resource'],
  ['NotFound', 'resource'],
  ['ResourceGroupNotFound', 'resourceGroup'],
  ['SubscriptionNotFound', 'subscription'],
  ['InvalidSubscriptionId', 'subscription'],
]);
/** 400s that are about where a request was sent, not about what was in it. */
const addressCodes = new Set([
  'InvalidSubscriptionId',
  'InvalidApiVersionParameter',
  'MissingApiVersionParameter',
  'NoRegisteredProviderFound',
]);

/** An answer, as far as it is needed to sort it. */
export interface RawAnswer {
  readonly status: number;
  readonly retryAfter?: string | undefined;
  readonly operationUrl?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly location?: string | undefined;
  readonly text: string;
  /** Why there was no answer: then the status is 0. The request may have arrived all the same. */
  readonly fault?: string;
  /** When it came, by the application's clock. */
  readonly at: Date;
}

export function isSuccess({ status }: Pick<RawAnswer, 'status'>): boolean {
  return status >= 200 && status < 300;
}

/** Sorts an answer that is not a success, in Azure's own words. */
export function classify(answer: RawAnswer): ArmUndone {
  const { status, fault } = answer;
  if (fault !== undefined) {
    return {
      outcome: 'unavailable',
      status,
      retryAfterSeconds: usualWaitSeconds,
      code: 'noAnswer',
      isOurs: true,
      message: fault,
    };
  }
  const { code, message, codes } = readErrorWords(answer.text);
  const words = { code: code || `Http${status}`, message: message || `Azure answered ${status}.`, ...idOf(answer) };
  const retryAfterSeconds = secondsOf(answer.retryAfter, answer.at) ?? usualWaitSeconds;
  const missing = status === 404 ? missingCodes.get(code) : undefined;
  if (missing !== undefined) return { outcome: 'missing', of: missing, ...words };
  if (status === 429 || status === 412 || codes.some((each) => lockedCodes.has(each))) {
    return { outcome: 'busy', retryAfterSeconds, ...words };
  }
  if (status >= 500 || status === 408 || status === 404 || status < 400) {
    return { outcome: 'unavailable', status, retryAfterSeconds, ...words };
  }
  const aboutBody = status === 400 && code !== '' && !codes.some((each) => addressCodes.has(each));
  return { outcome: 'refused', status, aboutBody, ...words };
}

/** The answer to a write: what is in the body of a success is read back anyway. */
export function toAnswer(answer: RawAnswer): ArmAnswer<JsonObject> {
  if (!isSuccess(answer)) return classify(answer);
  return { outcome: 'done', value: asObject(jsonOf(answer) as JsonObject), ...hintsOf(answer) };
}

/** The answer to a read of a resource: a success without one in it is no look. */
export function toRead(answer: RawAnswer): ArmAnswer<JsonObject> {
  if (!isSuccess(answer)) return classify(answer);
  const value = asObject(jsonOf(answer) as JsonObject);
  return Object.keys(asObject(value['properties'])).length === 0
    ? unreadable(answer, 'a resource')
    : { outcome: 'done', value, ...hintsOf(answer) };
}

/** A success that is not in the form that it should be in. */
export function unreadable(answer: RawAnswer, what: string): Extract<ArmUndone, { outcome: 'unavailable' }> {
  return {
    outcome: 'unavailable',
    status: answer.status,
    retryAfterSeconds: secondsOf(answer.retryAfter, answer.at) ?? usualWaitSeconds,
    ...unreadableWords(answer, what),
  };
}

export function unreadableWords(answer: RawAnswer, what: string): ArmWords {
  const sent =
    answer.text.trim() === '' ? 'nothing' : readErrorWords(cutText(answer.text, 400)).message || 'another form';
  const message = `Azure answered ${answer.status}, but not with ${what}: ${sent}.`;
  return { code: 'unreadableAnswer', isOurs: true, message, ...idOf(answer) };
}

/** What the status of a long-running operation says went wrong, in Azure's words; undefined when nothing did. */
export function operationErrorOf(answer: RawAnswer): ArmFailure | undefined {
  const status = isSuccess(answer) ? statusOf(answer) : undefined;
  if (status === undefined || !/^(fail|cancel)/i.test(status)) return undefined;
  const { code, message, codes } = readErrorWords(answer.text);
  const isLocked = codes.some((each) => lockedCodes.has(each));
  return {
    code: code || status,
    message: message || `Azure ended the operation as ${status}.`,
    aboutBody: /^fail/i.test(status) && !isLocked,
    ...idOf(answer),
  };
}

/** The `status` of an operation; undefined when the answer is not in that form. */
export function statusOf(answer: RawAnswer): string | undefined {
  const status = asText(asObject(jsonOf(answer) as JsonObject)['status']);
  return status === '' ? undefined : status;
}

/** The body as JSON; undefined for anything else, a proxy's page too. */
export function jsonOf({ text }: Pick<RawAnswer, 'text'>): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What two headers of an accepted write say, as far as they are there. */
function hintsOf(answer: RawAnswer): { retryAfterSeconds?: number; operationUrl?: string } {
  const seconds = secondsOf(answer.retryAfter, answer.at);
  return {
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    ...(answer.operationUrl === undefined ? {} : { operationUrl: answer.operationUrl }),
  };
}

function idOf({ correlationId }: RawAnswer): { readonly correlationId?: string } {
  return correlationId === undefined ? {} : { correlationId };
}
