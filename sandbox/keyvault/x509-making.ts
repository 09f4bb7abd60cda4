import 'reflect-metadata';
import { createHash, type KeyObject, randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { CertificatePolicy, KeyUsage } from './certificate-policy.ts';

const signing = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
/** Key Vault dates its own certificates back a little, for readers whose clock is slow. */
const backdatingMs = 10 * 60_000;
cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

const usageFlags: Readonly<Record<KeyUsage, KeyUsageFlags>> = {
  digitalSignature: KeyUsageFlags.digitalSignature,
  nonRepudiation: KeyUsageFlags.nonRepudiation,
  keyEncipherment: KeyUsageFlags.keyEncipherment,
  dataEncipherment: KeyUsageFlags.dataEncipherment,
  keyAgreement: KeyUsageFlags.keyAgreement,
  keyCertSign: KeyUsageFlags.keyCertSign,
  cRLSign: KeyUsageFlags.cRLSign,
  encipherOnly: KeyUsageFlags.encipherOnly,
  decipherOnly: KeyUsageFlags.decipherOnly,
};

/** The signing request of a pending certificate, DER in base64. */
export async function makeSigningRequest(
  policy: CertificatePolicy,
  privateKey: KeyObject,
  publicKey: KeyObject,
): Promise<string> {
  const keys = await importKeyPair(privateKey, publicKey);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: policy.subject,
    keys,
    signingAlgorithm: signing,
    extensions: extensionsOf(policy),
  });
  return Buffer.from(request.rawData).toString('base64');
}

/** The certificate that issuer Self makes: never a CA's, whatever its key usage says. DER. */
export async function makeSelfSigned(
  policy: CertificatePolicy,
  privateKey: KeyObject,
  publicKey: KeyObject,
  now: Date,
): Promise<Buffer> {
  const keys = await importKeyPair(privateKey, publicKey);
  const notBefore = new Date(now.getTime() - backdatingMs);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // A leading hex digit below 8 keeps the number positive in sixteen bytes.
    serialNumber: `4${randomBytes(16).toString('hex').slice(1)}`,
    name: policy.subject,
    notBefore,
    notAfter: addMonths(now, policy.validityMonths),
    keys,
    signingAlgorithm: signing,
    extensions: [
      new BasicConstraintsExtension(false),
      ...extensionsOf(policy),
      await SubjectKeyIdentifierExtension.create(keys.publicKey, false),
    ],
  });
  return Buffer.from(certificate.rawData);
}

/** Key Vault's `x5t`: SHA-1 of the DER, base64url. */
export function x5tOf(der: Buffer): string {
  return createHash('sha1').update(der).digest('base64url');
}

function extensionsOf(policy: CertificatePolicy): Extension[] {
  const names = generalNames(policy);
  return [
    ...keyUsageExtension(policy.keyUsage),
    ...(policy.ekus.length === 0 ? [] : [new ExtendedKeyUsageExtension([...policy.ekus])]),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
  ];
}

function keyUsageExtension(names: readonly KeyUsage[]): Extension[] {
  const [first, ...others] = names.map((name) => usageFlags[name]);
  if (first === undefined) return [];
  let usage = first;
  for (const flag of others) usage |= flag;
  return [new KeyUsagesExtension(usage, true)];
}

function generalNames(policy: CertificatePolicy): JsonGeneralName[] {
  const { sans } = policy;
  return [
    ...(sans?.dns_names ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(sans?.emails ?? []).map((value) => ({ type: 'email' as const, value })),
    ...(sans?.uris ?? []).map((value) => ({ type: 'url' as const, value })),
    ...(sans?.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(sans?.upns ?? []).map((value) => ({ type: 'upn' as const, value })),
  ];
}

async function importKeyPair(privateKey: KeyObject, publicKey: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, signing, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, signing, true, ['verify']),
  };
}

function addMonths(date: Date, months: number): Date {
  const later = new Date(date);
  later.setUTCMonth(later.getUTCMonth() + months);
  return later;
}
