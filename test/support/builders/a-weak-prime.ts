import { checkPrimeSync, randomBytes } from 'node:crypto';

/** The next prime above `number`. */
export function nextPrime(number: bigint): bigint {
  let candidate = number + (number % 2n === 0n ? 1n : 2n);
  while (!checkPrimeSync(candidate)) candidate += 2n;
  return candidate;
}

/** A prime of the form k*M + (65537^a mod M), as the library of ROCA makes them; M is that of its shortest keys. */
export function aRocaPrime(bits: number): bigint {
  const product = firstPrimes(39).reduce((left, right) => left * BigInt(right), 1n);
  for (;;) {
    const random = BigInt(`0x${randomBytes(bits / 8).toString('hex')}`) | (3n << BigInt(bits - 2));
    const candidate = (random / product) * product + power(65537n, random % 1_000_003n, product);
    if (candidate.toString(2).length === bits && checkPrimeSync(candidate)) return candidate;
  }
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return primes;
}
