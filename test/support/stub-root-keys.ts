import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  sign,
} from 'node:crypto';
import { readPkcs12 } from '../../sandbox/keyvault/pkcs12.ts';
import { VaultError } from '../../sandbox/keyvault/vault-error.ts';
import { parseSerialNumber } from '../../src/domain/serial-number.ts';
import { assembleCertificate } from '../../src/pki/assemble-certificate.ts';
import { buildRootTbs } from '../../src/pki/build-root-certificate.ts';
import type { KeyAnswer, RootKeys, RootKeyVersion } from '../../src/ports/root-keys.ts';

export interface StubRootKeys extends RootKeys {
  /** How often each call was made, by name. */
  readonly calls: Readonly<Record<string, number>>;
  /** Versions of a certificate, oldest first; `enabled` as Key Vault would show it. */
  versions(name: string): readonly { readonly certificateDer: Uint8Array; readonly enabled: boolean }[];
  /** Of every certificate that is there. */
  names(): readonly string[];
  /** The next call answers this instead of doing anything. */
  answerNext(answer: KeyAnswer<never>): void;
}

interface StoredVersion extends RootKeyVersion {
  enabled: boolean;
  /** Of one that was imported; the shared key otherwise. */
  readonly imported?: KeyObject;
}

// One key for all tests of a process: making RSA keys is what would take the time.
let sharedKey: KeyObject | undefined;

function privateKey(): KeyObject {
  sharedKey ??= createPrivateKey(
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey,
  );
  return sharedKey;
}

/** The key store's port on a real RSA key in memory, with Key Vault's rule that a disabled version signs nothing. */
export function createStubRootKeys(): StubRootKeys {
  const stored = new Map<string, StoredVersion[]>();
  const calls: Record<string, number> = {};
  let next: KeyAnswer<never> | undefined;

  async function answer<T>(name: string, work: () => KeyAnswer<T>): Promise<KeyAnswer<T>> {
    await Promise.resolve();
    calls[name] = (calls[name] ?? 0) + 1;
    const given = next;
    next = undefined;
    return given ?? work();
  }

  function add(name: string, certificateDer: Uint8Array, imported?: KeyObject): StoredVersion {
    const versions = stored.get(name) ?? [];
    const number = versions.length + 1;
    const version = {
      keyId: `https://vault.test/keys/${name}/${number}`,
      certificateId: `https://vault.test/certificates/${name}/${number}`,
      certificateDer,
      enabled: true,
      ...(imported === undefined ? {} : { imported }),
    };
    stored.set(name, [...versions, version]);
    return version;
  }

  return {
    calls,
    versions: (name) => stored.get(name) ?? [],
    names: () => [...stored.keys()],
    answerNext: (given) => {
      next = given;
    },
    ensureSelfSigned: (name) =>
      answer('ensureSelfSigned', () => ({ outcome: 'done', value: stored.get(name)?.[0] ?? add(name, selfSigned()) })),
    install: (name, _policy, certificateDer) =>
      answer('install', () => {
        const newest = stored.get(name)?.at(-1);
        const isThere = newest !== undefined && Buffer.from(certificateDer).equals(Buffer.from(newest.certificateDer));
        return { outcome: 'done', value: isThere ? newest : add(name, certificateDer) };
      }),
    importPfx: (name, pfx, password) =>
      answer('importPfx', () => {
        const current = stored.get(name)?.at(-1);
        if (current !== undefined) return { outcome: 'done', value: current };
        try {
          const { certificate, privateKey: imported } = readPkcs12(Buffer.from(pfx), password);
          return { outcome: 'done', value: add(name, new Uint8Array(certificate.raw), imported) };
        } catch (error: unknown) {
          if (!(error instanceof VaultError)) throw error;
          return { outcome: 'refused', code: error.code, message: error.message };
        }
      }),
    remove: (name) =>
      answer('remove', () => {
        stored.delete(name);
        return { outcome: 'done', value: undefined };
      }),
    disableVersion: (certificateId) =>
      answer('disableVersion', () => {
        for (const version of [...stored.values()].flat()) {
          if (version.certificateId === certificateId) version.enabled = false;
        }
        return { outcome: 'done', value: undefined };
      }),
    sign: (keyId, digest) =>
      answer('sign', () => {
        const version = [...stored.values()].flat().find((candidate) => candidate.keyId === keyId);
        if (version?.enabled !== true) {
          return { outcome: 'refused', code: 'Forbidden', message: 'Operation sign is not allowed on a disabled key.' };
        }
        return { outcome: 'done', value: signDigest(digest, version.imported ?? privateKey()) };
      }),
  };
}

/** RSASSA-PKCS1-v1_5 over a digest that is there already: the DigestInfo of SHA-256 before it, raw RSA over both. */
function signDigest(digest: Uint8Array, key: KeyObject): Uint8Array {
  const digestInfo = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest]);
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo);
}

function selfSigned(): Uint8Array {
  const serialNumber = parseSerialNumber('01'.repeat(16));
  if (serialNumber === undefined) throw new Error('The serial number of the test is no serial number.');
  const key = createPublicKey(privateKey()).export({ type: 'spki', format: 'der' });
  const { tbs } = buildRootTbs({
    subject: { commonName: 'made by the key store' },
    publicKeySpki: key,
    serialNumber,
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2036-01-01'),
  });
  return assembleCertificate(tbs, sign('sha256', tbs, privateKey()));
}
