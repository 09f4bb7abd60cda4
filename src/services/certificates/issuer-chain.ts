import { rootKeys, type RootRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';

/** As many as a gateway has places for. */
const lengthMax = 20;

/** What clients need to find the way up: the authority itself, then those above it, the root last; with their certificates. */
export async function issuerChain(
  stores: Pick<Stores, 'roots'>,
  authority: RootRecord,
): Promise<readonly (RootRecord & { readonly certificate: string })[]> {
  const chain: (RootRecord & { readonly certificate: string })[] = [];
  for (let next: RootRecord | undefined = authority; next?.certificate !== undefined && chain.length < lengthMax;) {
    chain.push({ ...next, certificate: next.certificate });
    next = next.issuerRootId === undefined ? undefined : (await stores.roots.get(rootKeys(next.issuerRootId)))?.record;
  }
  return chain;
}
