import { verify } from 'node:crypto';
import type { CertificateStructure, TbsStructure } from './certificate-structure.ts';
import { checkPublicKey } from './check-public-key.ts';
import type { LintProblem } from './lint-common.ts';
import { fault } from './lint-common.ts';

/** Whether the signature is as long as the issuer's modulus and verifies with the issuer's key. */
export function lintSignature(certificate: CertificateStructure, issuer: TbsStructure): readonly LintProblem[] {
  const check = checkPublicKey(issuer.subjectPublicKeyInfo, { allowEllipticCurve: false });
  if (!check.ok || check.description.type !== 'rsa') {
    return [{ code: 'issuerKey', message: 'The key of the issuer is not one that signs here.' }];
  }
  const hasLength = certificate.signature.length === check.description.bits / 8;
  const isValid = hasLength && verify('sha256', certificate.tbs.encoding, check.key, certificate.signature);
  return [
    ...fault(!hasLength, 'signatureLength', "The signature is not as long as the issuer's key."),
    ...fault(!isValid, 'signature', "The signature was not made by the issuer's key over this certificate."),
  ];
}
