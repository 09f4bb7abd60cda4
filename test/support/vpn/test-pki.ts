/** Certificates for tests of the VPN emulator, made without the app: a root, its clients, a gateway's own server. */
import 'reflect-metadata';
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const signing = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const dayMs = 24 * 3600 * 1000;

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

export interface TestCertificate {
  readonly commonName: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  /** SHA-1, upper-case hex. */
  readonly thumbprint: string;
}

export interface TestRoot extends TestCertificate {
  readonly keys: webcrypto.CryptoKeyPair;
}

/** A self-signed root. Two calls with one name give two roots with the same subject. */
export async function makeRoot(commonName: string): Promise<TestRoot> {
  const keys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: `CN=${commonName}`,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + 365 * dayMs),
    keys,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { ...(await toTestCertificate(commonName, certificate, keys.privateKey)), keys };
}

export const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;

/** A client certificate of `root`; expired yesterday where told; `usages` are its extended ones, in this order. */
export function makeClientCertificate(
  root: TestRoot,
  commonName: string,
  { expired = false, usages = [clientAuth] }: { readonly expired?: boolean; readonly usages?: readonly string[] } = {},
): Promise<TestCertificate> {
  const notAfter = new Date(Date.now() + (expired ? -1 : 30) * dayMs);
  return makeLeaf(root, commonName, notAfter, [
    ...(usages.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension([...usages], true)]),
    ...alternativeName(commonName),
  ]);
}

/** Addresses and host names stand in the certificate as such too. */
function alternativeName(commonName: string): readonly x509.Extension[] {
  if (commonName.includes(' ')) return [];
  const type = commonName.includes('@') ? 'email' : 'dns';
  return [new x509.SubjectAlternativeNameExtension([{ type, value: commonName }])];
}

/** The certificate that a gateway shows to its clients. */
export function makeServerCertificate(authority: TestRoot, serverName: string, fqdn: string): Promise<TestCertificate> {
  return makeLeaf(authority, serverName, new Date(Date.now() + 30 * dayMs), [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([serverName, fqdn].map((value) => ({ type: 'dns', value }))),
  ]);
}

/** A static key, version 1, as OpenVPN writes it. */
export function makeTlsAuthKey(): string {
  const lines = Array.from({ length: 16 }, () => randomBytes(16).toString('hex'));
  return ['-----BEGIN OpenVPN Static key V1-----', ...lines, '-----END OpenVPN Static key V1-----'].join('\n');
}

async function makeLeaf(
  issuer: TestRoot,
  commonName: string,
  notAfter: Date,
  extensions: x509.Extension[],
): Promise<TestCertificate> {
  const keys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: `CN=${commonName}`,
    issuer: `CN=${issuer.commonName}`,
    notBefore: new Date(Date.now() - 3 * dayMs),
    notAfter,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: signing,
    // Tells two issuers with one subject apart.
    extensions: [...extensions, await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey)],
  });
  return toTestCertificate(commonName, certificate, keys.privateKey);
}

async function toTestCertificate(
  commonName: string,
  certificate: x509.X509Certificate,
  privateKey: webcrypto.CryptoKey,
): Promise<TestCertificate> {
  const certificatePem = certificate.toString('pem');
  return {
    commonName,
    certificatePem,
    keyPem: x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY'),
    thumbprint: new X509Certificate(certificatePem).fingerprint.replaceAll(':', ''),
  };
}

function newSerial(): string {
  return `4${randomBytes(9).toString('hex')}`.slice(0, 18);
}
