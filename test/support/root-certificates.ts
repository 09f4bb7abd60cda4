import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

// ECDSA: these roots are only read here, never used to let anybody in, and are made in a millisecond.
const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 3600 * 1000;

/**
 * A self-signed root in Azure's form: base64 of the DER bytes, on one line. Valid for a year from yesterday unless
 * told.
 */
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

export interface ServerCertificate {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * A server's certificate that signed itself: whoever is told to trust it trusts it alone. Valid from yesterday until
 * tomorrow.
 */
export async function createServerCertificate(hostName: string): Promise<ServerCertificate> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const keys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${hostName}`,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    keys,
    signingAlgorithm: signing,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: hostName }])],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
  return { certificate: certificate.toString('pem'), key: String(key) };
}
