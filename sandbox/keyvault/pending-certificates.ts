import { createPublicKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { newAttributes } from './attributes.ts';
import {
  type CertificateCreation,
  type CertificatePolicy,
  keyOperationsOf,
  readCertificateCreation,
} from './certificate-policy.ts';
import { certificateBundle, pendingOperation } from './certificate-wire.ts';
import { makeKeyVersion, newVersion, openPrivateKey, renamedKey } from './key-material.ts';
import { addKeyVersion } from './keys.ts';
import { attributesSchema, readBody, tagsSchema } from './request-body.ts';
import { findActive, refuseTakenName } from './soft-delete.ts';
import { apiVersion, type Vault, type VaultAnswer, type VaultCall } from './vault.ts';
import { badParameter, conflict, forbidden, VaultError } from './vault-error.ts';
import type { CertificateEntry, CertificateVersion, KeyVersion, PendingCertificate } from './vault-state.ts';
import { makeSelfSigned, makeSigningRequest, x5tOf } from './x509-making.ts';

/** How long issuer Self takes, and a cancellation, before the speed. */
const selfIssuerMs = 15_000;
const cancellationMs = 5000;

const retryLater = { 'retry-after': '10' };

const updateSchema = z.strictObject({ cancellation_requested: z.boolean() });
const mergeSchema = z.strictObject({
  x5c: z.array(z.string()),
  attributes: attributesSchema.nullish(),
  tags: tagsSchema.nullish(),
});

/**
 * POST /certificates/{name}/create: a key and a signing request; the certificate comes from the issuer or by a merge.
 */
export async function createCertificate(vault: Vault, call: VaultCall): Promise<VaultAnswer> {
  const { policy, enabled, tags } = readCertificateCreation(call.body);
  const { certificates } = vault.state.value;
  refuseTakenName(vault, certificates, 'Certificate', call.name);
  refuseForeignName(vault, call.name);
  refuseWhilePending(vault, call.name);
  vault.creating.add(call.name.toLowerCase());
  try {
    return await beginCertificate(vault, call, { policy, enabled, tags });
  } finally {
    vault.creating.delete(call.name.toLowerCase());
  }
}

async function beginCertificate(
  vault: Vault,
  call: VaultCall,
  { policy, enabled, tags }: CertificateCreation,
): Promise<VaultAnswer> {
  const { certificates, keys } = vault.state.value;
  const key = await makePendingKey(vault, call.name, policy, keys[call.name.toLowerCase()]?.versions);
  const privateKey = openPrivateKey(vault, call.name, key);
  const pending: PendingCertificate = {
    requestId: newVersion(),
    policy,
    csr: await makeSigningRequest(policy, privateKey, createPublicKey(privateKey)),
    version: key.version,
    tags,
    enabled,
    createdMs: vault.clock.nowMs(),
    status: 'inProgress',
    cancellationRequested: false,
    dueMs: policy.issuer === 'Self' ? vault.clock.nowMs() + selfIssuerMs / vault.speed : undefined,
  };
  const entry = (certificates[call.name.toLowerCase()] ??= newEntry(call.name));
  entry.pending = pending;
  addKeyVersion(vault, call.name, key);
  const path = `${call.origin}/certificates/${entry.name}/pending`;
  return {
    status: 202,
    headers: { ...retryLater, location: `${path}?api-version=${apiVersion}&request_id=${pending.requestId}` },
    body: pendingOperation(call.origin, entry, pending),
  };
}

/** GET /certificates/{name}/pending */
export function getPending(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, pending } = findPending(vault, call);
  return { status: 200, headers: retryLater, body: pendingOperation(call.origin, entry, pending) };
}

/** PATCH /certificates/{name}/pending: asks for the operation to be cancelled; it is some seconds later. */
export function updatePending(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, pending } = findPending(vault, call);
  const input = readBody(updateSchema, call.body);
  if (pending.status !== 'inProgress') {
    throw badParameter('Cancellation is only allowed while the certificate operation is in progress.');
  }
  if (input.cancellation_requested && !pending.cancellationRequested) {
    pending.cancellationRequested = true;
    pending.dueMs = vault.clock.nowMs() + cancellationMs / vault.speed;
    vault.state.save();
  }
  return { status: 200, body: pendingOperation(call.origin, entry, pending) };
}

/** DELETE /certificates/{name}/pending: forgets the operation, and its key when it did not end in a certificate. */
export function deletePending(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, pending } = findPending(vault, call);
  const body = pendingOperation(call.origin, entry, pending);
  if (pending.status !== 'completed') dropPendingKey(vault, entry.name, pending.version);
  entry.pending = undefined;
  vault.state.save();
  return { status: 200, body };
}

/** POST /certificates/{name}/pending/merge: the certificate that somebody else signed over the pending key. */
export function mergePending(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, pending } = findPending(vault, call);
  const input = readBody(mergeSchema, call.body);
  if (pending.policy.issuer !== 'Unknown') {
    throw forbidden('Merge is not allowed on a pending certificate whose issuer completes it.');
  }
  if (pending.status !== 'inProgress') {
    throw new VaultError(409, 'Forbidden', 'Merge is not allowed: the pending certificate is not in progress.');
  }
  const leaf = readLeaf(input.x5c);
  const key = pendingKey(vault, entry.name, pending);
  if (key === undefined || !isForKey(leaf, key)) {
    throw badParameter(
      'The public key of the end-entity certificate in the specified X.509 certificate content does not match the public part of the specified private key. Please check if certificate is valid.',
    );
  }
  const enabled = input.attributes?.enabled ?? pending.enabled;
  const version = complete(vault, entry, pending, leaf, {
    version: newVersion(),
    enabled,
    tags: input.tags ?? pending.tags,
  });
  const location = `${call.origin}/certificates/${entry.name}/${version.version}?api-version=${apiVersion}`;
  return { status: 201, headers: { location }, body: certificateBundle(call.origin, entry, version) };
}

/** Does what the vault does by itself when its time has come. Called before each request is answered. */
export async function settlePending(vault: Vault): Promise<void> {
  for (const entry of Object.values(vault.state.value.certificates)) {
    const { pending } = entry;
    if (pending?.status !== 'inProgress' || (pending.dueMs ?? Infinity) > vault.clock.nowMs()) continue;
    if (pending.cancellationRequested) {
      pending.status = 'cancelled';
      dropPendingKey(vault, entry.name, pending.version);
      vault.state.save();
    } else {
      await completeSelf(vault, entry, pending);
    }
  }
}

async function completeSelf(vault: Vault, entry: CertificateEntry, pending: PendingCertificate): Promise<void> {
  const key = pendingKey(vault, entry.name, pending);
  if (key === undefined) return;
  const privateKey = openPrivateKey(vault, entry.name, key);
  const now = vault.clock.now();
  const der = await makeSelfSigned(pending.policy, privateKey, createPublicKey(privateKey), now);
  // Another request may have settled the same certificate while this one was signing.
  if (entry.pending !== pending || pending.status !== 'inProgress') return;
  complete(vault, entry, pending, new X509Certificate(der), pending);
}

function complete(
  vault: Vault,
  entry: CertificateEntry,
  pending: PendingCertificate,
  leaf: X509Certificate,
  given: {
    readonly version: string;
    readonly enabled: boolean;
    readonly tags: Record<string, string> | undefined;
  },
): CertificateVersion {
  const attributes = {
    ...newAttributes(vault.clock.nowMs(), { enabled: given.enabled }),
    notBeforeMs: Date.parse(leaf.validFrom),
    expiresMs: Date.parse(leaf.validTo),
  };
  const version: CertificateVersion = {
    version: given.version,
    cer: leaf.raw.toString('base64'),
    x5t: x5tOf(leaf.raw),
    policy: pending.policy,
    attributes,
    tags: given.tags,
  };
  entry.versions.push(version);
  pending.status = 'completed';
  pending.dueMs = undefined;
  issueKey(vault, entry.name, pending.version, version);
  vault.state.save();
  return version;
}

/** The pending key becomes the certificate's: with its version, and its attributes, which are mirrored. */
function issueKey(
  vault: Vault,
  name: string,
  pendingVersion: string,
  { version, attributes }: CertificateVersion,
): void {
  const entry = vault.state.value.keys[name.toLowerCase()];
  if (entry === undefined) return;
  entry.versions = entry.versions.map((key) =>
    key.version === pendingVersion
      ? { ...renamedKey(vault, name, key, version), pending: false, attributes: { ...attributes } }
      : key,
  );
}

async function makePendingKey(
  vault: Vault,
  name: string,
  policy: CertificatePolicy,
  existing: readonly KeyVersion[] | undefined,
): Promise<KeyVersion> {
  const latest = existing?.findLast((version) => version.pending !== true);
  const reused = policy.reuseKey && latest !== undefined ? openPrivateKey(vault, name, latest) : undefined;
  const key = await makeKeyVersion(
    vault,
    {
      name,
      kty: policy.kty,
      keySize: reused === undefined || latest === undefined ? policy.keySize : latest.keySize,
      keyOps: keyOperationsOf(policy),
      exportable: policy.exportable,
      attributes: newAttributes(vault.clock.nowMs(), { enabled: false }),
      tags: undefined,
      managed: true,
    },
    reused,
  );
  return { ...key, pending: true };
}

function findPending(vault: Vault, call: VaultCall): { entry: CertificateEntry; pending: PendingCertificate } {
  const entry = vault.state.value.certificates[call.name.toLowerCase()];
  const wanted = call.query.get('request_id');
  const isWanted = wanted === null || wanted === entry?.pending?.requestId;
  if (entry?.pending === undefined || entry.lifecycle.phase !== 'active' || !isWanted) {
    throw new VaultError(404, 'PendingCertificateNotFound', `Pending certificate not found: ${call.name}`);
  }
  return { entry: findActive(vault, vault.state.value.certificates, 'Certificate', call.name), pending: entry.pending };
}

function pendingKey(vault: Vault, name: string, pending: PendingCertificate): KeyVersion | undefined {
  return vault.state.value.keys[name.toLowerCase()]?.versions.find((key) => key.version === pending.version);
}

function dropPendingKey(vault: Vault, name: string, version: string): void {
  const { keys } = vault.state.value;
  const entry = keys[name.toLowerCase()];
  if (entry === undefined) return;
  entry.versions = entry.versions.filter((key) => key.version !== version);
  if (entry.versions.length === 0) Reflect.deleteProperty(keys, name.toLowerCase());
}

function readLeaf(x5c: readonly string[]): X509Certificate {
  const [first] = x5c;
  try {
    if (first !== undefined && /^[A-Za-z0-9+/]+={0,2}$/.test(first)) {
      return new X509Certificate(Buffer.from(first, 'base64'));
    }
  } catch {
    // Refused below, with what was not base64 at all.
  }
  throw badParameter('Property x5c has invalid value\r\nX5C must has at least one valid item');
}

function isForKey(leaf: X509Certificate, key: KeyVersion): boolean {
  const jwk = leaf.publicKey.export({ format: 'jwk' });
  return jwk.kty === 'RSA' && jwk.n === key.n && jwk.e === key.e;
}

/** Throws the conflict while a version of the certificate is being made. */
export function refuseWhilePending(vault: Vault, name: string): void {
  const { pending } = vault.state.value.certificates[name.toLowerCase()] ?? {};
  if (pending?.status !== 'inProgress' && !vault.creating.has(name.toLowerCase())) return;
  const message =
    "A new key vault certificate can not be created or imported while a pending key vault certificate's status is inProgress.";
  throw new VaultError(409, 'Forbidden', message);
}

/** Throws the conflict where the name is that of a key or secret of its own. */
export function refuseForeignName(vault: Vault, name: string): void {
  const { keys, secrets } = vault.state.value;
  if (keys[name.toLowerCase()]?.versions.some((version) => !version.managed) === true) {
    throw conflict(`A key named ${name} exists already and does not belong to a certificate.`);
  }
  if (secrets[name.toLowerCase()] === undefined) return;
  throw conflict(`A secret named ${name} exists already and does not belong to a certificate.`);
}

function newEntry(name: string): CertificateEntry {
  return { name, lifecycle: { phase: 'active' }, versions: [] };
}
