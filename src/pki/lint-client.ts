import { checkNameText } from '../domain/distinguished-name.ts';
import { issuerKeyIdentifier } from './build-client-certificate.ts';
import type { CertificateStructure, TbsStructure } from './certificate-structure.ts';
import { readTime } from './certificate-structure.ts';
import { isRsaKey } from './check-public-key.ts';
import { derTag, isSameBytes } from './der.ts';
import {
  keyUsageBit,
  readBasicConstraints,
  readExtendedKeyUsage,
  readKeyIdentifier,
  readKeyUsage,
} from './extensions.ts';
import type { ExpectedCertificate, ExtensionProfile, LintProblem } from './lint-common.ts';
import {
  fault,
  findExtension,
  lintCommon,
  lintExtensionBytes,
  lintExtensionSet,
  lintSubjectKeyIdentifier,
} from './lint-common.ts';
import { readName } from './name.ts';
import { oid } from './object-identifiers.ts';
import { encodeSubjectAlternativeName } from './subject-alternative-name.ts';

export interface ExpectedClientCertificate extends ExpectedCertificate {
  readonly commonName: string;
}

const emptySequence = Uint8Array.of(0x30, 0x00);

/** Every rule of a client certificate that does not need its signature. `root` is its issuer. */
export function lintClient(
  tbs: TbsStructure,
  root: CertificateStructure,
  expected: ExpectedClientCertificate,
): readonly LintProblem[] {
  return [
    ...lintCommon(tbs, expected),
    ...lintIssuer(tbs, root),
    ...lintSubject(tbs, expected.commonName),
    ...lintExtensionSet(tbs, clientProfile(expected.commonName)),
    ...lintExtensionBytes(tbs, {
      id: oid.basicConstraints,
      expected: emptySequence,
      code: 'basicConstraints',
      message: 'The basic constraints say more than "not an authority" (CA:TRUE or a path length).',
    }),
    ...lintKeyUsage(tbs),
    ...lintExtendedKeyUsage(tbs),
    ...lintSubjectKeyIdentifier(tbs),
    ...lintAuthorityKeyIdentifier(tbs, root),
    ...lintExtensionBytes(tbs, {
      id: oid.subjectAltName,
      expected: encodeSubjectAlternativeName(expected.commonName) ?? new Uint8Array(),
      code: 'subjectAltName',
      message: 'The subject alternative name is not the common name.',
    }),
  ];
}

function clientProfile(commonName: string): ExtensionProfile {
  const alternative = encodeSubjectAlternativeName(commonName);
  return new Map([
    [oid.basicConstraints, { isCritical: true, isRequired: true }],
    [oid.keyUsage, { isCritical: true, isRequired: true }],
    [oid.extendedKeyUsage, { isCritical: false, isRequired: true }],
    [oid.subjectKeyIdentifier, { isCritical: false, isRequired: true }],
    [oid.authorityKeyIdentifier, { isCritical: false, isRequired: true }],
    ...(alternative === undefined ? [] : [[oid.subjectAltName, { isCritical: false, isRequired: true }] as const]),
  ]);
}

function lintIssuer(tbs: TbsStructure, root: CertificateStructure): readonly LintProblem[] {
  const constraints = findExtension(root, oid.basicConstraints)?.value;
  const isAuthority = constraints !== undefined && readBasicConstraints(constraints).isCertificateAuthority;
  const startsEarly = readTime(tbs.notBefore) < readTime(root.notBefore);
  const endsLate = readTime(tbs.notAfter) > readTime(root.notAfter);
  return [
    ...fault(!isAuthority, 'issuerNotAuthority', 'The issuer is not a certificate authority.'),
    ...fault(
      !isSameBytes(tbs.issuer.encoding, root.subject.encoding),
      'issuer',
      "The issuer is not the root's subject, byte for byte.",
    ),
    ...fault(
      isSameBytes(tbs.subjectPublicKeyInfo.encoding, root.subjectPublicKeyInfo.encoding),
      'keyOfIssuer',
      'The key is that of the root itself; whoever holds it could sign as the root.',
    ),
    ...fault(startsEarly, 'validityBeforeRoot', 'The certificate becomes valid before its root.'),
    ...fault(endsLate, 'validityBeyondRoot', 'The certificate is valid longer than its root.'),
  ];
}

function lintSubject(tbs: TbsStructure, commonName: string): readonly LintProblem[] {
  const attributes = readName(tbs.subject).flat();
  const [only] = attributes;
  const isSingle = attributes.length === 1 && only?.type === oid.commonName;
  const names = attributes.filter(({ type }) => type === oid.commonName);
  const isOtherString = names.some(({ tag }) => tag !== derTag.utf8String && tag !== derTag.printableString);
  return [
    ...fault(!isSingle, 'subjectAttributes', 'The subject is not exactly one common name.'),
    ...fault(isOtherString, 'subjectStringType', 'The common name is neither UTF8String nor PrintableString.'),
    ...names.flatMap(({ text }) => checkNameText(text, '').map(({ code, message }) => ({ code, message }))),
    ...fault(only?.text !== commonName, 'subjectOther', 'The common name is not the one on record.'),
    ...fault(
      comparable(tbs.subject) === comparable(tbs.issuer),
      'subjectIsIssuer',
      'The name is that of the root itself; path building would take the certificate for a root.',
    ),
  ];
}

/** A Name as RFC 5280 section 7.1 compares it: case and runs of blanks do not tell names apart. */
function comparable(name: TbsStructure['subject']): string {
  const fold = (text: string) => text.trim().replaceAll(/\s+/g, ' ').toLowerCase();
  return JSON.stringify(readName(name).map((rdn) => rdn.map(({ type, text }) => [type, fold(text)])));
}

function lintKeyUsage(tbs: TbsStructure): readonly LintProblem[] {
  const value = findExtension(tbs, oid.keyUsage)?.value;
  if (value === undefined) return [];
  const isRsa = isRsaKey(tbs.subjectPublicKeyInfo);
  const allowed: readonly number[] = isRsa
    ? [keyUsageBit.digitalSignature, keyUsageBit.keyEncipherment]
    : [keyUsageBit.digitalSignature];
  const usages = readKeyUsage(value);
  const isRight = usages.includes(keyUsageBit.digitalSignature) && usages.every((usage) => allowed.includes(usage));
  return fault(!isRight, 'keyUsage', 'The key usage is not digitalSignature (with keyEncipherment for RSA only).');
}

function lintExtendedKeyUsage(tbs: TbsStructure): readonly LintProblem[] {
  const value = findExtension(tbs, oid.extendedKeyUsage)?.value;
  if (value === undefined) return [];
  const purposes = readExtendedKeyUsage(value);
  const isRight = purposes.length === 1 && purposes[0] === oid.clientAuth && value.children.length === 1;
  return fault(!isRight, 'extendedKeyUsage', 'The extended key usage is not clientAuth alone.');
}

function lintAuthorityKeyIdentifier(tbs: TbsStructure, root: CertificateStructure): readonly LintProblem[] {
  const extension = findExtension(tbs, oid.authorityKeyIdentifier);
  if (extension?.value === undefined) return [];
  const identifier = readKeyIdentifier(extension);
  const isRight = identifier !== undefined && isSameBytes(identifier, issuerKeyIdentifier(root));
  return fault(!isRight, 'authorityKeyIdentifier', "The authority key identifier is not the root's key identifier.");
}
