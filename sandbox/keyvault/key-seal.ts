import { createCipheriv, createDecipheriv, createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals private keys and secrets for the state file: what is written there is of no use without the vault's own key
 * file. `id` binds the sealed text to its object, so that one cannot be put in another's place.
 */
export interface KeySeal {
  seal(id: string, privateKey: KeyObject): string;
  open(id: string, sealed: string): KeyObject;
  sealText(id: string, text: string): string;
  openText(id: string, sealed: string): string;
}

/** Opens the seal whose key is in `directory`, readable by this user alone, or makes it. */
export function openKeySeal(directory: string): KeySeal {
  const secret = ensureSecret(directory);

  function sealBytes(id: string, bytes: Uint8Array): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, secret, nonce).setAAD(Buffer.from(id));
    const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
  }

  function openBytes(id: string, sealed: string): Buffer {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv(algorithm, secret, bytes.subarray(0, nonceBytes))
      .setAAD(Buffer.from(id))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
  }

  return {
    seal: (id, privateKey) => sealBytes(id, privateKey.export({ type: 'pkcs8', format: 'der' })),
    open: (id, sealed) => createPrivateKey({ key: openBytes(id, sealed), format: 'der', type: 'pkcs8' }),
    sealText: (id, text) => sealBytes(id, Buffer.from(text, 'utf8')),
    openText: (id, sealed) => openBytes(id, sealed).toString('utf8'),
  };
}

function ensureSecret(directory: string): Buffer {
  const file = join(directory, 'keyvault-seal.key');
  if (!existsSync(file)) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, randomBytes(32), { mode: 0o600 });
  }
  return readFileSync(file);
}
