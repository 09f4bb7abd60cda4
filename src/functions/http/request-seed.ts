import { hkdfSync } from 'node:crypto';

export interface SeededRandomness {
  randomBytes(label: string, length: number): Uint8Array;
  operationId(): string;
}

/**
 * All randomness of one request, drawn from one secret seed (HKDF-SHA256, RFC 5869): a request that runs again under
 * its idempotency key makes the same ids and serials, so it finds what it made before instead of making more.
 */
export function createSeededRandomness(seed: Uint8Array): SeededRandomness {
  const randomBytes = (label: string, length: number): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', seed, '', `gatehouse/${label}`, length));
  return {
    randomBytes,
    operationId: () => `op-${Buffer.from(randomBytes('operation-id', 16)).toString('hex')}`,
  };
}
