import 'reflect-metadata';
import { randomBytes, randomUUID, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** What a gateway gets when it is made and keeps for life. PEM texts end with a line break. */
export interface GatewayIdentity {
  readonly guid: string;
  /** What clients connect to. */
  readonly fqdn: string;
  /** The name in the server's certificate, which is not the name that clients connect to. */
  readonly serverName: string;
  readonly serverCaPem: string;
  readonly serverCertificatePem: string;
  readonly serverKeyPem: string;
  /** OpenVPN static key V1, for tls-auth. */
  readonly tlsAuthKey: string;
}

const signing = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const dayMs = 24 * 3600 * 1000;
const validityMs = 10 * 365 * dayMs;

/** Makes the identity of one gateway: its own server authority, server certificate and tls-auth key. */
export async function createGatewayIdentity(now: Date): Promise<GatewayIdentity> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const guid = randomUUID();
  const serverName = `${guid}.vpn.azure.com`;
  const fqdn = `azuregateway-${guid}-${randomBytes(6).toString('hex')}.vpn.azure.com`;
  // One day back: a client whose clock is behind must not refuse a gateway that is minutes old.
  const validity = { notBefore: new Date(now.getTime() - dayMs), notAfter: new Date(now.getTime() + validityMs) };
  const caKeys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const ca = await createAuthority(caKeys, validity);
  const serverKeys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const server = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: `CN=${serverName}`,
    issuer: ca.subject,
    publicKey: serverKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: signing,
    extensions: [
      // OpenVPN asks for the first, IKEv2 for the name that it connects to.
      new x509.SubjectAlternativeNameExtension([serverName, fqdn].map((value) => ({ type: 'dns', value }))),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey);
  return {
    guid,
    fqdn,
    serverName,
    serverCaPem: `${ca.toString('pem')}\n`,
    serverCertificatePem: `${server.toString('pem')}\n`,
    serverKeyPem: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
    tlsAuthKey: createTlsAuthKey(),
  };
}

function createAuthority(
  keys: webcrypto.CryptoKeyPair,
  validity: { readonly notBefore: Date; readonly notAfter: Date },
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: 'CN=VpnServerRoot',
    keys,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
}

function createTlsAuthKey(): string {
  const lines = randomBytes(256).toString('hex').match(/.{32}/g) ?? [];
  return ['-----BEGIN OpenVPN Static key V1-----', ...lines, '-----END OpenVPN Static key V1-----', ''].join('\n');
}
