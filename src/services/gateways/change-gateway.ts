import type { ChangeWindow } from '../../domain/change-window.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import { without } from '../../domain/without.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { GatewayRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import { closedUntil } from './change-windows.ts';
import type { GatewayWriter } from './gateway-writer.ts';
import { requireBuiltGateway } from './require-built-gateway.ts';

export interface GatewayChange {
  /** Null takes it away. */
  readonly changeWindow: ChangeWindow | null;
}

export interface GatewayChanges {
  /** ERR_NOT_FOUND, or ERR_CONFLICT for a gateway that is not there. */
  change(gatewayId: string, change: GatewayChange, request: IntentRequest): Promise<OperationRecord>;
  /** Goes on with what is on record. For the sweep: a crash may have come in between. */
  run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
}

/** Changes what is asked of a gateway itself. Repeating it changes nothing. */
export function createGatewayChanges({
  stores,
  operations,
  writer,
  now,
}: {
  readonly stores: Pick<Stores, 'gateways'>;
  readonly operations: Operations;
  readonly writer: Pick<GatewayWriter, 'recordIntent'>;
  readonly now: () => Date;
}): GatewayChanges {
  async function run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const { id, target } = operation;
    const { changeWindow } = operation.context as GatewayChange;
    // The writer looks whether what waited may be written now, and when what is to wait begins.
    const record = await writer.recordIntent(orchestrations, target, (current) =>
      isLater(current, operation) ? current : withChangeWindow(current, changeWindow, operation.createdAt),
    );
    if (record === undefined || record.createdAt > operation.createdAt) {
      const problem = { code: 'ERR_NOT_FOUND', detail: `Gateway ${target} was removed before this was done.` };
      await operations.settleStep(id, target, { status: 'failed', now: now(), problem });
      return;
    }
    if (isLater(record, operation)) {
      const problem = { code: 'ERR_CONFLICT', detail: 'Another change window was asked for since.' };
      await operations.settleStep(id, target, { status: 'failed', now: now(), problem });
      return;
    }
    const opensAt = closedUntil(record, now());
    await operations.addResult(id, { changeWindow, ...(opensAt === undefined ? {} : { opensAt }) });
    await operations.settleStep(id, target, { status: 'succeeded', now: now() });
  }

  return {
    run,

    change: async (gatewayId, change, { operationId, requestedBy, orchestrations }) => {
      await requireBuiltGateway(stores, gatewayId);
      const operation = await operations.create({
        id: operationId,
        kind: 'changeGateway',
        target: gatewayId,
        targetKey: gatewayId,
        requestedBy,
        steps: [{ name: gatewayId, usualSeconds: 1 }],
        context: change,
      });
      if (!isOperationEnd(operation.status)) await run(operation, orchestrations);
      return operation;
    },
  };
}

/** Whether the gateway, or its window, is newer than what the operation asks for. */
function isLater({ createdAt, changeWindowAskedAt = '' }: GatewayRecord, operation: OperationRecord): boolean {
  return createdAt > operation.createdAt || changeWindowAskedAt > operation.createdAt;
}

function withChangeWindow(record: GatewayRecord, changeWindow: ChangeWindow | null, askedAt: string): GatewayRecord {
  const kept = { ...without(record, 'changeWindow'), changeWindowAskedAt: askedAt };
  return changeWindow === null ? kept : { ...kept, changeWindow };
}
