import { isRestError, type PipelineResponse } from '@azure/core-rest-pipeline';
import type { ArmAnswer } from '../ports/arm.ts';
import { asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';

/** How long to wait when Azure says "later" without saying when. */
const usualWaitSeconds = 10;

/**
 * Codes that mean "locked by another operation", whatever the status: the body must be read and merged again before the
 * next try, because sending it again would undo what the other writer did.
 */
const lockedCodes = new Set([
  'AnotherOperationInProgress',
  'RetryableError',
  'RetryableErrorDueToAnotherOperation',
  'ReferencedResourceNotProvisioned',
  'CanceledAndSupersededDueToAnotherOperation',
]);

/** Status, headers and body of an answer that is not a success. */
export interface RefusedAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: JsonObject;
}

/**
 * Sorts an answer that is not a success: 404 is missing; throttling, locks and changed etags are busy; other 4xx are
 * refused in Azure's own words. A 5xx or 408 is thrown, so that the activity is tried again.
 */
export function classify(answer: RefusedAnswer): Exclude<ArmAnswer<never>, { outcome: 'done' }> {
  const error = asObject(answer.body['error']);
  const code = asText(error['code']) || `Http${answer.status}`;
  const message = messageWithDetails(error);
  if (answer.status === 404) return { outcome: 'missing', code };
  if (answer.status === 429 || answer.status === 503 || answer.status === 412 || lockedCodes.has(code)) {
    return { outcome: 'busy', code, message, retryAfterSeconds: secondsOf(answer.retryAfter) ?? usualWaitSeconds };
  }
  if (answer.status >= 500 || answer.status === 408) throw new Error(`Azure answered ${answer.status} ${code}.`);
  return { outcome: 'refused', status: answer.status, code, message };
}

/** A raw answer, sorted: the body of a success as JSON with Azure's hints on when to look again, or what `classify` says. */
export function toAnswer(response: PipelineResponse): ArmAnswer<JsonObject> {
  const body = parseBody(response.bodyAsText ?? '');
  if (response.status >= 200 && response.status < 300) {
    return {
      outcome: 'done',
      value: body,
      ...hints(response.headers.get('retry-after'), response.headers.get('azure-asyncoperation')),
    };
  }
  return classify({ status: response.status, retryAfter: response.headers.get('retry-after'), body });
}

/** What the status of a long-running operation says went wrong, in Azure's words; undefined when nothing did. */
export function operationErrorOf(body: JsonObject): { readonly code: string; readonly message: string } | undefined {
  const error = asObject(body['error']);
  const code = asText(error['code']);
  return code === '' ? undefined : { code, message: asText(error['message']) };
}

/** What two headers of an accepted write say, as far as they are there. */
export function hints(
  retryAfter: string | undefined,
  operationUrl: string | undefined,
): { retryAfterSeconds?: number; operationUrl?: string } {
  const seconds = secondsOf(retryAfter);
  return {
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    ...(operationUrl === undefined ? {} : { operationUrl }),
  };
}

/** As `classify`, for what a typed client threw. Anything that is not an answer of Azure is thrown on. */
export function classifyError(error: unknown): Exclude<ArmAnswer<never>, { outcome: 'done' }> {
  if (!isRestError(error) || error.statusCode === undefined) throw error;
  const text = error.response?.bodyAsText ?? '';
  return classify({
    status: error.statusCode,
    retryAfter: error.response?.headers.get('retry-after'),
    body: parseBody(text, error.details),
  });
}

/** Seconds of a Retry-After header in either of its forms (RFC 9110, 10.2.3); undefined when absent or unreadable. */
export function secondsOf(retryAfter: string | undefined | null, nowMs = 0): number | undefined {
  if (retryAfter === undefined || retryAfter === null || retryAfter === '') return undefined;
  const seconds = Number(retryAfter);
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds));
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) || nowMs === 0 ? undefined : Math.max(0, Math.ceil((date - nowMs) / 1000));
}

/** The body as JSON, or an empty object: a proxy's HTML page must not break the classification. */
export function parseBody(text: string, fallback?: unknown): JsonObject {
  try {
    return asObject(JSON.parse(text) as JsonObject);
  } catch {
    return asObject((fallback ?? {}) as JsonObject);
  }
}

/** Azure often says "see details" and means it. */
function messageWithDetails(error: JsonObject): string {
  const details = Array.isArray(error['details']) ? (error['details'] as readonly JsonObject[]) : [];
  const inner = details.map((detail) => `${asText(detail['code'])}: ${asText(detail['message'])}`);
  return [asText(error['message']), ...inner].filter((part) => part !== '').join(' ');
}
