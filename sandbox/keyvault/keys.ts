import { z } from 'zod';
import { newAttributes, updatedAttributes } from './attributes.ts';
import { readKeySize, readKeyType } from './key-kind.ts';
import { makeKeyVersion } from './key-material.ts';
import { keyBundle, keyDeletion, keyItem } from './key-wire.ts';
import { answerPage } from './paging.ts';
import { attributesSchema, readBody, tagsSchema } from './request-body.ts';
import {
  findActive,
  findDeleted,
  listInPhase,
  markDeleted,
  markRecovering,
  notFound,
  refuseTakenName,
} from './soft-delete.ts';
import type { Vault, VaultAnswer, VaultCall } from './vault.ts';
import { conflict, forbidden } from './vault-error.ts';
import type { KeyEntry, KeyVersion } from './vault-state.ts';

const allOperations = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];

const createSchema = z.strictObject({
  kty: z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM', 'oct', 'oct-HSM']),
  key_size: z.int().nullish(),
  public_exponent: z.literal(65_537).nullish(),
  key_ops: z.array(z.enum([...allOperations, 'import', 'export'])).nullish(),
  attributes: attributesSchema.nullish(),
  tags: tagsSchema.nullish(),
});
const updateSchema = z.strictObject({
  key_ops: z.array(z.enum(allOperations)).nullish(),
  attributes: attributesSchema.nullish(),
  tags: tagsSchema.nullish(),
});

/** POST /keys/{name}/create: a new key, or a new version of one. */
export async function createKey(vault: Vault, call: VaultCall): Promise<VaultAnswer> {
  const input = readBody(createSchema, call.body);
  refuseTakenName(vault, vault.state.value.keys, 'Key', call.name);
  refuseManagedName(vault, call.name);
  const version = await makeKeyVersion(vault, {
    name: call.name,
    kty: readKeyType(input.kty),
    keySize: readKeySize(input.key_size ?? 2048),
    keyOps: input.key_ops ?? allOperations,
    exportable: false,
    attributes: newAttributes(vault.clock.nowMs(), input.attributes ?? undefined),
    tags: input.tags ?? undefined,
    managed: false,
  });
  const entry = addKeyVersion(vault, call.name, version);
  return { status: 200, body: keyBundle(call.origin, entry, version) };
}

/** GET /keys/{name}/{version} */
export function getKey(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, version } = findKeyVersion(vault, call);
  return { status: 200, body: keyBundle(call.origin, entry, version) };
}

/** PATCH /keys/{name}/{version} */
export function updateKey(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, version } = findKeyVersion(vault, call);
  const input = readBody(updateSchema, call.body);
  if (version.managed) {
    throw forbidden(`Key ${call.name} is managed by the certificate of the same name.`, 'KeyManaged');
  }
  version.attributes = updatedAttributes(version.attributes, vault.clock.nowMs(), input.attributes ?? undefined);
  version.keyOps = input.key_ops ?? version.keyOps;
  version.tags = input.tags ?? version.tags;
  vault.state.save();
  return { status: 200, body: keyBundle(call.origin, entry, version) };
}

/** GET /keys/{name}/versions */
export function listKeyVersions(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findActive(vault, vault.state.value.keys, 'Key', call.name);
  const items = entry.versions.map((version) => keyItem(call.origin, entry, version, true));
  return answerPage(items, call, `/keys/${entry.name}/versions`);
}

/** GET /keys */
export function listKeys(vault: Vault, call: VaultCall): VaultAnswer {
  const items = listInPhase(vault, vault.state.value.keys, 'active').flatMap((entry) => {
    const latest = entry.versions.at(-1);
    return latest === undefined ? [] : [keyItem(call.origin, entry, latest, false)];
  });
  return answerPage(items, call, '/keys');
}

/** DELETE /keys/{name} */
export function deleteKey(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, version } = findKeyVersion(vault, { ...call, version: '' });
  if (version.managed) {
    throw forbidden(`Key ${call.name} is managed by the certificate of the same name.`, 'KeyManaged');
  }
  markDeleted(vault, entry);
  vault.state.save();
  return { status: 200, body: deletedBundle(call.origin, entry, version) };
}

/** GET /deletedkeys/{name} */
export function getDeletedKey(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findDeleted(vault, vault.state.value.keys, 'Key', call.name);
  return { status: 200, body: deletedBundle(call.origin, entry, latestOf(entry)) };
}

/** GET /deletedkeys */
export function listDeletedKeys(vault: Vault, call: VaultCall): VaultAnswer {
  const items = listInPhase(vault, vault.state.value.keys, 'deleted').map((entry) => ({
    ...keyItem(call.origin, entry, latestOf(entry), false),
    ...keyDeletion(call.origin, entry),
  }));
  return answerPage(items, call, '/deletedkeys');
}

/** POST /deletedkeys/{name}/recover */
export function recoverKey(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findDeleted(vault, vault.state.value.keys, 'Key', call.name);
  markRecovering(vault, entry);
  vault.state.save();
  return { status: 200, body: keyBundle(call.origin, entry, latestOf(entry)) };
}

/** DELETE /deletedkeys/{name}: gone for good. */
export function purgeKey(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findDeleted(vault, vault.state.value.keys, 'Key', call.name);
  removeKey(vault, entry.name);
  return { status: 204 };
}

/** The version that a call names, the latest when it names none; throws 404. */
export function findKeyVersion(vault: Vault, call: VaultCall): { entry: KeyEntry; version: KeyVersion } {
  const entry = findActive(vault, vault.state.value.keys, 'Key', call.name);
  const wanted = call.version.toLowerCase();
  const version = wanted === '' ? entry.versions.at(-1) : entry.versions.find((known) => known.version === wanted);
  if (version === undefined) throw notFound('Key', `${call.name}/${call.version}`);
  return { entry, version };
}

export function addKeyVersion(vault: Vault, name: string, version: KeyVersion): KeyEntry {
  const { keys } = vault.state.value;
  const entry = (keys[name.toLowerCase()] ??= { name, lifecycle: { phase: 'active' }, versions: [] });
  entry.versions.push(version);
  vault.state.save();
  return entry;
}

export function removeKey(vault: Vault, name: string): void {
  Reflect.deleteProperty(vault.state.value.keys, name.toLowerCase());
  vault.state.save();
}

function refuseManagedName(vault: Vault, name: string): void {
  if (vault.state.value.certificates[name.toLowerCase()] === undefined) return;
  throw conflict(`Key ${name} is managed by the certificate of the same name.`, 'KeyManaged');
}

function deletedBundle(origin: string, entry: KeyEntry, version: KeyVersion): Record<string, unknown> {
  return { ...keyDeletion(origin, entry), ...keyBundle(origin, entry, version) };
}

function latestOf(entry: KeyEntry): KeyVersion {
  const latest = entry.versions.at(-1);
  if (latest === undefined) throw notFound('Key', entry.name);
  return latest;
}
