import type { AzureWords } from './azure-words.ts';
import type { ProblemCode } from './problem-codes.ts';

/** One thing that is wrong with a request, as RFC 9457 answers list it. `path` is a JSON Pointer into the request. */
export interface Problem {
  readonly path: string;
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
}

/** Every code that a caller may switch on, with the HTTP status that the routes give it. */
export const errorStatus = {
  ERR_REQUEST_INVALID: 400,
  ERR_PLAN_REFUSED: 400,
  ERR_CALLER_UNKNOWN: 401,
  ERR_CALLER_NOT_ALLOWED: 403,
  ERR_NOT_FOUND: 404,
  ERR_METHOD_NOT_ALLOWED: 405,
  ERR_CONFLICT: 409,
  ERR_IN_PROGRESS: 409,
  ERR_LENGTH_REQUIRED: 411,
  ERR_LIMIT_REACHED: 409,
  ERR_ETAG_CHANGED: 412,
  ERR_TOO_LARGE: 413,
  ERR_MEDIA_TYPE: 415,
  ERR_IDEMPOTENCY_KEY_REUSED: 422,
  ERR_THROTTLED: 429,
  ERR_AZURE_REFUSED: 502,
  ERR_AZURE_BUSY: 503,
  ERR_NOT_READY: 503,
  ERR_OPERATION_FAILED: 500,
  ERR_OPERATION_CANCELED: 409,
  ERR_INTERNAL: 500,
} as const;
export type ErrorCode = keyof typeof errorStatus;
export const errorCodes = Object.keys(errorStatus) as readonly ErrorCode[];

export interface AppErrorOptions {
  readonly problems?: readonly Problem[];
  readonly retryAfterSeconds?: number;
  /** What Azure said, where Azure refused. */
  readonly azure?: AzureWords;
  readonly cause?: unknown;
}

/**
 * The application's one error. `message` is for the caller: what failed, on what, what to do next; never a secret and
 * never another system's stack. Only `src/functions` turns it into an HTTP answer.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];
  readonly retryAfterSeconds: number | undefined;
  readonly azure: AzureWords | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.problems = options.problems ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.azure = options.azure;
  }
}

/** The error for a request in which one field is wrong. */
export function invalidField(path: string, code: ProblemCode, message: string, fix: string): AppError {
  return new AppError('ERR_REQUEST_INVALID', message, { problems: [{ path, code, message, fix }] });
}
