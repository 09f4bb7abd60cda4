import { rootPartition, unknownRootId } from '../../stores/records/certificates.ts';
import { gatewayPartition, type GatewayRecord, madeResourceKind } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { admittersOf } from './admitting-roots.ts';

type GatewayStores = Pick<Stores, 'gateways' | 'madeResources' | 'roots' | 'rootGateways'>;

/**
 * Gateways that have had to do with what admits a root's certificates, but for those that never came to be. Where the
 * root is not known, each may: they may open any.
 */
export async function gatewayIdsOf(stores: GatewayStores, rootId: string): Promise<readonly string[]> {
  const gateways = (await stores.gateways.list(gatewayPartition)).map(({ record }) => record);
  const notMade = new Set<string>();
  for (const gateway of gateways) if (await isNotMade(stores, gateway)) notMade.add(gateway.id);
  const standing = gateways.filter(({ state }) => state !== 'removed').map(({ id }) => id);
  const ids = rootId === unknownRootId ? standing : await idsByRoot(stores, rootId);
  return ids.filter((id) => !notMade.has(id));
}

async function idsByRoot(stores: GatewayStores, rootId: string): Promise<readonly string[]> {
  const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
  const rows = await Promise.all([...admittersOf(rootId, roots)].map((id) => stores.rootGateways.list(id)));
  return [...new Set(rows.flat().map(({ record }) => record.gatewayId))];
}

/**
 * Its build failed before Azure was asked for it, which is noted first: nobody comes in there, and nobody can look at
 * it.
 */
async function isNotMade(stores: GatewayStores, { id, state, resourceId }: GatewayRecord): Promise<boolean> {
  if (state !== 'failed') return false;
  const keys = madeResourceKind.keys({ gatewayId: id, resource: 'gateway', resourceId, at: '' });
  return (await stores.madeResources.get(keys)) === undefined;
}
