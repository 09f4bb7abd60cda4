import { generateKeyPairSync, type KeyPairKeyObjectResult, randomBytes, sign } from 'node:crypto';
import { assembleCertificate } from '../src/pki/assemble-certificate.ts';
import { buildRootTbs } from '../src/pki/build-root-certificate.ts';
import { createSerialNumber } from '../src/pki/create-serial-number.ts';
import type { RootRecord } from '../src/stores/records/certificates.ts';

const dayMs = 86_400_000;

export function makeRootKey(): KeyPairKeyObjectResult {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** A root of ten years, as the application keeps one that it has made. */
export function createRoot(
  id: string,
  { privateKey, publicKey }: KeyPairKeyObjectResult,
): RootRecord & { readonly certificate: string } {
  const publicKeySpki = publicKey.export({ format: 'der', type: 'spki' });
  const serialNumber = createSerialNumber((length) => randomBytes(length));
  const subject = { commonName: `Bench root ${id}` };
  // X.509 counts in whole seconds.
  const todayMs = Math.floor(Date.now() / dayMs) * dayMs;
  const notBefore = new Date(todayMs - dayMs);
  const notAfter = new Date(todayMs + 3650 * dayMs);
  const { tbs } = buildRootTbs({ subject, publicKeySpki, serialNumber, notBefore, notAfter });
  const certificate = Buffer.from(assembleCertificate(tbs, sign('sha256', tbs, privateKey))).toString('base64');
  return {
    id,
    commonName: subject.commonName,
    subject,
    kind: 'created',
    state: 'active',
    keyType: 'RSA-2048',
    hsm: false,
    serialNumber,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    certificate,
    key: { name: id, signingKeyId: id, versions: [] },
    createdAt: notBefore.toISOString(),
  };
}
