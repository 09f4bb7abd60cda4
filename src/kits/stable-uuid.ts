import { createHash } from 'node:crypto';

/** A UUID (RFC 9562, version 8) made of the seed and what it is for: the same again for the same two. */
export function stableUuid(seed: string, purpose: string): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([seed, purpose]))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
