import { toSeconds, toWire } from './attributes.ts';
import { deletionDates } from './soft-delete.ts';
import type { KeyEntry, KeyVersion } from './vault-state.ts';

/** A version as GET answers it: the public half only. */
export function keyBundle(origin: string, entry: KeyEntry, version: KeyVersion): Record<string, unknown> {
  return {
    key: {
      kid: keyId(origin, entry, version),
      kty: version.kty,
      key_ops: version.keyOps,
      n: version.n,
      e: version.e,
    },
    ...common(version),
  };
}

export function keyItem(
  origin: string,
  entry: KeyEntry,
  version: KeyVersion,
  hasVersion: boolean,
): Record<string, unknown> {
  const kid = hasVersion ? keyId(origin, entry, version) : `${origin}/keys/${entry.name}`;
  return { kid, ...common(version) };
}

/** What a deleted key carries besides its bundle or item. */
export function keyDeletion(origin: string, entry: KeyEntry): Record<string, unknown> {
  const { deletedMs, purgeMs } = deletionDates(entry);
  return {
    recoveryId: `${origin}/deletedkeys/${entry.name}`,
    deletedDate: toSeconds(deletedMs),
    scheduledPurgeDate: toSeconds(purgeMs),
  };
}

export function keyId(origin: string, entry: { readonly name: string }, version: { readonly version: string }): string {
  return `${origin}/keys/${entry.name}/${version.version}`;
}

function common(version: KeyVersion): Record<string, unknown> {
  return {
    attributes: { ...toWire(version.attributes), exportable: version.exportable },
    ...(version.tags === undefined ? {} : { tags: version.tags }),
    ...(version.managed ? { managed: true } : {}),
  };
}
