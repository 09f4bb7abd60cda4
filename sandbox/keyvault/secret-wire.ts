import { toSeconds, toWire } from './attributes.ts';
import { deletionDates } from './soft-delete.ts';
import type { Vault } from './vault.ts';
import type { SecretEntry, SecretVersion } from './vault-state.ts';

/** A version without its value, which only setting and getting answer. */
export function secretBundle(origin: string, entry: SecretEntry, version: SecretVersion): Record<string, unknown> {
  return { id: `${origin}/secrets/${entry.name}/${version.version}`, ...common(version) };
}

export function secretItem(
  origin: string,
  entry: SecretEntry,
  version: SecretVersion,
  hasVersion: boolean,
): Record<string, unknown> {
  const id = `${origin}/secrets/${entry.name}`;
  return { id: hasVersion ? `${id}/${version.version}` : id, ...common(version) };
}

/** What a deleted secret carries besides its bundle or item. */
export function secretDeletion(origin: string, entry: SecretEntry): Record<string, unknown> {
  const { deletedMs, purgeMs } = deletionDates(entry);
  return {
    recoveryId: `${origin}/deletedsecrets/${entry.name}`,
    deletedDate: toSeconds(deletedMs),
    scheduledPurgeDate: toSeconds(purgeMs),
  };
}

export function sealSecret(vault: Vault, name: string, version: string, value: string): string {
  return vault.seal.sealText(sealId(name, version), value);
}

export function openSecret(vault: Vault, name: string, { version, sealed }: SecretVersion): string {
  return vault.seal.openText(sealId(name, version), sealed);
}

/** Apart from the keys' ids, so that no secret opens as a key. */
function sealId(name: string, version: string): string {
  return `secret/${name.toLowerCase()}/${version}`;
}

function common(version: SecretVersion): Record<string, unknown> {
  return {
    attributes: toWire(version.attributes),
    ...(version.contentType === undefined ? {} : { contentType: version.contentType }),
    ...(version.tags === undefined ? {} : { tags: version.tags }),
  };
}
