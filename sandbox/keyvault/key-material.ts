import { createPublicKey, generateKeyPair, type KeyObject, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { Vault } from './vault.ts';
import type { Attributes, KeyVersion } from './vault-state.ts';

const generate = promisify(generateKeyPair);

export interface KeyDescription {
  readonly name: string;
  readonly kty: 'RSA' | 'RSA-HSM';
  readonly keySize: number;
  readonly keyOps: readonly string[];
  readonly exportable: boolean;
  readonly attributes: Attributes;
  readonly tags: Record<string, string> | undefined;
  readonly managed: boolean;
}

/** A version of a key that is not in the vault yet, with `privateKey` or with one made for it. */
export async function makeKeyVersion(
  vault: Vault,
  description: KeyDescription,
  privateKey?: KeyObject,
): Promise<KeyVersion> {
  const key = privateKey ?? (await generate('rsa', { modulusLength: description.keySize })).privateKey;
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const version = newVersion();
  const { name, keyOps, ...rest } = description;
  return {
    ...rest,
    keyOps: [...keyOps],
    version,
    n: String(jwk.n),
    e: String(jwk.e),
    sealed: vault.seal.seal(sealId(name, version), key),
  };
}

/** The private key of a version; it stays inside the vault. */
export function openPrivateKey(vault: Vault, name: string, version: KeyVersion): KeyObject {
  return vault.seal.open(sealId(name, version.version), version.sealed);
}

export function newVersion(): string {
  return randomUUID().replaceAll('-', '');
}

/** The same key under another version: it is sealed anew, because the seal is bound to the version. */
export function renamedKey(vault: Vault, name: string, key: KeyVersion, version: string): KeyVersion {
  const sealed = vault.seal.seal(sealId(name, version), openPrivateKey(vault, name, key));
  return { ...key, version, sealed };
}

function sealId(name: string, version: string): string {
  return `${name.toLowerCase()}/${version}`;
}
