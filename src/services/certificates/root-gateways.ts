import { rootPartition, unknownRootId } from '../../stores/records/certificates.ts';
import { gatewayPartition } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { admittersOf } from './admitting-roots.ts';

/** Gateways that have had to do with what admits a root's certificates. Where the root is not known, each may: they may open any. */
export async function gatewayIdsOf(
  stores: Pick<Stores, 'gateways' | 'roots' | 'rootGateways'>,
  rootId: string,
): Promise<readonly string[]> {
  if (rootId !== unknownRootId) {
    const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
    const rows = await Promise.all([...admittersOf(rootId, roots)].map((id) => stores.rootGateways.list(id)));
    return [...new Set(rows.flat().map(({ record }) => record.gatewayId))];
  }
  const gateways = (await stores.gateways.list(gatewayPartition)).map(({ record }) => record);
  return gateways.filter(({ state }) => state !== 'removed').map(({ id }) => id);
}
