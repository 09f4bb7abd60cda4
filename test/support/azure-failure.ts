import type { Failure } from '../../src/domain/failure.ts';

/** What is known of something that Azure refused in these words. */
export function azureFailure(code: string, message: string, correlationId?: string): Failure {
  return {
    code: 'azureRefused',
    message,
    azure: { code, message, ...(correlationId === undefined ? {} : { correlationId }) },
  };
}
