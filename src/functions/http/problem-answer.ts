import { AppError, type ErrorCode, errorStatus, type Problem } from '../../domain/app-error.ts';
import type { AzureWords } from '../../domain/azure-words.ts';
import { cutText } from '../../domain/cut-text.ts';
import { isErrorCode } from './is-error-code.ts';
import type { RenderedAnswer } from './rendered-answer.ts';

/** An RFC 9457 problem document, as every refusal and failure is answered. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly instance: string;
  readonly errors?: readonly Problem[];
  readonly azure?: AzureWords;
}

const titles: Readonly<Record<ErrorCode, string>> = {
  ERR_REQUEST_INVALID: 'The request is not valid',
  ERR_PLAN_REFUSED: 'The plan cannot be built',
  ERR_CALLER_UNKNOWN: 'The caller is not known',
  ERR_CALLER_NOT_ALLOWED: 'The caller may not do this',
  ERR_NOT_FOUND: 'Not found',
  ERR_METHOD_NOT_ALLOWED: 'The route does not take this method',
  ERR_CONFLICT: 'The request conflicts with the present state',
  ERR_IN_PROGRESS: 'The same request is still running',
  ERR_LENGTH_REQUIRED: 'The body has no length',
  ERR_LIMIT_REACHED: 'A limit of Azure is reached',
  ERR_ETAG_CHANGED: 'It was changed by somebody else meanwhile',
  ERR_TOO_LARGE: 'The body is too large',
  ERR_MEDIA_TYPE: 'The body is not in a form that this route reads',
  ERR_IDEMPOTENCY_KEY_REUSED: 'The idempotency key was used for another body',
  ERR_THROTTLED: 'Too many requests',
  ERR_AZURE_REFUSED: 'Azure refused',
  ERR_AZURE_BUSY: 'Azure is busy',
  ERR_NOT_READY: 'The service is not ready',
  ERR_OPERATION_FAILED: 'The operation failed',
  ERR_OPERATION_CANCELED: 'The operation was canceled',
  ERR_INTERNAL: 'Internal error',
};

/** Another system's words are cut where they come in; an answer stays small also when one of them was forgotten. */
const detailLengthMax = 8000;

export const problemMediaType = 'application/problem+json; charset=utf-8';

export interface ProblemInput {
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  /** The code's own status if not given. */
  readonly status?: number | undefined;
  readonly errors?: readonly Problem[] | undefined;
  readonly azure?: AzureWords | undefined;
}

export function problemBody({ code, detail, requestId, status, errors = [], azure }: ProblemInput): ProblemBody {
  const known: ErrorCode = isErrorCode(code) ? code : 'ERR_INTERNAL';
  return {
    type: `urn:gatehouse:problem:${code.replace(/^ERR_/, '').toLowerCase().replaceAll('_', '-')}`,
    title: titles[known],
    status: status ?? errorStatus[known],
    code,
    detail,
    instance: `urn:gatehouse:request:${requestId}`,
    ...(errors.length === 0 ? {} : { errors }),
    ...(azure === undefined ? {} : { azure }),
  };
}

/** The HTTP answer for anything thrown: an AppError in its own words, everything else blandly. */
export function problemAnswer(error: unknown, requestId: string): RenderedAnswer {
  const known = error instanceof AppError ? error : internalError(error, requestId);
  const body = problemBody({
    code: known.code,
    detail: cutText(known.message, detailLengthMax),
    requestId,
    errors: known.problems,
    azure: known.azure,
  });
  return {
    status: body.status,
    code: body.code,
    headers: {
      'content-type': problemMediaType,
      ...(known.retryAfterSeconds === undefined ? {} : { 'retry-after': String(known.retryAfterSeconds) }),
      // RFC 9110, section 11.6.1: a 401 names how to sign in.
      ...(body.status === 401 ? { 'www-authenticate': 'ApiKey realm="gatehouse", header="x-api-key"' } : {}),
    },
    body: JSON.stringify(body),
  };
}

function internalError(cause: unknown, requestId: string): AppError {
  const detail = `The request failed by a fault of the service. Try again; if it fails again, report request ${requestId}.`;
  return new AppError('ERR_INTERNAL', detail, { cause });
}
