import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import type { ProblemCode } from '../domain/problem-codes.ts';
import type { DerValue } from './der.ts';
import { derTag, isSameBytes, readDer, readInteger, readObjectIdentifier, readOctetsOfBitString } from './der.ts';
import { oid } from './object-identifiers.ts';
import type { PkiProblem } from './problem.ts';
import { hasCloseFactors, hasRocaFingerprint, hasSmallFactor, isPrimeModulus } from './rsa-modulus.ts';

export type PublicKeyDescription =
  { readonly type: 'rsa'; readonly bits: number } | { readonly type: 'ec'; readonly curve: 'P-256' | 'P-384' };

export type PublicKeyCheck =
  | { readonly ok: true; readonly key: KeyObject; readonly description: PublicKeyDescription }
  | { readonly ok: false; readonly problems: readonly PkiProblem[] };

export interface PublicKeyPolicy {
  /** Azure documents RSA only (azure-vpn A4); P-256 and P-384 are let in where this says so. */
  readonly allowEllipticCurve: boolean;
}

const curves: ReadonlyMap<string, { readonly curve: 'P-256' | 'P-384'; readonly coordinateBytes: number }> = new Map([
  [oid.curveP256, { curve: 'P-256', coordinateBytes: 32 }],
  [oid.curveP384, { curve: 'P-384', coordinateBytes: 48 }],
]);

const keyTypeNames: ReadonlyMap<string, string> = new Map([
  [oid.ecPublicKey, 'Elliptic curve'],
  [oid.rsaPss, 'RSA-PSS'],
  ['1.2.840.10040.4.1', 'DSA'],
  ['1.3.101.110', 'X25519'],
  ['1.3.101.111', 'X448'],
  ['1.3.101.112', 'Ed25519'],
  ['1.3.101.113', 'Ed448'],
]);

const notDocumented = 'Azure documents RSA only: no page of it says that gateways take certificates with such keys.';
const makeRsa = 'Make a new RSA key of 2048, 3072 or 4096 bits with exponent 65537, for example with OpenSSL.';

/** Whether a SubjectPublicKeyInfo says that it holds an RSA key. */
export function isRsaKey(subjectPublicKeyInfo: DerValue): boolean {
  const identifier = subjectPublicKeyInfo.children[0]?.children[0];
  return identifier?.tag === derTag.objectIdentifier && readObjectIdentifier(identifier) === oid.rsaEncryption;
}

/**
 * Checks a SubjectPublicKeyInfo against the key policy: RSA of 2048 to 4096 bits, e = 65537, no modulus that is known
 * to be breakable; or, where allowed, a point on P-256 or P-384. Returns the key, or every reason against it. Never
 * throws.
 */
export function checkPublicKey(subjectPublicKeyInfo: DerValue, policy: PublicKeyPolicy): PublicKeyCheck {
  const [algorithm, bits] = subjectPublicKeyInfo.children;
  const [identifier, parameters] = algorithm?.children ?? [];
  const key = bits === undefined ? undefined : readOctetsOfBitString(bits);
  if (identifier?.tag !== derTag.objectIdentifier || key === undefined) {
    return refuse('keyStructure', 'The public key is not a SubjectPublicKeyInfo.', makeRsa);
  }
  const type = readObjectIdentifier(identifier);
  if (type === oid.rsaEncryption) {
    return passedOr(subjectPublicKeyInfo, () => checkRsaKey(subjectPublicKeyInfo, parameters, key));
  }
  if (type === oid.ecPublicKey && policy.allowEllipticCurve) {
    return passedOr(subjectPublicKeyInfo, () => checkEcKey(subjectPublicKeyInfo, parameters, key));
  }
  const why = type === oid.ecPublicKey ? ` ${notDocumented}` : '';
  return refuse('keyType', `${nameOfKeyType(type)} keys are not accepted here.${why}`, makeRsa);
}

/**
 * Keys that passed, by their encoding, the one that was asked for longest ago first. What makes a key breakable lies in
 * its numbers, so it stays as it was found: while a certificate is issued its key is looked at three times and that of
 * its issuer once, and telling that a modulus is no prime costs as much as six signatures.
 */
const passed = new Map<string, PublicKeyCheck>();
const passedMax = 500;

function passedOr({ encoding }: DerValue, check: () => PublicKeyCheck): PublicKeyCheck {
  const name = Buffer.from(encoding).toString('latin1');
  const answer = passed.get(name) ?? check();
  if (!answer.ok) return answer;
  passed.delete(name);
  passed.set(name, answer);
  for (const oldest of passed.keys()) {
    if (passed.size <= passedMax) break;
    passed.delete(oldest);
  }
  return answer;
}

function checkRsaKey(spki: DerValue, parameters: DerValue | undefined, key: Uint8Array): PublicKeyCheck {
  const reading = readDer(key);
  const [modulusValue, exponentValue] = reading.ok ? reading.value.children : [];
  if (
    modulusValue?.tag !== derTag.integer ||
    exponentValue?.tag !== derTag.integer ||
    parameters?.tag !== derTag.null
  ) {
    return refuse('keyStructure', 'The RSA key is not a canonical RSAPublicKey with NULL parameters.', makeRsa);
  }
  const modulus = readInteger(modulusValue);
  const bits = modulus > 0n ? modulus.toString(2).length : 0;
  const problems = [...findSizeProblems(bits), ...findExponentProblems(readInteger(exponentValue))];
  // The arithmetic below is bounded by the size, and says nothing more about a key whose size is wrong already.
  if (bits >= 2048 && bits <= 4096) problems.push(...findModulusProblems(modulus));
  return problems.length > 0 ? { ok: false, problems } : loadKey(spki, { type: 'rsa', bits });
}

function findSizeProblems(bits: number): PkiProblem[] {
  if (bits >= 2048 && bits <= 4096 && bits % 8 === 0) return [];
  return [{ code: 'keySize', message: `The RSA key has ${bits} bits; 2048 to 4096 are accepted.`, fix: makeRsa }];
}

function findExponentProblems(exponent: bigint): PkiProblem[] {
  if (exponent === 65537n) return [];
  return [{ code: 'keyExponent', message: 'The public exponent of the RSA key is not 65537.', fix: makeRsa }];
}

interface Weakness {
  readonly code: ProblemCode;
  readonly isPresent: (modulus: bigint) => boolean;
  readonly message: string;
}

function findModulusProblems(modulus: bigint): PkiProblem[] {
  if ((modulus & 1n) === 0n) return [{ code: 'keyModulusEven', message: 'The RSA modulus is even.', fix: makeRsa }];
  const weaknesses: readonly Weakness[] = [
    { code: 'keySmallFactor', isPresent: hasSmallFactor, message: 'A small prime divides the RSA modulus.' },
    { code: 'keyModulusPrime', isPresent: isPrimeModulus, message: 'The RSA modulus is a prime number.' },
    {
      code: 'keyClosePrimes',
      isPresent: hasCloseFactors,
      message: 'The primes of the RSA key are too close to each other.',
    },
    {
      code: 'keyRoca',
      isPresent: hasRocaFingerprint,
      message: 'The RSA key bears the ROCA fingerprint (CVE-2017-15361).',
    },
  ];
  return weaknesses
    .filter(({ isPresent }) => isPresent(modulus))
    .map(({ code, message }) => ({ code, message: `${message} Anyone can compute the private key.`, fix: makeRsa }));
}

function checkEcKey(spki: DerValue, parameters: DerValue | undefined, key: Uint8Array): PublicKeyCheck {
  const makeEc = 'Make a new key on P-256 or P-384, given by name, with an uncompressed point; or an RSA key.';
  if (parameters?.tag !== derTag.objectIdentifier) {
    return refuse('keyCurve', 'The curve is not given by its name.', makeEc);
  }
  const known = curves.get(readObjectIdentifier(parameters));
  if (known === undefined) return refuse('keyCurve', 'The curve is neither P-256 nor P-384.', makeEc);
  if (key[0] !== 0x04 || key.length !== 1 + 2 * known.coordinateBytes) {
    return refuse('keyPoint', 'The public point is not an uncompressed point of its curve.', makeEc);
  }
  return loadKey(spki, { type: 'ec', curve: known.curve });
}

function loadKey(spki: DerValue, description: PublicKeyDescription): PublicKeyCheck {
  try {
    const key = createPublicKey({ key: Buffer.from(spki.encoding), format: 'der', type: 'spki' });
    if (isSameBytes(key.export({ format: 'der', type: 'spki' }), spki.encoding)) return { ok: true, key, description };
    return refuse('keyStructure', 'The public key is not in its one canonical encoding.', makeRsa);
  } catch {
    // OpenSSL says no to a point off its curve by failing; its text is about itself, not about the key.
    return refuse(
      'keyUnusable',
      'The public key is not a usable key of its type (a point may lie off its curve).',
      makeRsa,
    );
  }
}

function nameOfKeyType(type: string): string {
  return keyTypeNames.get(type) ?? type;
}

function refuse(code: ProblemCode, message: string, fix: string): PublicKeyCheck {
  return { ok: false, problems: [{ code, message, fix }] };
}
