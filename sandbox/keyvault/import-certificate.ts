import type { X509Certificate } from 'node:crypto';
import {
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as ParsedCertificate,
} from '@peculiar/x509';
import { newAttributes } from './attributes.ts';
import { type CertificateImport, keyOperationsOf, keyUsages, readCertificateImport } from './certificate-policy.ts';
import { certificateBundle } from './certificate-wire.ts';
import { makeKeyVersion } from './key-material.ts';
import { addKeyVersion } from './keys.ts';
import { refuseForeignName, refuseWhilePending } from './pending-certificates.ts';
import { type CertificateWithKey, readPkcs12 } from './pkcs12.ts';
import { refuseTakenName } from './soft-delete.ts';
import type { Vault, VaultAnswer, VaultCall } from './vault.ts';
import { badParameter } from './vault-error.ts';
import type { CertificateVersion } from './vault-state.ts';
import { x5tOf } from './x509-making.ts';

const monthMs = 30 * 24 * 3600 * 1000;

/** POST /certificates/{name}/import: a certificate that exists, with its key; a new version if the name is there. */
export async function importCertificate(vault: Vault, call: VaultCall): Promise<VaultAnswer> {
  const input = readCertificateImport(call.body);
  const { certificates } = vault.state.value;
  refuseTakenName(vault, certificates, 'Certificate', call.name);
  refuseForeignName(vault, call.name);
  refuseWhilePending(vault, call.name);
  const found = readPkcs12(input.file, input.password);
  const policy = policyOf(found, input);
  const attributes = {
    ...newAttributes(vault.clock.nowMs(), { enabled: input.enabled }),
    notBeforeMs: Date.parse(found.certificate.validFrom),
    expiresMs: Date.parse(found.certificate.validTo),
  };
  if (attributes.expiresMs <= vault.clock.nowMs()) {
    throw badParameter('The specified X.509 certificate content is invalid. Error: The certificate has expired.');
  }
  const description = {
    name: call.name,
    kty: policy.kty,
    keySize: policy.keySize,
    keyOps: keyOperationsOf(policy),
    exportable: policy.exportable,
    attributes: { ...attributes },
    tags: undefined,
    managed: true,
  };
  const key = await makeKeyVersion(vault, description, found.privateKey);
  const version: CertificateVersion = {
    version: key.version,
    cer: found.certificate.raw.toString('base64'),
    x5t: x5tOf(found.certificate.raw),
    policy,
    attributes,
    tags: input.tags,
  };
  const entry = (certificates[call.name.toLowerCase()] ??= {
    name: call.name,
    lifecycle: { phase: 'active' },
    versions: [],
  });
  entry.versions.push(version);
  addKeyVersion(vault, call.name, key);
  return { status: 200, body: certificateBundle(call.origin, entry, version) };
}

/** What the request says of the key, and what the certificate says of itself. */
function policyOf({ certificate }: CertificateWithKey, { policy }: CertificateImport): CertificateVersion['policy'] {
  const keySize = keySizeOf(certificate);
  if (policy.keySize !== undefined && policy.keySize !== keySize) {
    throw badParameter('Property policy has invalid value: key_size is not that of the certificate.');
  }
  const parsed = new ParsedCertificate(certificate.raw);
  const flags = parsed.getExtension(KeyUsagesExtension)?.usages;
  const lifeMs = parsed.notAfter.getTime() - parsed.notBefore.getTime();
  return {
    issuer: 'Unknown',
    kty: policy.kty,
    keySize,
    reuseKey: policy.reuseKey,
    exportable: policy.exportable,
    contentType: 'application/x-pkcs12',
    subject: parsed.subject,
    sans: undefined,
    ekus: parsed.getExtension(ExtendedKeyUsageExtension)?.usages.map(String) ?? [],
    // A certificate that does not say what its key is for lets it do everything.
    keyUsage: flags === undefined ? keyUsages : keyUsages.filter((usage) => (flags & KeyUsageFlags[usage]) !== 0),
    validityMonths: Math.min(1200, Math.max(1, Math.round(lifeMs / monthMs))),
    lifetimeActions: policy.lifetimeActions,
  };
}

function keySizeOf({ publicKey }: X509Certificate): number {
  const keySize = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (publicKey.asymmetricKeyType === 'rsa' && [2048, 3072, 4096].includes(keySize)) return keySize;
  throw badParameter(
    'The specified X.509 certificate content is invalid. Error: The key size or type is not supported.',
  );
}
