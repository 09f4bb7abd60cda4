import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

const made = new Map<string, KeyPair>();

/** An RSA key, made once for each name and size within a test file: making them is the slowest thing in these tests. */
export function anRsaKeyPair(called = 'client', modulusLength = 2048, publicExponent = 65537): KeyPair {
  return once(`rsa ${called} ${modulusLength} ${publicExponent}`, () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
    return fromPrivateKey(privateKey);
  });
}

export function anEcKeyPair(namedCurve = 'P-256'): KeyPair {
  return once(`ec ${namedCurve}`, () => fromPrivateKey(generateKeyPairSync('ec', { namedCurve }).privateKey));
}

/** Working, but with the private exponent of another key for its public one: each look at a signature takes long. */
export function aSlowKeyPair(): KeyPair {
  const { e = '', d = '', ...rest } = anRsaKeyPair('slow').privateKey.export({ format: 'jwk' });
  const key = { ...rest, e: d, d: e, dp: e, dq: e };
  return fromPrivateKey(createPrivateKey({ key, format: 'jwk' }));
}

/** A working RSA key of two given primes. */
export function anRsaKeyPairOf(p: bigint, q: bigint): KeyPair {
  const d = inverse(65537n, (p - 1n) * (q - 1n));
  const numbers = { n: p * q, e: 65537n, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const fields = Object.entries(numbers).map(([field, number]) => [field, toBase64Url(number)] as const);
  return fromPrivateKey(createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(fields) }, format: 'jwk' }));
}

function fromPrivateKey(privateKey: KeyObject): KeyPair {
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })) };
}

function once(key: string, make: () => KeyPair): KeyPair {
  const pair = made.get(key) ?? make();
  made.set(key, pair);
  return pair;
}

function inverse(number: bigint, modulus: bigint): bigint {
  let [remainder, nextRemainder] = [modulus, ((number % modulus) + modulus) % modulus];
  let [factor, nextFactor] = [0n, 1n];
  while (nextRemainder !== 0n) {
    const quotient = remainder / nextRemainder;
    [remainder, nextRemainder] = [nextRemainder, remainder - quotient * nextRemainder];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return ((factor % modulus) + modulus) % modulus;
}

function toBase64Url(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url');
}
