import type { OperationRecord } from '../operations/operation-record.ts';
import { createWriterHandover, type HandoverOptions, type RunRequest } from './writer-handover.ts';

/** What is wanted of a gateway's profile, handed to its single writer. Repeating it changes nothing. */
export interface ProfileIntents {
  /**
   * Goes on with a profile request; one whose gateway was removed meanwhile ends, because nobody will ever serve it.
   */
  readonly runProfile: (operation: OperationRecord, request: RunRequest) => Promise<void>;
  /** Another package is wanted; a request that was counted already is not counted again. */
  readonly countProfile: (operation: OperationRecord, gatewayId: string, request: RunRequest) => Promise<void>;
}

export function createProfileIntents(options: HandoverOptions): ProfileIntents {
  const { stores, operations, now } = options;
  const { hand, isGatewayGone } = createWriterHandover(options);

  async function countProfile(operation: OperationRecord, gatewayId: string, request: RunRequest): Promise<void> {
    const asked = (await stores.profileRequests.get({ partitionKey: gatewayId, rowKey: operation.id }))?.record;
    await hand(operation, gatewayId, request, (record) =>
      asked === undefined || record.profileWanted >= asked.number
        ? record
        : { ...record, profileWanted: record.profileWanted + 1 },
    );
  }

  async function runProfile(operation: OperationRecord, request: RunRequest): Promise<void> {
    const gatewayId = operation.target;
    if (!(await isGatewayGone(operation))) {
      await countProfile(operation, gatewayId, request);
      return;
    }
    const problem = { code: 'ERR_NOT_FOUND', detail: `Gateway ${gatewayId} was removed before it had a profile.` };
    await operations.settleStep(operation.id, gatewayId, { status: 'failed', now: now(), problem });
    const asked = (await stores.profileRequests.get({ partitionKey: gatewayId, rowKey: operation.id }))?.record;
    if (asked !== undefined) await stores.profileRequests.remove(asked);
  }

  return { runProfile, countProfile };
}
