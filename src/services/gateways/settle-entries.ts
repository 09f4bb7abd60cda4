import type { Failure } from '../../domain/failure.ts';
import type { GatewayRevocation, GatewayRoot } from '../../stores/records/gateways.ts';
import { operationsOf } from '../../stores/records/gateways.ts';
import type { Operations } from '../operations/operations.ts';
import { deferralReason } from './entry-standing.ts';

/** Ends the steps of all operations that wait for an entry. */
export interface EntrySettlement {
  /** They wait for the change window of the gateway. */
  defer(
    row: Pick<GatewayRevocation, 'gatewayId' | 'operationId' | 'earlierOperationIds'>,
    startsAt: string,
  ): Promise<void>;
  settle(row: GatewayRoot | GatewayRevocation, detail: string): Promise<void>;
  fail(
    row: Pick<GatewayRevocation, 'gatewayId' | 'operationId' | 'earlierOperationIds'>,
    reason: string,
    code: string,
    failure?: Failure,
  ): Promise<void>;
}

export function createEntrySettlement({
  operations,
  now,
}: {
  readonly operations: Pick<Operations, 'setStep' | 'settleStep'>;
  readonly now: () => Date;
}): EntrySettlement {
  return {
    defer: async (row, startsAt) => {
      const detail = deferralReason(startsAt);
      for (const id of operationsOf(row)) {
        await operations.setStep(id, row.gatewayId, { status: 'waiting', detail, startsAt, now: now() });
      }
    },

    settle: async (row, detail) => {
      for (const id of operationsOf(row)) {
        await operations.settleStep(id, row.gatewayId, { status: 'succeeded', detail, now: now() });
      }
    },

    fail: async (row, reason, code, failure) => {
      const detail = `Gateway ${row.gatewayId}: ${reason}`;
      const problem = { code, detail, ...(failure?.azure === undefined ? {} : { azure: failure.azure }) };
      const refused = { status: 'failed', ...(failure === undefined ? {} : { code: failure.code }) } as const;
      for (const id of operationsOf(row)) {
        await operations.settleStep(id, row.gatewayId, { ...refused, detail: reason, now: now(), problem });
      }
    },
  };
}
