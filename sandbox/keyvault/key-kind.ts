import { badParameter, VaultError } from './vault-error.ts';

const rsaKeySizes = [2048, 3072, 4096];

/** Throws a VaultError, as the next one does, for a key that this vault does not make. */
export function readKeyType(kty: string): 'RSA' | 'RSA-HSM' {
  if (kty === 'RSA' || kty === 'RSA-HSM') return kty;
  throw new VaultError(501, 'NotImplemented', `The local vault does not make ${kty} keys.`);
}

export function readKeySize(size: number): number {
  if (!rsaKeySizes.includes(size)) throw badParameter(`The specified RSA key size value ${size} is not supported.`);
  return size;
}
