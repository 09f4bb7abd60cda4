import { createCipheriv, createDecipheriv, createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** Seals private keys for the state file: what is written there is of no use without the vault's own key file. */
export interface KeySeal {
  /** `id` binds the sealed text to its key, so that one cannot be put in another's place. */
  seal(id: string, privateKey: KeyObject): string;
  open(id: string, sealed: string): KeyObject;
}

/** Opens the seal whose key is in `directory`, readable by this user alone, or makes it. */
export function openKeySeal(directory: string): KeySeal {
  const secret = ensureSecret(directory);
  return {
    seal: (id, privateKey) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, secret, nonce).setAAD(Buffer.from(id));
      const der = privateKey.export({ type: 'pkcs8', format: 'der' });
      const body = Buffer.concat([cipher.update(der), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
    },
    open: (id, sealed) => {
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv(algorithm, secret, bytes.subarray(0, nonceBytes))
        .setAAD(Buffer.from(id))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      const der = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    },
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
