import { z } from 'zod';
import { newAttributes, updatedAttributes } from './attributes.ts';
import { newVersion } from './key-material.ts';
import { answerPage } from './paging.ts';
import { attributesSchema, readBody, tagsSchema } from './request-body.ts';
import { openSecret, sealSecret, secretBundle, secretDeletion, secretItem } from './secret-wire.ts';
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
import { badParameter, conflict, forbidden, VaultError } from './vault-error.ts';
import type { SecretEntry, SecretVersion } from './vault-state.ts';

/** Key Vault's 25 KB, counted as the value is sent: in UTF-8. */
const valueBytesMax = 25 * 1024;
const contentTypeSchema = z.string().max(255).nullish();

const setSchema = z.strictObject({
  value: z.string(),
  contentType: contentTypeSchema,
  attributes: attributesSchema.nullish(),
  tags: tagsSchema.nullish(),
});
const updateSchema = z.strictObject({
  contentType: contentTypeSchema,
  attributes: attributesSchema.nullish(),
  tags: tagsSchema.nullish(),
});

/** PUT /secrets/{name}: a new secret, or a new version of one. */
export function setSecret(vault: Vault, call: VaultCall): VaultAnswer {
  const input = readBody(setSchema, call.body);
  if (Buffer.byteLength(input.value) > valueBytesMax) {
    throw badParameter(`The value is longer than ${valueBytesMax} bytes.`);
  }
  const { secrets, certificates } = vault.state.value;
  refuseTakenName(vault, secrets, 'Secret', call.name);
  if (certificates[call.name.toLowerCase()] !== undefined) {
    throw conflict(`Secret ${call.name} is managed by the certificate of the same name.`, 'SecretManaged');
  }
  const version = newVersion();
  const made: SecretVersion = {
    version,
    sealed: sealSecret(vault, call.name, version, input.value),
    contentType: input.contentType ?? undefined,
    attributes: newAttributes(vault.clock.nowMs(), input.attributes ?? undefined),
    tags: input.tags ?? undefined,
  };
  const entry = (secrets[call.name.toLowerCase()] ??= {
    name: call.name,
    lifecycle: { phase: 'active' },
    versions: [],
  });
  entry.versions.push(made);
  vault.state.save();
  return { status: 200, body: { value: input.value, ...secretBundle(call.origin, entry, made) } };
}

/**
 * GET /secrets/{name}/{version}: with its value. Dates are for information only: documented to work outside of them
 * too.
 */
export function getSecret(vault: Vault, call: VaultCall): VaultAnswer {
  refuseSecretOfCertificate(vault, call.name);
  const { entry, version } = findSecretVersion(vault, call);
  if (!version.attributes.enabled) {
    throw forbidden('Operation get is not allowed on a disabled secret.', 'SecretDisabled');
  }
  const value = openSecret(vault, entry.name, version);
  return { status: 200, body: { value, ...secretBundle(call.origin, entry, version) } };
}

/** PATCH /secrets/{name}/{version}: everything but the value. */
export function updateSecret(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, version } = findSecretVersion(vault, call);
  const input = readBody(updateSchema, call.body);
  version.attributes = updatedAttributes(version.attributes, vault.clock.nowMs(), input.attributes ?? undefined);
  version.contentType = input.contentType ?? version.contentType;
  version.tags = input.tags ?? version.tags;
  vault.state.save();
  return { status: 200, body: secretBundle(call.origin, entry, version) };
}

/** GET /secrets/{name}/versions */
export function listSecretVersions(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findActive(vault, vault.state.value.secrets, 'Secret', call.name);
  const items = entry.versions.map((version) => secretItem(call.origin, entry, version, true));
  return answerPage(items, call, `/secrets/${entry.name}/versions`);
}

/** GET /secrets */
export function listSecrets(vault: Vault, call: VaultCall): VaultAnswer {
  const items = listInPhase(vault, vault.state.value.secrets, 'active').map((entry) =>
    secretItem(call.origin, entry, latestOf(entry), false),
  );
  return answerPage(items, call, '/secrets');
}

/** DELETE /secrets/{name} */
export function deleteSecret(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findActive(vault, vault.state.value.secrets, 'Secret', call.name);
  markDeleted(vault, entry);
  vault.state.save();
  return { status: 200, body: deletedBundle(call.origin, entry) };
}

/** GET /deletedsecrets/{name} */
export function getDeletedSecret(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findDeleted(vault, vault.state.value.secrets, 'Secret', call.name);
  return { status: 200, body: deletedBundle(call.origin, entry) };
}

/** GET /deletedsecrets */
export function listDeletedSecrets(vault: Vault, call: VaultCall): VaultAnswer {
  const items = listInPhase(vault, vault.state.value.secrets, 'deleted').map((entry) => ({
    ...secretItem(call.origin, entry, latestOf(entry), false),
    ...secretDeletion(call.origin, entry),
  }));
  return answerPage(items, call, '/deletedsecrets');
}

/** POST /deletedsecrets/{name}/recover */
export function recoverSecret(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findDeleted(vault, vault.state.value.secrets, 'Secret', call.name);
  markRecovering(vault, entry);
  vault.state.save();
  return { status: 200, body: secretBundle(call.origin, entry, latestOf(entry)) };
}

/** DELETE /deletedsecrets/{name}: gone for good. */
export function purgeSecret(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findDeleted(vault, vault.state.value.secrets, 'Secret', call.name);
  Reflect.deleteProperty(vault.state.value.secrets, entry.name.toLowerCase());
  vault.state.save();
  return { status: 204 };
}

/** The version that a call names, the latest when it names none; throws 404. */
function findSecretVersion(vault: Vault, call: VaultCall): { entry: SecretEntry; version: SecretVersion } {
  const entry = findActive(vault, vault.state.value.secrets, 'Secret', call.name);
  const wanted = call.version.toLowerCase();
  const version = wanted === '' ? latestOf(entry) : entry.versions.find((known) => known.version === wanted);
  if (version === undefined) throw notFound('Secret', `${call.name}/${call.version}`);
  return { entry, version };
}

/** In Azure that is the certificate as PKCS#12 or PEM; nothing here has a use for it. */
function refuseSecretOfCertificate(vault: Vault, name: string): void {
  if (vault.state.value.certificates[name.toLowerCase()] === undefined) return;
  throw new VaultError(501, 'NotImplemented', `The local vault does not serve the secret behind certificate ${name}.`);
}

function deletedBundle(origin: string, entry: SecretEntry): Record<string, unknown> {
  return { ...secretDeletion(origin, entry), ...secretBundle(origin, entry, latestOf(entry)) };
}

function latestOf(entry: SecretEntry): SecretVersion {
  const latest = entry.versions.at(-1);
  if (latest === undefined) throw notFound('Secret', entry.name);
  return latest;
}
