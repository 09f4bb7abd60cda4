import { rootPartition, unknownRootId } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import { admittedBy } from '../certificates/admitting-roots.ts';

/**
 * What lets certificates in that nobody here knows, whatever their names: a root that others run, or an entry of theirs
 * that is none of Gatehouse's roots. In words; undefined where the gateway has nothing of the kind.
 */
export async function openToStrangersBy(stores: OpenStores, gatewayId: string, now: Date): Promise<string | undefined> {
  const open = await openRootsOf(stores, gatewayId);
  const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
  const imported = roots.find(({ id, kind, notAfter }) => {
    return kind === 'imported' && open.has(id) && Date.parse(notAfter) > now.getTime();
  });
  if (imported !== undefined) return `root ${imported.id}, which was imported`;
  const theirs = (await stores.foreignEntries.list(gatewayId))
    .map(({ record }) => record)
    .find(({ kind, rootId, notAfter }) => {
      return kind === 'root' && rootId === undefined && !(Date.parse(notAfter ?? '') <= now.getTime());
    });
  return theirs === undefined ? undefined : `root entry ${theirs.name}, which others have put on the gateway`;
}

type OpenStores = Pick<Stores, 'roots' | 'gatewayRoots' | 'foreignEntries'>;

/**
 * Roots whose certificates may open the gateway now, whoever has put there what admits them; and the one that is not
 * known.
 */
export async function openRootsOf(stores: OpenStores, gatewayId: string): Promise<ReadonlySet<string>> {
  const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
  const own = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
  const foreign = (await stores.foreignEntries.list(gatewayId)).flatMap(({ record }) => record.rootId ?? []);
  const trusted = own.filter(({ state }) => state !== 'removed').map(({ rootId }) => rootId);
  return new Set([...admittedBy([...trusted, ...foreign], roots), unknownRootId]);
}
