import { rootPartition, unknownRootId } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import { admittedBy } from '../certificates/admitting-roots.ts';

/**
 * Roots whose certificates may open the gateway now, whoever has put there what admits them; and the one that is not
 * known.
 */
export async function openRootsOf(
  stores: Pick<Stores, 'roots' | 'gatewayRoots' | 'foreignEntries'>,
  gatewayId: string,
): Promise<ReadonlySet<string>> {
  const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
  const own = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
  const foreign = (await stores.foreignEntries.list(gatewayId)).flatMap(({ record }) => record.rootId ?? []);
  const trusted = own.filter(({ state }) => state !== 'removed').map(({ rootId }) => rootId);
  return new Set([...admittedBy([...trusted, ...foreign], roots), unknownRootId]);
}
