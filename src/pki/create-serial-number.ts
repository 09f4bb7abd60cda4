import type { SerialNumber } from '../domain/serial-number.ts';
import { parseSerialNumber } from '../domain/serial-number.ts';

/**
 * Makes a serial number of 16 random bytes: top bit cleared (a DER INTEGER must stay positive), first byte never zero
 * (so all are of one length). `random` gives that many bytes from a cryptographic source for the nth draw; it is asked
 * again for a first byte of zero.
 */
export function createSerialNumber(random: (byteCount: number, draw: number) => Uint8Array): SerialNumber {
  // 64 draws fail together with probability 2^-448 if the source is sound; a broken source must not hang the caller.
  for (let draw = 0; draw < 64; draw++) {
    const bytes = Buffer.from(random(16, draw));
    bytes[0] = (bytes[0] ?? 0) & 0x7f;
    const serialNumber = parseSerialNumber(bytes.toString('hex'));
    if (serialNumber !== undefined) return serialNumber;
  }
  throw new Error('The random source does not give 16 random bytes.');
}
