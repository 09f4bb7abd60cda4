import { createHash } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, TBSCertificate } from '@peculiar/asn1-x509';
import { asEncoded, sha256WithRsa, toArrayBuffer } from './tbs-certificate.ts';

/** SHA-256 of the bytes to be signed: what a Key Vault RS256 signature takes. */
export function digestForSigning(tbs: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(tbs).digest());
}

/**
 * Puts the signature (RSASSA-PKCS1-v1_5, SHA-256) to the exact bytes it was made over. Returns the DER certificate; it
 * is not checked here, so lint it before it is released.
 */
export function assembleCertificate(tbs: Uint8Array, signature: Uint8Array): Uint8Array {
  const certificate = new Certificate({
    tbsCertificate: asEncoded(new TBSCertificate(), tbs),
    signatureAlgorithm: sha256WithRsa(),
    signatureValue: toArrayBuffer(signature),
  });
  return new Uint8Array(AsnConvert.serialize(certificate));
}
