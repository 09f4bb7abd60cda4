// Certificates as the machines of a simulated data centre have them: a root, an issuing authority under it, server
// certificates from it, and what is wrong with some. DER in base64, as the world keeps them.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

export interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface CertificateOptions {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

let serial = 0;

/** A certificate authority, under another where one is given. */
export async function anAuthority(name: string, issuer?: Authority): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await create({ name, keys, issuer, isAuthority: true });
  return { certificate, keys };
}

/** A server's certificate from this authority, or self-signed without one. */
export async function aServerCertificate(
  host: string,
  issuer?: Authority,
  options: CertificateOptions = {},
): Promise<string> {
  const certificate = await create({ name: host, keys: await newKeys(), issuer, isAuthority: false, ...options });
  return derOf(certificate);
}

export function derOf(certificate: x509.X509Certificate): string {
  return Buffer.from(certificate.rawData).toString('base64');
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
}

async function create(options: {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly issuer: Authority | undefined;
  readonly isAuthority: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}): Promise<x509.X509Certificate> {
  const { name, keys, issuer, isAuthority } = options;
  serial += 1;
  return x509.X509CertificateGenerator.create({
    serialNumber: serial.toString(16).padStart(4, '0'),
    subject: `CN=${name}`,
    issuer: issuer?.certificate.subject ?? `CN=${name}`,
    notBefore: options.notBefore ?? new Date(Date.now() - dayMs),
    notAfter: options.notAfter ?? new Date(Date.now() + 365 * dayMs),
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: signing,
    extensions: isAuthority
      ? [
          new x509.BasicConstraintsExtension(true, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        ]
      : [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
  });
}
