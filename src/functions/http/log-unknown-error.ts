import type { InvocationContext } from '@azure/functions';
import { redactSecrets } from '../../domain/redact-secrets.ts';

const causesMax = 5;

/** Logs what nobody foresaw, with its causes, without what looks like a secret. */
export function logUnknownError(context: Pick<InvocationContext, 'error' | 'invocationId'>, error: unknown): void {
  const texts: string[] = [];
  let current = error;
  while (current !== undefined && texts.length < causesMax) {
    texts.push(current instanceof Error ? (current.stack ?? current.message) : typeof current);
    current = current instanceof Error ? current.cause : undefined;
  }
  // One line: a stack that quotes a request must not be able to forge a second log entry.
  const line = redactSecrets(texts.join(' caused by ')).replaceAll(/[\r\n\u2028\u2029]+\s*/g, ' | ');
  context.error(`request ${context.invocationId} failed: ${line}`);
}
