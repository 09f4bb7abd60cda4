import { readLooseStructure } from './certificate-structure.ts';
import { derTag, type DerValue, readObjectIdentifier } from './der.ts';

/** What people send where a certificate is asked for. */
export type ContainedObject =
  'certificate' | 'signedData' | 'pfx' | 'privateKey' | 'request' | 'revocationList' | 'unknown';

const signedDataType = '1.2.840.113549.1.7.2';
/** PBES1 and PBES2 (PKCS #5), and the schemes of PKCS #12. */
const passwordSchemes = /^1\.2\.840\.113549\.1\.(?:5|12\.1)\./;

/** Tells by the first fields what a DER object is; nothing of it is judged. */
export function nameContained(value: DerValue): ContainedObject {
  if (value.tag !== derTag.sequence) return 'unknown';
  const [first, second, third] = value.children;
  if (readLooseStructure(value.encoding) !== undefined && value.children.length === 3) return 'certificate';
  if (objectIdentifierOf(first) === signedDataType) return 'signedData';
  if (first?.tag === derTag.integer) return nameNumbered(value.children);
  if (isPasswordProtected(first) && second?.tag === derTag.octetString) return 'privateKey';
  if (third?.tag !== derTag.bitString) return 'unknown';
  return first?.children.some(({ tag }) => tag === 0xa0) === true ? 'request' : nameSigned(first);
}

/**
 * PFX { 3, ContentInfo }, PrivateKeyInfo { 0, algorithm, octets }, ECPrivateKey { 1, octets } or RSAPrivateKey { 0, n,
 * e, … }.
 */
function nameNumbered([, second, third]: readonly DerValue[]): ContainedObject {
  if (objectIdentifierOf(second?.children[0])?.startsWith('1.2.840.113549.1.7.') === true) return 'pfx';
  const isPrivateKeyInfo = second?.tag === derTag.sequence && third?.tag === derTag.octetString;
  const isOldForm = second?.tag === derTag.octetString || (second?.tag === derTag.integer && third !== undefined);
  return isPrivateKeyInfo || isOldForm ? 'privateKey' : 'unknown';
}

/** A revocation list says its dates themselves, where a certificate has them in a sequence. */
function nameSigned(signed: DerValue | undefined): ContainedObject {
  const hasDate = signed?.children.some(({ tag }) => tag === derTag.utcTime || tag === derTag.generalizedTime);
  return hasDate === true ? 'revocationList' : 'unknown';
}

function isPasswordProtected(algorithm: DerValue | undefined): boolean {
  return passwordSchemes.test(objectIdentifierOf(algorithm?.children[0]) ?? '');
}

function objectIdentifierOf(value: DerValue | undefined): string | undefined {
  return value?.tag === derTag.objectIdentifier ? readObjectIdentifier(value) : undefined;
}
