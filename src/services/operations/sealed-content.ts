import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** What a sealed content belongs to: it does not open as anything else. */
export interface SealedFor {
  /** 32 bytes as base64url. The key comes from it, so whoever keeps the content cannot read it. */
  readonly token: string;
  readonly hash: string;
  readonly fileName: string;
}

/** Nonce, tag and ciphertext. */
export function sealContent(sealedFor: SealedFor, content: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, keyOf(sealedFor), nonce).setAAD(associatedData(sealedFor));
  const body = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Throws where the content was changed, or was sealed for something else. */
export function openContent(sealedFor: SealedFor, sealed: Uint8Array): Uint8Array {
  const bytes = Buffer.from(sealed);
  const options = { authTagLength: tagBytes };
  const decipher = createDecipheriv(algorithm, keyOf(sealedFor), bytes.subarray(0, nonceBytes), options)
    .setAAD(associatedData(sealedFor))
    .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
}

/** HKDF-SHA256 (RFC 5869). The token is random and used for one content, so there is nothing that a salt would add. */
function keyOf({ token }: SealedFor): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', Buffer.from(token, 'base64url'), '', 'gatehouse/download', keyBytes));
}

function associatedData({ hash, fileName }: SealedFor): Uint8Array {
  return Buffer.from(JSON.stringify([hash, fileName]));
}
