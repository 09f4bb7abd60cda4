import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

// ECDSA: these roots are only read here, never used to let anybody in, and are made in a millisecond.
const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 3600 * 1000;

/** A self-signed root in Azure's form: base64 of the DER bytes, on one line. Valid for a year from yesterday unless told. */
export async function createRootData(commonName: string, validForMs = 365 * dayMs): Promise<string> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const keys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + validForMs),
    keys,
    signingAlgorithm: signing,
  });
  return Buffer.from(certificate.rawData).toString('base64');
}
