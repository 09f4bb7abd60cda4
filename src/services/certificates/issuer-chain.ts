import { AppError } from '../../domain/app-error.ts';
import { rootKeys, type RootRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';

/** As many as a gateway has places for. */
const lengthMax = 20;

/**
 * What clients need to find the way up: the authority itself, then those above it, the root last; with their
 * certificates.
 */
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

/**
 * Throws where a removal has marked the root and has not come to its end: it goes, or stays because something depends
 * on it, and until then nobody can say which.
 */
export function requireNotRemoving(root: RootRecord | undefined): void {
  if (root?.state !== 'removing') return;
  const message = `Root ${root.id} is being removed: in a moment it is gone, or stays because something depends on it.`;
  throw new AppError('ERR_IN_PROGRESS', message, { retryAfterSeconds: 2 });
}

/** An authority as it issues: with its chain, and no longer than what is above it lasts. */
export type SigningRoot = RootRecord & {
  readonly certificate: string;
  /** Base64 of the DER: its own and those of the authorities above it, the root last. */
  readonly chain: readonly string[];
};

/**
 * Undefined where it has no certificate yet; throws as `requireNotRemoving` does. Its `notAfter` is the earliest of its
 * chain: below that nothing leads to a root.
 */
export async function signingRootOf(
  stores: Pick<Stores, 'roots'>,
  authority: RootRecord | undefined,
): Promise<SigningRoot | undefined> {
  requireNotRemoving(authority);
  if (authority?.certificate === undefined) return undefined;
  const issuers = await issuerChain(stores, authority);
  const missing = issuers.at(-1)?.issuerRootId;
  if (missing !== undefined) requireNotRemoving((await stores.roots.get(rootKeys(missing)))?.record);
  const end = Math.min(...issuers.map(({ notAfter }) => Date.parse(notAfter)));
  return {
    ...authority,
    certificate: authority.certificate,
    notAfter: new Date(end).toISOString(),
    chain: issuers.map(({ certificate }) => certificate),
  };
}
