import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ownSecretName, type SecretReference } from '../../domain/secret-uses.ts';
import type { Secrets } from '../../ports/secrets.ts';

/**
 * Keeps the tokens of files that cannot be made a second time, readable only with a key in Key Vault: what opens a file
 * is so never at rest beside it, and whoever repeats a request gets another link all the same.
 */
export interface DownloadEscrow {
  /** The token of the delivery with this hash, sealed; base64url. */
  seal(token: string, hash: string): Promise<string>;
  /** Undefined where it was sealed under another key. */
  open(sealed: string, hash: string): Promise<string | undefined>;
}

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const secret: SecretReference = { use: 'downloadKey', name: ownSecretName('downloadKey', '1') };

export function createDownloadEscrow({ secrets }: { readonly secrets: Pick<Secrets, 'get' | 'set'> }): DownloadEscrow {
  let known: Uint8Array | undefined;

  async function readKey(): Promise<Uint8Array | undefined> {
    const stored = await secrets.get(secret);
    if (stored === undefined) return undefined;
    const key = Buffer.from(stored.value, 'base64url');
    if (key.length !== keyBytes) throw new Error(`Secret ${secret.name} is not a key of ${keyBytes} bytes.`);
    return key;
  }

  /**
   * Held in memory only once Key Vault has said it without having been told just now: of two processes that make the
   * first key at one moment, both go on with the one that stands. What was sealed between the two keeps its first link,
   * and gets no other.
   */
  async function currentKey(): Promise<Uint8Array> {
    known ??= await readKey();
    if (known !== undefined) return known;
    await secrets.set(secret, randomBytes(keyBytes).toString('base64url'));
    const made = await readKey();
    if (made === undefined) throw new Error(`Secret ${secret.name} is gone right after it was set.`);
    return made;
  }

  return {
    seal: async (token, hash) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, await currentKey(), nonce).setAAD(Buffer.from(hash));
      const body = Buffer.concat([cipher.update(token), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },

    open: async (sealed, hash) => {
      const bytes = Buffer.from(sealed, 'base64url');
      const nonce = bytes.subarray(0, nonceBytes);
      const decipher = createDecipheriv(algorithm, await currentKey(), nonce, { authTagLength: tagBytes })
        .setAAD(Buffer.from(hash))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      const token = decipher.update(bytes.subarray(nonceBytes + tagBytes));
      try {
        return Buffer.concat([token, decipher.final()]).toString();
      } catch {
        return undefined;
      }
    },
  };
}
