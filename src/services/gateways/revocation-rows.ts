import type { RevocationRecord } from '../../stores/records/certificates.ts';
import {
  gatewayKeys,
  type GatewayRevocation,
  gatewayRevocationKind,
  operationsOf,
} from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import { supersede } from '../operations/supersede.ts';
import { newGatewayRevocation } from './new-gateway-revocation.ts';

export interface RevocationRows {
  /** Whoever writes a gateway's row looks afterwards whether its intent still stands: the row is the last intent's. */
  readonly askGateway: (gatewayId: string, intent: RevocationRecord) => Promise<void>;
  /** A gateway that was removed meanwhile has no part in the operation any more: nobody would ever end its step. */
  readonly isForgotten: (operation: OperationRecord, gatewayId: string) => Promise<boolean>;
  /** An equal request was a moment earlier or later: this operation ends with the one that the gateways know of. */
  readonly joinEqual: (operation: OperationRecord, intent: RevocationRecord) => Promise<void>;
}

/** What each gateway is asked about a certificate, and which operations wait for its answer. */
export function createRevocationRows({
  stores,
  operations,
  now,
}: {
  readonly stores: Stores;
  readonly operations: Operations;
  readonly now: () => Date;
}): RevocationRows {
  const at = (): string => now().toISOString();

  async function askGateway(gatewayId: string, intent: RevocationRecord): Promise<void> {
    await setRow(gatewayId, intent);
    const keys = { partitionKey: intent.rootId, rowKey: intent.thumbprint };
    const standing = (await stores.revocations.get(keys))?.record;
    if (standing !== undefined && standing.operationId !== intent.operationId) await setRow(gatewayId, standing);
  }

  async function setRow(gatewayId: string, intent: RevocationRecord): Promise<void> {
    const row = newGatewayRevocation(gatewayId, intent, at());
    if (await stores.gatewayRevocations.insert(row)) return;
    const overtaken: { before?: GatewayRevocation } = {};
    await stores.gatewayRevocations.update(gatewayRevocationKind.keys(row), (current) => {
      overtaken.before = current;
      return current.operationId === intent.operationId ? undefined : { ...row, ...earlierOf(current, intent) };
    });
    const { before } = overtaken;
    if (before?.operationId === undefined || before.operationId === intent.operationId) return;
    if (before.wanted === intent.wanted) return;
    for (const operationId of operationsOf(before)) {
      await supersede(operations, { operationId, name: gatewayId, laterId: intent.operationId, now: now() });
    }
  }

  async function isForgotten(operation: OperationRecord, gatewayId: string): Promise<boolean> {
    if ((await stores.gateways.get(gatewayKeys(gatewayId))) !== undefined) return false;
    const detail = 'Gatehouse has removed the gateway, or taken its roots off it, since this was asked.';
    await operations.settleStep(operation.id, gatewayId, { status: 'skipped', detail, now: now() });
    return true;
  }

  async function joinEqual(operation: OperationRecord, intent: RevocationRecord): Promise<void> {
    for (const { name } of operation.steps) {
      if (await isForgotten(operation, name)) continue;
      await askGateway(name, intent);
      await operations.setStep(operation.id, name, { status: 'running', now: now() });
      const keys = { partitionKey: name, rowKey: intent.thumbprint };
      const row = await stores.gatewayRevocations.update(keys, (current) =>
        operationsOf(current).includes(operation.id)
          ? undefined
          : { ...current, earlierOperationIds: [...(current.earlierOperationIds ?? []), operation.id] },
      );
      const isDone = row?.state === 'disconnected' || row?.state === 'proven' || row?.state === 'removed';
      if (isDone) {
        await operations.settleStep(operation.id, name, { status: 'succeeded', detail: row.state, now: now() });
      }
    }
  }

  return { askGateway, isForgotten, joinEqual };
}

/** An equal request that is overtaken is remembered with the one that took its place; another one is not. */
function earlierOf(
  before: GatewayRevocation,
  intent: RevocationRecord,
): Pick<GatewayRevocation, 'earlierOperationIds'> {
  return before.wanted === intent.wanted ? { earlierOperationIds: [...operationsOf(before)] } : {};
}
