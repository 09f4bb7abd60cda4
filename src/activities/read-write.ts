import type { Arm } from '../ports/arm.ts';
import type { Books } from '../desk/books.ts';
import { gatewayKeys } from '../desk/records/gateways.ts';
import { isAtWork } from './ensure-resource.ts';

type ReadWrite = (input: {
  readonly gatewayId: string;
  readonly operationUrl: string | null;
}) => Promise<
  | { readonly outcome: 'updating'; readonly seconds: number }
  | { readonly outcome: 'succeeded' }
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string }
>;

const usualLookSeconds = 10;

/** How a write goes on. The resource itself is asked; the operation's URL is read only for the words of a failure. */
export function createReadWrite({ arm, books }: { readonly arm: Arm; readonly books: Books }): ReadWrite {
  return async ({ gatewayId, operationUrl }) => {
    const resourceId = (await books.gateways.get(gatewayKeys(gatewayId)))?.record.resourceId ?? '';
    const read = await arm.readProvisioning(resourceId);
    if (read.outcome === 'busy' || read.outcome === 'unavailable')
      return { outcome: 'updating', seconds: read.retryAfterSeconds };
    if (read.outcome === 'missing')
      return { outcome: 'failed', code: 'GatewayGone', message: 'The gateway is no longer there.' };
    if (read.outcome === 'refused') return { outcome: 'failed', code: read.code, message: read.message };
    if (isAtWork(read.value)) return { outcome: 'updating', seconds: read.retryAfterSeconds ?? usualLookSeconds };
    if (read.value === 'Succeeded') return { outcome: 'succeeded' };
    const error = operationUrl === null ? undefined : await arm.readOperationError(operationUrl);
    return {
      outcome: 'failed',
      code: error?.code ?? read.value,
      message: error?.message ?? `Azure ended the write as ${read.value}.`,
    };
  };
}
