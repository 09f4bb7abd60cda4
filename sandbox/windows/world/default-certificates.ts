import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;
const validDays = 5 * 365;

/** An authority that signs certificates of the default world. */
export interface Authority {
  /** DER in base64, as the world keeps certificates. */
  readonly der: string;
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** A certificate authority under its own name, or under another where one is given. */
export async function makeAuthority(name: string, issuer?: Authority): Promise<Authority> {
  const keys = await newKeys();
  const extensions = [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ];
  return { name, keys, der: await make(name, keys, issuer, extensions) };
}

/** A server's certificate for one host name; self-signed without an issuer. */
export async function makeServerCertificate(host: string, issuer?: Authority): Promise<string> {
  const extensions = [
    new x509.BasicConstraintsExtension(false),
    new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  ];
  return make(host, await newKeys(), issuer, extensions);
}

async function make(
  name: string,
  keys: webcrypto.CryptoKeyPair,
  issuer: Authority | undefined,
  extensions: x509.Extension[],
): Promise<string> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(15)))
      .toString('hex')
      .padStart(32, '01'),
    subject: `CN=${name}`,
    issuer: `CN=${issuer?.name ?? name}`,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + validDays * dayMs),
    publicKey: keys.publicKey,
    signingKey: (issuer ?? { keys }).keys.privateKey,
    signingAlgorithm: signing,
    extensions,
  });
  return Buffer.from(certificate.rawData).toString('base64');
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
}
