import { AppError } from '../../domain/app-error.ts';
import type { AzureWords } from '../../domain/azure-words.ts';
import type { KeyAnswer } from '../../ports/root-keys.ts';

/**
 * The value that the key store answered. A store that is busy becomes 503 with the time to come back: what was begun is
 * kept, and the same request goes on with it.
 */
export function fromKeyStore<T>(answer: KeyAnswer<T>): T {
  switch (answer.outcome) {
    case 'done':
      return answer.value;
    case 'busy':
      throw new AppError(
        'ERR_AZURE_BUSY',
        'Key Vault is busy. Send the same request again, with the same Idempotency-Key if it had one.',
        {
          retryAfterSeconds: answer.retryAfterSeconds,
        },
      );
    case 'refused':
      throw new AppError('ERR_AZURE_REFUSED', `Key Vault refuses: ${answer.code} ${answer.message}`, azureOf(answer));
  }
}

function azureOf({
  code,
  message,
  correlationId,
  isOurs,
}: Extract<KeyAnswer<never>, { readonly outcome: 'refused' }>): { readonly azure?: AzureWords } {
  if (isOurs === true) return {};
  return { azure: { code, message, ...(correlationId === undefined ? {} : { correlationId }) } };
}
