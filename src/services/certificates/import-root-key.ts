import { verify, X509Certificate } from 'node:crypto';
import { AppError, type Problem } from '../../domain/app-error.ts';
import type { RootPolicy } from '../../domain/root-policy.ts';
import type { SecretReference } from '../../domain/secret-uses.ts';
import { digestForSigning } from '../../pki/assemble-certificate.ts';
import type { KeyAnswer, RootKeys, RootKeyVersion } from '../../ports/root-keys.ts';
import type { Secrets } from '../../ports/secrets.ts';
import { sha256Hex } from '../../stores/digest.ts';
import { rootKeys, rootPartition, type RootRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Unfinished } from '../../stores/unfinished.ts';
import { idTaken, type RootImports, rootRefused } from './import-roots.ts';
import { fromKeyStore } from './key-answers.ts';

export interface RootKeyImport {
  readonly id: string;
  /** Secret with the PKCS #12 file, in base64. */
  readonly pfxSecret: string;
  /** Secret with the file's password; none if not given. */
  readonly passwordSecret?: string | undefined;
  readonly policy?: RootPolicy | undefined;
}

export interface RootKeyImportsOptions {
  readonly stores: Pick<Stores, 'roots'>;
  readonly vault: Pick<RootKeys, 'importPfx' | 'remove' | 'sign'>;
  readonly secrets: Pick<Secrets, 'get'>;
  readonly unfinished: Unfinished;
  readonly imports: Pick<RootImports, 'judgeIssuer' | 'take' | 'complete'>;
}

/**
 * Takes an authority with its key, which then issues here. Key Vault takes the file apart: the application hands it on
 * unread, and never holds the key outside of it. The certificate is read back and judged; if it is refused, the key is
 * deleted again.
 */
export interface RootKeyImports {
  /** Answers the finished root. The same secret under the same id goes on from where an earlier call stopped. */
  importKey(asked: RootKeyImport): Promise<RootRecord>;
  /** Deletes the key if no root names it, and then takes its note off. */
  settle(keyName: string): Promise<void>;
  /** Deletes a key that a crash left without a root. For the sweep: `since` is of the note that it has read. */
  complete(keyName: string, since: string): Promise<void>;
}

/** Notes of keys that may be in Key Vault without a root that names them. */
export const unfinishedRootKey = 'rootKey';

export function createRootKeyImports(options: RootKeyImportsOptions): RootKeyImports {
  const { stores, vault, secrets, unfinished, imports } = options;

  async function read(secret: SecretReference, path: string): Promise<{ value: string; version: string }> {
    const found = await secrets.get(secret);
    if (found !== undefined) return found;
    const message = `Key Vault has no secret ${secret.name}, or it is disabled.`;
    throw rootRefused([{ path, code: 'secretMissing', message, fix: 'Store it, and send the same request again.' }]);
  }

  /** The key can sign now, and its signatures are those of the certificate. */
  async function prove({ keyId, certificateDer }: RootKeyVersion): Promise<void> {
    const signature = fromKeyStore(requireTaken(await vault.sign(keyId, digestForSigning(certificateDer))));
    const { publicKey } = new X509Certificate(certificateDer);
    if (verify('sha256', certificateDer, publicKey, signature)) return;
    throw new Error('Key Vault signs with another key than that of the certificate that it has imported.');
  }

  /** Takes the note off where a root names the key; deletes the key where none does. */
  async function settle(keyName: string): Promise<void> {
    const roots = await stores.roots.list(rootPartition);
    const isNamed = roots.some(({ record }) => record.key?.name === keyName);
    // One that is busy keeps its note.
    if (!isNamed && (await vault.remove(keyName)).outcome !== 'done') return;
    await unfinished.done(unfinishedRootKey, keyName);
  }

  async function takeKey(
    { id, pfxSecret, policy }: RootKeyImport,
    name: string,
    source: string,
    imported: KeyAnswer<RootKeyVersion>,
  ): Promise<RootRecord> {
    const version = fromKeyStore(requireTaken(imported));
    const record = await imports.judgeIssuer(id, version.certificateDer);
    await prove(version);
    const { keyId: signingKeyId, certificateId } = version;
    return imports.take({
      ...record,
      key: { name, signingKeyId, versions: [certificateId] },
      keySource: source,
      ...(policy === undefined ? {} : { policy }),
      warnings: [...(record.warnings ?? []), stillInVault(pfxSecret)],
    });
  }

  return {
    importKey: async (asked) => {
      const { id, pfxSecret, passwordSecret } = asked;
      const file = await read({ use: 'rootFile', name: pfxSecret }, '/pfxSecret');
      const source = `${pfxSecret}/${file.version}`;
      const stored = (await stores.roots.get(rootKeys(id)))?.record;
      if (stored !== undefined && stored.keySource !== source) throw idTaken(id);
      const name = keyNameOf(id, source);
      if (stored !== undefined && stored.state !== 'creating') {
        const root = await imports.complete(stored);
        await unfinished.done(unfinishedRootKey, name);
        return root;
      }
      const password =
        passwordSecret === undefined
          ? ''
          : (await read({ use: 'rootPassword', name: passwordSecret }, '/passwordSecret')).value;
      const pfx = toBytes(file.value, pfxSecret);
      // Noted anew: what an earlier try has noted may be so old that the sweep is about to clear up after it.
      await unfinished.add(unfinishedRootKey, name);
      try {
        const root = await takeKey(asked, name, source, await vault.importPfx(name, pfx, password));
        await unfinished.done(unfinishedRootKey, name);
        return root;
      } catch (error: unknown) {
        // What another try may get past stays for it, and for the sweep.
        if (error instanceof AppError && error.retryAfterSeconds === undefined) await settle(name);
        throw error;
      }
    },

    settle,

    complete: async (keyName, since) => {
      const notes = await unfinished.list(unfinishedRootKey);
      if (notes.some((note) => note.id === keyName && note.since === since)) await settle(keyName);
    },
  };
}

/** A name of its own for each import, so that none of two can delete or replace what the other has brought. */
function keyNameOf(id: string, source: string): string {
  return `imported-${id}-${sha256Hex(source).slice(0, 16)}`;
}

function toBytes(value: string, secret: string): Uint8Array {
  const text = value.replaceAll(/\s/g, '');
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  const message = `Secret ${secret} does not hold a PKCS #12 file in base64.`;
  const fix = 'Write one (openssl pkcs12 -export), and store what base64 -w0 makes of it.';
  throw rootRefused([{ path: '/pfxSecret', code: 'notBase64', message, fix }]);
}

/** What Key Vault says against the file or its key is for whoever sent it to put right. */
function requireTaken<T>(answer: KeyAnswer<T>): KeyAnswer<T> {
  if (answer.outcome !== 'refused' || !fileFaults.includes(answer.code)) return answer;
  const message = `Key Vault does not take the file: ${answer.code}. ${answer.message}`;
  const fix =
    'Look whether the password is the file’s and its key the certificate’s (openssl pkcs12 -in file.pfx -info).';
  throw rootRefused([{ path: '/pfxSecret', code: 'pfxRefused', message, fix }]);
}

const fileFaults = ['BadParameter', 'KeyNotYetValid', 'KeyExpired', 'KeyOperationNotSupported'];

function stillInVault(secret: string): Problem {
  const message = `Secret ${secret} still holds the private key, for everybody who can read it.`;
  const fix = `Delete and purge it: az keyvault secret delete --name ${secret}. The root needs it no more.`;
  return { path: '/pfxSecret', code: 'pfxInVault', message, fix };
}
