import { requireThumbprint } from '../../domain/thumbprint.ts';
import { type RevocationRecord, revocationsOfGateway } from '../../stores/records/certificates.ts';
import {
  gatewayKeys,
  type GatewayRevocation,
  gatewayRevocationKind,
  operationsOf,
} from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import { supersede } from '../operations/supersede.ts';
import { newGatewayRevocation } from './new-gateway-revocation.ts';

export interface RevocationRows {
  /**
   * What was asked about the thumbprint of a gateway's intent for every gateway, where that is to refuse it: it goes
   * before what one gateway was asked.
   */
  readonly wantedEverywhere: (thumbprint: string) => Promise<RevocationRecord | undefined>;
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
  lookup,
  operations,
  now,
}: {
  readonly stores: Stores;
  readonly lookup: Pick<CertificateLookup, 'byThumbprint'>;
  readonly operations: Operations;
  readonly now: () => Date;
}): RevocationRows {
  const at = (): string => now().toISOString();

  async function wantedEverywhere(thumbprint: string): Promise<RevocationRecord | undefined> {
    const certificate = await lookup.byThumbprint(requireThumbprint(thumbprint));
    if (certificate === undefined) return undefined;
    const keys = { partitionKey: certificate.rootId, rowKey: thumbprint };
    const intent = (await stores.revocations.get(keys))?.record;
    return intent?.wanted === true ? intent : undefined;
  }

  async function askGateway(gatewayId: string, intent: RevocationRecord): Promise<void> {
    const overtaken = [await setRow(gatewayId, intent)];
    const last = await lastOf(gatewayId, intent);
    if (last.operationId !== intent.operationId) overtaken.push(await setRow(gatewayId, last));
    for (const before of overtaken) {
      if (before === undefined || before.wanted === last.wanted) continue;
      for (const operationId of operationsOf(before)) {
        await supersede(operations, { operationId, name: gatewayId, laterId: last.operationId, now: now() });
      }
    }
  }

  /**
   * Whoever revokes on every gateway writes the intent, then the row; whoever takes back on one writes the row, then
   * looks: one of the two sees the other.
   */
  async function lastOf(gatewayId: string, intent: RevocationRecord): Promise<RevocationRecord> {
    const { rootId, thumbprint } = intent;
    const isTakenBackHere = rootId === revocationsOfGateway(gatewayId) && !intent.wanted;
    const everywhere = isTakenBackHere ? await wantedEverywhere(thumbprint) : undefined;
    const standing = (await stores.revocations.get({ partitionKey: rootId, rowKey: thumbprint }))?.record;
    return everywhere ?? standing ?? intent;
  }

  /** What stood in the row, where that was another's. */
  async function setRow(gatewayId: string, intent: RevocationRecord): Promise<GatewayRevocation | undefined> {
    const row = newGatewayRevocation(gatewayId, intent, at());
    if (await stores.gatewayRevocations.insert(row)) return undefined;
    const overtaken: { before?: GatewayRevocation } = {};
    await stores.gatewayRevocations.update(gatewayRevocationKind.keys(row), (current) => {
      overtaken.before = current;
      return current.operationId === intent.operationId ? undefined : { ...row, ...earlierOf(current, intent) };
    });
    const { before } = overtaken;
    return before?.operationId === intent.operationId ? undefined : before;
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
      if (row?.startsAt !== undefined) {
        const { reason = '', startsAt } = row;
        await operations.setStep(operation.id, name, { status: 'waiting', detail: reason, startsAt, now: now() });
      }
      const isDone = row?.state === 'disconnected' || row?.state === 'proven' || row?.state === 'removed';
      if (isDone) {
        await operations.settleStep(operation.id, name, { status: 'succeeded', detail: row.state, now: now() });
      }
    }
  }

  return { wantedEverywhere, askGateway, isForgotten, joinEqual };
}

/**
 * An equal request that is overtaken is remembered with the one that took its place, and so is that others took off
 * what it had brought about; of another request nothing is.
 */
function earlierOf(
  before: GatewayRevocation,
  intent: RevocationRecord,
): Pick<GatewayRevocation, 'earlierOperationIds' | 'vanished'> {
  if (before.wanted !== intent.wanted) return {};
  const { vanished } = before;
  return { earlierOperationIds: [...operationsOf(before)], ...(vanished === undefined ? {} : { vanished }) };
}
