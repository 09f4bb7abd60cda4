import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { cryptoProvider, PemConverter, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const signing = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

/** A new key, as a person's machine makes it, and the request for a certificate over it. Both PEM. */
export async function makeSigningRequest(): Promise<{ readonly keyPem: string; readonly csrPem: string }> {
  const keys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=walkthrough',
    keys,
    signingAlgorithm: signing,
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { keyPem: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`, csrPem: request.toString('pem') };
}
