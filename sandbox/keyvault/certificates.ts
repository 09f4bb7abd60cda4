import { z } from 'zod';
import { updatedAttributes } from './attributes.ts';
import {
  certificateBundle,
  certificateDeletion,
  certificateItem,
  shownPending,
  type ShownVersion,
  versionBundle,
} from './certificate-wire.ts';
import { removeKey } from './keys.ts';
import { answerPage } from './paging.ts';
import { attributesSchema, readBody, tagsSchema } from './request-body.ts';
import { findActive, findDeleted, listInPhase, markDeleted, markRecovering, notFound } from './soft-delete.ts';
import type { Vault, VaultAnswer, VaultCall } from './vault.ts';
import { forbidden } from './vault-error.ts';
import type { CertificateEntry, CertificateVersion } from './vault-state.ts';

const updateSchema = z.strictObject({ attributes: attributesSchema.nullish(), tags: tagsSchema.nullish() });

/** GET /certificates/{name}/{version} */
export function getCertificate(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, version } = findVersion(vault, call);
  const toBody = call.version === '' ? certificateBundle : versionBundle;
  return { status: 200, body: toBody(call.origin, entry, version) };
}

/** PATCH /certificates/{name}/{version}: its attributes, which its key and secret follow. */
export function updateCertificate(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, version } = findIssued(vault, call);
  const input = readBody(updateSchema, call.body);
  // The dates are the certificate's own; only what the vault decides can be changed.
  const enabled = input.attributes?.enabled;
  version.attributes = updatedAttributes(version.attributes, vault.clock.nowMs(), { enabled });
  version.tags = input.tags ?? version.tags;
  const key = vault.state.value.keys[entry.name.toLowerCase()]?.versions.find(
    (known) => known.version === version.version,
  );
  if (key !== undefined) key.attributes = { ...version.attributes };
  vault.state.save();
  return { status: 200, body: certificateBundle(call.origin, entry, version) };
}

/** GET /certificates/{name}/versions */
export function listCertificateVersions(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findActive(vault, vault.state.value.certificates, 'Certificate', call.name);
  const items = entry.versions.map((version) => certificateItem(call.origin, entry, version, true));
  return answerPage(items, call, `/certificates/${entry.name}/versions`);
}

/** GET /certificates: those that have been issued at least once, and with `includePending` the others too. */
export function listCertificates(vault: Vault, call: VaultCall): VaultAnswer {
  const includesPending = call.query.get('includePending')?.toLowerCase() === 'true';
  const items = listInPhase(vault, vault.state.value.certificates, 'active').flatMap((entry) => {
    const latest = includesPending ? shownLatest(entry) : entry.versions.at(-1);
    return latest === undefined ? [] : [certificateItem(call.origin, entry, latest, false)];
  });
  return answerPage(items, call, '/certificates');
}

/** DELETE /certificates/{name}: its key goes with it. */
export function deleteCertificate(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, version } = findVersion(vault, { ...call, version: '' });
  markDeleted(vault, entry);
  const key = vault.state.value.keys[entry.name.toLowerCase()];
  if (key !== undefined) markDeleted(vault, key);
  vault.state.save();
  return { status: 200, body: deletedBundle(call.origin, entry, version) };
}

/** GET /deletedcertificates/{name} */
export function getDeletedCertificate(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findDeleted(vault, vault.state.value.certificates, 'Certificate', call.name);
  return { status: 200, body: deletedBundle(call.origin, entry, latestOf(entry)) };
}

/** GET /deletedcertificates */
export function listDeletedCertificates(vault: Vault, call: VaultCall): VaultAnswer {
  const items = listInPhase(vault, vault.state.value.certificates, 'deleted').map((entry) => ({
    ...certificateItem(call.origin, entry, latestOf(entry), false),
    ...certificateDeletion(call.origin, entry),
  }));
  return answerPage(items, call, '/deletedcertificates');
}

/** POST /deletedcertificates/{name}/recover */
export function recoverCertificate(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findDeleted(vault, vault.state.value.certificates, 'Certificate', call.name);
  markRecovering(vault, entry);
  const key = vault.state.value.keys[entry.name.toLowerCase()];
  if (key !== undefined) markRecovering(vault, key);
  vault.state.save();
  return { status: 200, body: certificateBundle(call.origin, entry, latestOf(entry)) };
}

/** DELETE /deletedcertificates/{name}: gone for good, key and all. */
export function purgeCertificate(vault: Vault, call: VaultCall): VaultAnswer {
  const entry = findDeleted(vault, vault.state.value.certificates, 'Certificate', call.name);
  Reflect.deleteProperty(vault.state.value.certificates, entry.name.toLowerCase());
  removeKey(vault, entry.name);
  return { status: 204 };
}

/** The version that a call names, the latest when it names none, also one that is still to be issued; throws 404. */
function findVersion(vault: Vault, call: VaultCall): { entry: CertificateEntry; version: ShownVersion } {
  const entry = findActive(vault, vault.state.value.certificates, 'Certificate', call.name);
  const wanted = call.version.toLowerCase();
  const known = [...entry.versions, ...(entry.pending === undefined ? [] : [shownPending(entry.pending)])];
  const version = wanted === '' ? shownLatest(entry) : known.find((candidate) => candidate.version === wanted);
  if (version === undefined) throw notFound('Certificate', `${call.name}/${call.version}`);
  return { entry, version };
}

function findIssued(vault: Vault, call: VaultCall): { entry: CertificateEntry; version: CertificateVersion } {
  const { entry, version } = findVersion(vault, call);
  const issued = entry.versions.find((known) => known.version === version.version);
  if (issued === undefined) throw forbidden('Operation update is not allowed on a pending certificate.');
  return { entry, version: issued };
}

function shownLatest(entry: CertificateEntry): ShownVersion | undefined {
  return entry.versions.at(-1) ?? (entry.pending === undefined ? undefined : shownPending(entry.pending));
}

function latestOf(entry: CertificateEntry): ShownVersion {
  const latest = shownLatest(entry);
  if (latest === undefined) throw notFound('Certificate', entry.name);
  return latest;
}

function deletedBundle(origin: string, entry: CertificateEntry, version: ShownVersion): Record<string, unknown> {
  return { ...certificateDeletion(origin, entry), ...certificateBundle(origin, entry, version) };
}
