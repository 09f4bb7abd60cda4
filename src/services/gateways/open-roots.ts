import { unknownRootId } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';

/** Roots whose certificates may open the gateway now: those of Gatehouse, those that others put there, and the one that is not known. */
export async function openRootsOf(
  stores: Pick<Stores, 'gatewayRoots' | 'foreignEntries'>,
  gatewayId: string,
): Promise<ReadonlySet<string>> {
  const own = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
  const foreign = (await stores.foreignEntries.list(gatewayId)).flatMap(({ record }) => record.rootId ?? []);
  const trusted = own.filter(({ state }) => state !== 'removed').map(({ rootId }) => rootId);
  return new Set([...trusted, ...foreign, unknownRootId]);
}
