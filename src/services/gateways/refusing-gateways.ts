import { rootPartition, unknownRootId } from '../../stores/records/certificates.ts';
import { isRootToBeSeen } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { admittersOf } from '../certificates/admitting-roots.ts';
import { gatewayIdsOf } from '../certificates/root-gateways.ts';

type TrustStores = Pick<
  Stores,
  'gateways' | 'madeResources' | 'roots' | 'rootGateways' | 'gatewayRoots' | 'foreignEntries'
>;

/**
 * Gateways that trust what admits the root's certificates, may still hold it, or may hold sessions of them: where a
 * revocation has to be.
 */
export async function gatewaysOfRoot(stores: TrustStores, rootId: string): Promise<readonly string[]> {
  const all = await gatewayIdsOf(stores, rootId);
  if (rootId === unknownRootId) return all;
  const admitters = await readAdmitters(stores, rootId);
  const ids: string[] = [];
  for (const gatewayId of all) {
    const rows = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
    const isHeld = rows.some((row) => admitters.has(row.rootId) && (row.state !== 'removed' || isRootToBeSeen(row)));
    if (isHeld || (await isCopiedTo(stores, gatewayId, admitters))) ids.push(gatewayId);
  }
  return ids;
}

/**
 * Whether gateways had what admits the root's certificates and none has it any more: they open nothing, whatever is
 * said of one.
 */
export async function isRootWithdrawn(stores: TrustStores, rootId: string): Promise<boolean> {
  if (rootId === unknownRootId) return false;
  const all = await gatewayIdsOf(stores, rootId);
  const admitters = await readAdmitters(stores, rootId);
  for (const gatewayId of all) {
    const rows = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
    if (rows.some((row) => row.wanted && admitters.has(row.rootId))) return false;
    if (await isCopiedTo(stores, gatewayId, admitters)) return false;
  }
  return all.length > 0;
}

async function readAdmitters(stores: TrustStores, rootId: string): Promise<ReadonlySet<string>> {
  const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
  return admittersOf(rootId, roots);
}

/** Somebody else has put one of the roots there. */
async function isCopiedTo(stores: TrustStores, gatewayId: string, rootIds: ReadonlySet<string>): Promise<boolean> {
  return (await stores.foreignEntries.list(gatewayId)).some(
    ({ record: { rootId } }) => rootId !== undefined && rootIds.has(rootId),
  );
}
