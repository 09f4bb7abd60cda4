import { createHash } from 'node:crypto';

/** What a derived value is for: the identifier byte of RFC 7292, appendix B.3. */
export const pkcs12Purpose = { key: 1, iv: 2, mac: 3 } as const;

export interface Pkcs12Derivation {
  readonly password: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly hash: 'sha1' | 'sha256';
  readonly purpose: (typeof pkcs12Purpose)[keyof typeof pkcs12Purpose];
  /** At most what one digest of the hash and the next give; here 8 to 32. */
  readonly bytes: number;
}

/** Block of both hashes, in bytes. */
const blockBytes = 64;

/** The key derivation of PKCS #12 itself (RFC 7292, appendix B.2): the MAC has no other, 3DES files neither. */
export function derivePkcs12Key(derivation: Pkcs12Derivation): Uint8Array {
  const { salt, iterations, hash, purpose, bytes } = derivation;
  const diversifier = Buffer.alloc(blockBytes, purpose);
  const input = Buffer.concat([fillBlocks(salt), fillBlocks(toBmpBytes(derivation.password))]);
  const parts: Buffer[] = [];
  for (let made = 0; made < bytes; made += parts.at(-1)?.length ?? 0) {
    let digest = createHash(hash).update(diversifier).update(input).digest();
    for (let round = 1; round < iterations; round++) digest = createHash(hash).update(digest).digest();
    parts.push(digest);
    addToBlocks(input, Buffer.alloc(blockBytes, digest));
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

/** Adds the number `addend` and one to every block of `blocks`, each modulo its size. */
function addToBlocks(blocks: Buffer, addend: Uint8Array): void {
  for (let start = 0; start < blocks.length; start += blockBytes) {
    let carry = 1;
    for (let at = blockBytes - 1; at >= 0; at--) {
      const sum = (blocks[start + at] ?? 0) + (addend[at] ?? 0) + carry;
      blocks[start + at] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}

function fillBlocks(bytes: Uint8Array): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / blockBytes) * blockBytes, bytes);
}

/** UTF-16, big end first, closed by a NUL. */
function toBmpBytes(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf16le').swap16();
}
