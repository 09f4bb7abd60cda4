import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import type { GatewayWriter, IntentChange } from './gateway-writer.ts';

export type RunRequest = Pick<IntentRequest, 'orchestrations'>;

export interface HandoverOptions {
  readonly stores: Stores;
  readonly operations: Operations;
  readonly writer: GatewayWriter;
  readonly now: () => Date;
}

/** How a recorded intent becomes the single writer's. */
export interface WriterHandover {
  /** From here on it is the writer's: it may be at work already, or wait for its turn. */
  readonly hand: (
    operation: OperationRecord,
    gatewayId: string,
    request: RunRequest,
    change?: IntentChange,
  ) => Promise<void>;
  /** Whether the gateway that this was wanted of is gone: one that was made since under the same id is another. */
  readonly isGatewayGone: (operation: OperationRecord) => Promise<boolean>;
}

export function createWriterHandover({ stores, operations, writer, now }: HandoverOptions): WriterHandover {
  return {
    hand: async (operation, gatewayId, request, change) => {
      await operations.setStep(operation.id, gatewayId, { status: 'running', now: now() });
      await writer.recordIntent(request.orchestrations, gatewayId, change);
    },

    isGatewayGone: async ({ target, createdAt }) => {
      const gateway = (await stores.gateways.get(gatewayKeys(target)))?.record;
      return gateway === undefined || gateway.createdAt > createdAt;
    },
  };
}
