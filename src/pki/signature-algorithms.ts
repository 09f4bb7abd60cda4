import { oid } from './object-identifiers.ts';

export interface SignatureAlgorithm {
  readonly keyType: 'rsa' | 'ec';
  readonly hash: 'sha256' | 'sha384' | 'sha512';
}

/** What proof of possession is accepted with. */
export const signatureAlgorithms: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  [oid.sha256WithRsa, { keyType: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { keyType: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { keyType: 'rsa', hash: 'sha512' }],
  ['1.2.840.10045.4.3.2', { keyType: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { keyType: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { keyType: 'ec', hash: 'sha512' }],
]);

const sha256Fix =
  'Sign the request with SHA-256, for example: openssl req -new -sha256; with certreq: HashAlgorithm = sha256.';
const pssFix =
  'Sign the request with PKCS #1 v1.5: leave out rsa_padding_mode:pss with OpenSSL, set AlternateSignatureAlgorithm = false with certreq.';
const rsaFix = 'Make the request with an RSA key, for example: openssl req -new -newkey rsa:2048 -sha256.';

/** Other algorithms that requests come with: what they are called, and what to do instead. */
const refusedAlgorithms: ReadonlyMap<string, readonly [name: string, fix: string]> = new Map([
  ['1.2.840.113549.1.1.2', ['RSA and MD2', sha256Fix]],
  ['1.2.840.113549.1.1.4', ['RSA and MD5', sha256Fix]],
  ['1.2.840.113549.1.1.5', ['RSA and SHA-1', sha256Fix]],
  ['1.3.14.3.2.29', ['RSA and SHA-1', sha256Fix]],
  ['1.2.840.113549.1.1.14', ['RSA and SHA-224', sha256Fix]],
  [oid.rsaPss, ['RSA-PSS', pssFix]],
  ['1.2.840.10045.4.1', ['ECDSA and SHA-1', sha256Fix]],
  ['1.2.840.10045.4.3.1', ['ECDSA and SHA-224', sha256Fix]],
  ['1.2.840.10040.4.3', ['DSA and SHA-1', rsaFix]],
  ['2.16.840.1.101.3.4.3.2', ['DSA and SHA-256', rsaFix]],
  ['1.3.101.112', ['Ed25519', rsaFix]],
  ['1.3.101.113', ['Ed448', rsaFix]],
]);

/** A signature algorithm in words, with what to do instead; one that nobody knows keeps its number. */
export function describeRefusedAlgorithm(identifier: string): { readonly name: string; readonly fix: string } {
  const [name, fix] = refusedAlgorithms.get(identifier) ?? [`the algorithm ${identifier}`, sha256Fix];
  return { name, fix };
}
