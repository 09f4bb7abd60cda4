import { unknownRootId } from '../../stores/records/certificates.ts';
import { isRootToBeSeen } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { gatewayIdsOf } from '../certificates/root-gateways.ts';

type TrustStores = Pick<Stores, 'gateways' | 'rootGateways' | 'gatewayRoots' | 'foreignEntries'>;

/** Gateways that trust the root, may still hold it, or may hold sessions of its certificates: where a revocation has to be. */
export async function gatewaysOfRoot(stores: TrustStores, rootId: string): Promise<readonly string[]> {
  const all = await gatewayIdsOf(stores, rootId);
  if (rootId === unknownRootId) return all;
  const ids: string[] = [];
  for (const gatewayId of all) {
    const row = (await stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: rootId }))?.record;
    const isTrusted = row !== undefined && row.state !== 'removed';
    const isLeft = row !== undefined && isRootToBeSeen(row);
    if (isTrusted || isLeft || (await isCopiedTo(stores, gatewayId, rootId))) ids.push(gatewayId);
  }
  return ids;
}

/** Whether gateways had the root and none has it any more: what it signed opens nothing, whatever is said of it. */
export async function isRootWithdrawn(stores: TrustStores, rootId: string): Promise<boolean> {
  if (rootId === unknownRootId) return false;
  const all = await gatewayIdsOf(stores, rootId);
  for (const gatewayId of all) {
    const row = (await stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: rootId }))?.record;
    if (row?.wanted === true || (await isCopiedTo(stores, gatewayId, rootId))) return false;
  }
  return all.length > 0;
}

/** Somebody else has put the root there. */
async function isCopiedTo(stores: TrustStores, gatewayId: string, rootId: string): Promise<boolean> {
  return (await stores.foreignEntries.list(gatewayId)).some(({ record }) => record.rootId === rootId);
}
