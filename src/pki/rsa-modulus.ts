import { checkPrimeSync } from 'node:crypto';

// The checks of a modulus that anyone can break without real factoring: with a small factor, a prime, primes that lie
// close together, or the fingerprint of a flawed library. Public authorities make the same ones before they sign.

const smallPrimes = primesUpTo(751);
const smallDivisors = smallPrimes.map(BigInt);

// Keys of the Infineon library (CVE-2017-15361) have p = k*M + (65537^a mod M), M the product of the first primes; so a
// modulus made of two of them lies in the group that 65537 generates modulo each of those primes. 167 ends the M of the
// shortest keys, and so belongs to the M of every key size.
const rocaGroups = smallPrimes
  .filter((prime) => prime > 2 && prime <= 167)
  .map((prime) => ({ prime: BigInt(prime), powers: powersOf(65537n, BigInt(prime)) }));

// A difference of primes that Fermat's method finds within this many rounds never happens at random; Boulder looks as
// far.
const fermatRoundsMax = 100;

/** Whether a prime up to 751 divides the modulus. */
export function hasSmallFactor(modulus: bigint): boolean {
  return smallDivisors.some((prime) => modulus % prime === 0n);
}

/** Whether the modulus is itself a prime: then its totient, and so the private key, is known to everybody. */
export function isPrimeModulus(modulus: bigint): boolean {
  // A product of two large primes fails the first round; the others are made for a prime only.
  return checkPrimeSync(modulus);
}

/** Whether the modulus bears the fingerprint of a key made by the library of ROCA (about one false alarm in 2^27). */
export function hasRocaFingerprint(modulus: bigint): boolean {
  return rocaGroups.every(({ prime, powers }) => powers.has(modulus % prime));
}

/** Whether Fermat's factorisation splits the modulus within 100 rounds, which means its primes are too close. */
export function hasCloseFactors(modulus: bigint): boolean {
  let root = integerSquareRoot(modulus);
  let difference = root * root - modulus;
  if (difference === 0n) return true;
  for (let round = 0; round < fermatRoundsMax; round++) {
    // The next root's square without multiplying: this check is made of every key, three times for a certificate.
    difference += 2n * root + 1n;
    root += 1n;
    if (isSquare(difference)) return true;
  }
  return false;
}

function isSquare(number: bigint): boolean {
  if (!mayBeSquare(number)) return false;
  const root = integerSquareRoot(number);
  return root * root === number;
}

/** False for all numbers but one in about 1,600 that are no squares, and never for a square: that spares the roots. */
function mayBeSquare(number: bigint): boolean {
  // 52 of 64 numbers are no square modulo 64, and that is the cheapest to see.
  if (!squaresModulo64.has(Number(number & 63n))) return false;
  const residue = Number(number % squareModuliProduct);
  return squareModuli.every(({ modulus, squares }) => squares.has(residue % modulus));
}

const squaresModulo64 = squaresModulo(64);
const squareModuli = [63, 65, 11, 17, 19, 23, 31].map((modulus) => ({ modulus, squares: squaresModulo(modulus) }));
/** Below 2^53, so that a residue is an exact number. */
const squareModuliProduct = squareModuli.reduce((product, { modulus }) => product * BigInt(modulus), 1n);

function squaresModulo(modulus: number): ReadonlySet<number> {
  return new Set(Array.from({ length: modulus }, (_, index) => (index * index) % modulus));
}

function integerSquareRoot(number: bigint): bigint {
  if (number < 2n) return number;
  let root = 1n << BigInt(Math.ceil(number.toString(2).length / 2));
  // Newton's method from above falls strictly until it is there, doubling the right digits each time.
  for (;;) {
    const next = (root + number / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function powersOf(base: bigint, modulus: bigint): ReadonlySet<bigint> {
  const powers = new Set<bigint>();
  for (let power = 1n; !powers.has(power); power = (power * base) % modulus) powers.add(power);
  return powers;
}

function primesUpTo(limit: number): readonly number[] {
  const numbers = Array.from({ length: limit - 1 }, (_, index) => index + 2);
  return numbers.filter((number) => numbers.every((divisor) => divisor * divisor > number || number % divisor !== 0));
}
