import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 3600 * 1000;

/** A certificate as simulated machines keep it. */
export interface StoredCertificate {
  /** DER in base64. */
  readonly certificate: string;
  /** SHA-1, as Windows names certificates. */
  readonly thumbprint: string;
}

/** A certificate authority of a data centre. */
export interface Authority extends StoredCertificate {
  /** A server's certificate for this name. */
  issue(host: string): Promise<StoredCertificate>;
}

/** Makes a root, whose key is gone with the authority. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: `CN=${name}`,
    keys,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return {
    ...stored(certificate),
    issue: async (host) => {
      const { publicKey } = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
      const issued = await x509.X509CertificateGenerator.create({
        ...validity(),
        subject: `CN=${host}`,
        issuer: certificate.subject,
        publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: signing,
        extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
      });
      return stored(issued);
    },
  };
}

function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + 365 * dayMs) };
}

function stored(certificate: x509.X509Certificate): StoredCertificate {
  const der = Buffer.from(certificate.rawData);
  return {
    certificate: der.toString('base64'),
    thumbprint: new X509Certificate(der).fingerprint.replaceAll(':', ''),
  };
}
