import { authorityOf } from '../../pki/read-foreign-root.ts';
import type { RootRecord } from '../../stores/records/certificates.ts';

/**
 * Ids of the roots each of which lets the certificates of this one in where a gateway trusts it: itself; those of its
 * name and key, since nothing in a certificate tells the renewed root from the old one; and those above it, since a
 * client may send its chain.
 */
export function admittersOf(rootId: string, roots: readonly RootRecord[]): ReadonlySet<string> {
  const authorities = new Map(roots.map((root) => [root.id, authorityOfRoot(root)]));
  const found = new Set([rootId]);
  // A set hands out what is added to it while it is gone through.
  for (const id of found) {
    const authority = authorities.get(id);
    for (const root of roots) {
      if (root.id === id && root.issuerRootId !== undefined) found.add(root.issuerRootId);
      if (authority !== undefined && authorities.get(root.id) === authority) found.add(root.id);
    }
  }
  return found;
}

/** Ids of the roots whose certificates come in where these are trusted: `trusted` itself, and what those admit. */
export function admittedBy(trusted: Iterable<string>, roots: readonly RootRecord[]): ReadonlySet<string> {
  const all = new Set(trusted);
  const admitted = roots.filter(({ id }) => [...admittersOf(id, roots)].some((admitter) => all.has(admitter)));
  return new Set([...all, ...admitted.map(({ id }) => id)]);
}

export function authorityOfRoot(root: RootRecord): string | undefined {
  const certificate = certificateOnGateways(root);
  return certificate === undefined ? undefined : authorityOf(certificate);
}

/**
 * What gateways may hold of a root, base64 of the DER: also of one that is being removed, since whatever depends on it
 * brings it back.
 */
export function certificateOnGateways({ certificate, draft, state }: RootRecord): string | undefined {
  return state === 'removing' ? draft : certificate;
}
