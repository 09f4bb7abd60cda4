import { createHash } from 'node:crypto';
import { encodeBitString, encodeSequence } from './encode-der.ts';
import { sha256WithRsa } from './tbs-certificate.ts';

/** SHA-256 of the bytes to be signed: what a Key Vault RS256 signature takes. */
export function digestForSigning(tbs: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(tbs).digest());
}

/**
 * Puts the signature (RSASSA-PKCS1-v1_5, SHA-256) to the exact bytes it was made over. Returns the DER certificate; it
 * is not checked here, so lint it before it is released.
 */
export function assembleCertificate(tbs: Uint8Array, signature: Uint8Array): Uint8Array {
  return encodeSequence(tbs, sha256WithRsa, encodeBitString(signature));
}
