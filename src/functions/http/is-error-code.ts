import { type ErrorCode, errorStatus } from '../../domain/app-error.ts';

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorStatus, code);
}
