// The checks of a modulus that anyone can break without factoring: see perf-rel section 6 ("Profile to enforce").

const smallPrimes = primesUpTo(751);
const smallPrimesProduct = smallPrimes.reduce((product, prime) => product * BigInt(prime), 1n);

// Keys of the Infineon library (CVE-2017-15361) have p = k*M + (65537^a mod M), M the product of the first primes; so a
// modulus made of two of them lies in the group that 65537 generates modulo each of those primes. 167 ends the M of the
// shortest keys, and so belongs to the M of every key size.
const rocaGroups = smallPrimes
  .filter((prime) => prime > 2 && prime <= 167)
  .map((prime) => ({ prime: BigInt(prime), powers: powersOf(65537n, BigInt(prime)) }));

// A difference of primes that Fermat's method finds within this many rounds never happens by chance; Boulder looks as far.
const fermatRoundsMax = 100;

/** Whether a prime up to 751 divides the modulus. */
export function hasSmallFactor(modulus: bigint): boolean {
  return greatestCommonDivisor(smallPrimesProduct, modulus % smallPrimesProduct) !== 1n;
}

/** Whether the modulus bears the fingerprint of a key made by the library of ROCA (about one false alarm in 2^27). */
export function hasRocaFingerprint(modulus: bigint): boolean {
  return rocaGroups.every(({ prime, powers }) => powers.has(modulus % prime));
}

/** Whether Fermat's factorisation splits the modulus within 100 rounds, which means its primes are too close. */
export function hasCloseFactors(modulus: bigint): boolean {
  let root = integerSquareRoot(modulus);
  if (root * root === modulus) return true;
  for (let round = 0; round < fermatRoundsMax; round++) {
    root += 1n;
    if (isSquare(root * root - modulus)) return true;
  }
  return false;
}

function isSquare(number: bigint): boolean {
  // 52 of 64 numbers are no square modulo 64: that spares most of the roots.
  const residue = Number(number & 63n);
  if (!squaresModulo64.has(residue)) return false;
  const root = integerSquareRoot(number);
  return root * root === number;
}

const squaresModulo64: ReadonlySet<number> = new Set(Array.from({ length: 64 }, (_, index) => (index * index) % 64));

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

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [larger, smaller] = [left, right];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
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
