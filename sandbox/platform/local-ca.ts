import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

const signing = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const dayMs = 24 * 3600 * 1000;
/** Long enough that moving the stack's clock by years does not end the stack's own TLS. */
const validityMs = 20 * 365 * dayMs;

/** Where the certificate authority of one stack and the key pair of its servers are (PEM files). */
export interface LocalCa {
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * Makes, once per folder, a certificate authority for this stack alone and one server certificate for `localhost` and
 * 127.0.0.1, which all its HTTPS servers share. The authority's key is thrown away when the certificate is signed.
 */
export async function ensureLocalCa(directory: string): Promise<LocalCa> {
  mkdirSync(directory, { recursive: true });
  const files = {
    caFile: join(directory, 'ca.pem'),
    certificateFile: join(directory, 'server.pem'),
    keyFile: join(directory, 'server-key.pem'),
  };
  if (!existsSync(files.keyFile)) await createFiles(files);
  return files;
}

/** The PEM texts of a local CA's files, for `https.createServer`. */
export function readServerCredentials(ca: LocalCa): { readonly cert: string; readonly key: string } {
  return { cert: readFileSync(ca.certificateFile, 'utf8'), key: readFileSync(ca.keyFile, 'utf8') };
}

async function createFiles(files: LocalCa): Promise<void> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const validity = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + validityMs) };
  const caKeys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: '01',
    name: 'CN=Gatehouse local stack (testing only)',
    keys: caKeys,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const serverKeys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const server = await x509.X509CertificateGenerator.create({
    ...validity,
    serialNumber: '02',
    subject: 'CN=localhost',
    issuer: ca.subject,
    publicKey: serverKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: signing,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey);
  writeFileSync(files.caFile, `${ca.toString('pem')}\n`);
  writeFileSync(files.certificateFile, `${server.toString('pem')}\n`);
  writeFileSync(files.keyFile, `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`, { mode: 0o600 });
}
