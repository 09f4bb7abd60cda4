import { generatePrimeSync } from 'node:crypto';
import { hasCloseFactors, hasRocaFingerprint, hasSmallFactor } from '../../../src/pki/rsa-modulus.ts';
import { aRocaPrime, nextPrime } from '../../support/builders/a-weak-prime.ts';

const p = generatePrimeSync(1024, { bigint: true });
const q = generatePrimeSync(1024, { bigint: true });

describe('src/pki/rsa-modulus', () => {
  it('finds nothing against the product of two random primes', () => {
    expect([hasSmallFactor, hasCloseFactors, hasRocaFingerprint].map((isWeak) => isWeak(p * q))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each([3n, 5n, 251n, 743n, 751n])('finds the small factor %s', (factor) => {
    expect(hasSmallFactor(factor * p)).toBe(true);
  });

  it('leaves a factor beyond 751 alone', () => {
    expect(hasSmallFactor(757n * p)).toBe(false);
  });

  it('finds a square', () => {
    expect(hasCloseFactors(p * p)).toBe(true);
  });

  it('finds primes that follow each other', () => {
    expect(hasCloseFactors(p * nextPrime(p))).toBe(true);
  });

  it('finds the fingerprint of primes made as CVE-2017-15361 has them', () => {
    const modulus = aRocaPrime(1024) * aRocaPrime(1024);

    expect(hasRocaFingerprint(modulus)).toBe(true);
    expect(hasSmallFactor(modulus) || hasCloseFactors(modulus)).toBe(false);
  });
});
