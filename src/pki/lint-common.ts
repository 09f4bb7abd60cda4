import type { SerialNumber } from '../domain/serial-number.ts';
import type { CertificateStructure, TbsStructure } from './certificate-structure.ts';
import { readTime } from './certificate-structure.ts';
import { checkPublicKey } from './check-public-key.ts';
import type { DerValue } from './der.ts';
import { derTag, isSameBytes, readInteger, readObjectIdentifier } from './der.ts';
import type { CertificateExtension } from './extensions.ts';
import { findDuplicates } from './extensions.ts';
import { nameOfObjectIdentifier, oid } from './object-identifiers.ts';
import { keyIdentifierOf } from './tbs-certificate.ts';
import { findTextFaults } from './text-faults.ts';

export interface LintProblem {
  readonly code: string;
  readonly message: string;
}

/** What the record says the certificate must be; times count in whole seconds. */
export interface ExpectedCertificate {
  readonly serialNumber: SerialNumber;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subjectPublicKeyInfo: Uint8Array;
}

/** Whether an extension must be critical, by identifier: the extensions a profile has room for. */
export type ExtensionProfile = ReadonlyMap<string, { readonly isCritical: boolean; readonly isRequired: boolean }>;

export function fault(isBroken: boolean, code: string, message: string): readonly LintProblem[] {
  return isBroken ? [{ code, message }] : [];
}

/** Rules that every certificate made here keeps, whatever it is for. */
export function lintCommon(tbs: TbsStructure, expected: ExpectedCertificate): readonly LintProblem[] {
  const texts = new Set(findTextFaults(tbs.tbs));
  return [
    ...[...texts].map((message) => ({ code: 'textEncoding', message })),
    ...fault(!isVersion3(tbs.version), 'version', 'The certificate is not of version 3.'),
    ...fault(!isSha256WithRsa(tbs.algorithm), 'signatureAlgorithm', 'The signature algorithm is not RSA with SHA-256.'),
    ...fault(tbs.hasUniqueIdentifiers, 'uniqueIdentifier', 'The certificate has issuer or subject unique identifiers.'),
    ...lintSerialNumber(tbs.serialNumber, expected.serialNumber),
    ...lintValidity(tbs, expected),
    ...lintPublicKey(tbs.subjectPublicKeyInfo, expected.subjectPublicKeyInfo),
  ];
}

function isVersion3(version: DerValue | undefined): boolean {
  return version?.tag === derTag.integer && readInteger(version) === 2n;
}

function lintSerialNumber(value: DerValue, expected: SerialNumber): readonly LintProblem[] {
  const serialNumber = readInteger(value);
  const isAsRecorded = Buffer.from(value.contents).toString('hex') === expected;
  return [
    ...fault(serialNumber <= 0n, 'serialNumberSign', 'The serial number is not positive.'),
    ...fault(value.contents.length > 20, 'serialNumberLength', 'The serial number is longer than 20 octets.'),
    ...fault(value.contents.length < 8, 'serialNumberEntropy', 'The serial number is shorter than 64 bits.'),
    ...fault(!isAsRecorded, 'serialNumberOther', 'The serial number is not the one on record.'),
  ];
}

function lintValidity(tbs: TbsStructure, expected: ExpectedCertificate): readonly LintProblem[] {
  const notBefore = readTime(tbs.notBefore).getTime();
  const notAfter = readTime(tbs.notAfter).getTime();
  const isAsRecorded = notBefore === wholeSeconds(expected.notBefore) && notAfter === wholeSeconds(expected.notAfter);
  return [
    ...[tbs.notBefore, tbs.notAfter].flatMap(lintTimeForm),
    ...fault(!(notBefore < notAfter), 'validityOrder', 'notAfter is not after notBefore.'),
    ...fault(!isAsRecorded, 'validityOther', 'The validity is not the one on record.'),
  ];
}

function lintTimeForm(time: DerValue): readonly LintProblem[] {
  const date = readTime(time);
  const isLate = date.getUTCFullYear() >= 2050;
  return [
    ...fault(Number.isNaN(date.getTime()), 'timeValue', 'A date of the validity is on no calendar.'),
    ...fault(
      Buffer.from(time.contents).includes('.'),
      'timeFraction',
      'A date of the validity has a fraction of a second.',
    ),
    ...fault(
      (time.tag === derTag.utcTime) === isLate,
      'timeForm',
      'Dates before 2050 are UTCTime, later ones GeneralizedTime.',
    ),
  ];
}

function lintPublicKey(spki: DerValue, expected: Uint8Array): readonly LintProblem[] {
  // Whether elliptic curves are let in was decided on the request; a certificate only repeats its key.
  const check = checkPublicKey(spki, { allowEllipticCurve: true });
  return [
    ...(check.ok ? [] : check.problems.map(({ code, message }) => ({ code, message }))),
    ...fault(!isSameBytes(spki.encoding, expected), 'publicKeyOther', 'The public key is not the one on record.'),
  ];
}

/** Which extensions are there, each once, each as critical as the profile wants it, and no other. */
export function lintExtensionSet(tbs: TbsStructure, profile: ExtensionProfile): readonly LintProblem[] {
  const missing = [...profile].filter(([id, { isRequired }]) => isRequired && findExtension(tbs, id) === undefined);
  const twice = findDuplicates(tbs.extensions);
  return [
    ...missing.map(([id]) => ({
      code: 'extensionMissing',
      message: `The extension ${nameOfObjectIdentifier(id)} is missing.`,
    })),
    ...twice.map((id) => ({
      code: 'extensionTwice',
      message: `The extension ${nameOfObjectIdentifier(id)} occurs twice.`,
    })),
    ...tbs.extensions.flatMap((extension) => lintExtension(extension, profile)),
  ];
}

function lintExtension(extension: CertificateExtension, profile: ExtensionProfile): readonly LintProblem[] {
  const name = nameOfObjectIdentifier(extension.id);
  const rule = profile.get(extension.id);
  const isMisplaced = rule !== undefined && rule.isCritical !== extension.isCritical;
  const should = rule?.isCritical === true ? 'is not critical but must be' : 'is critical but must not be';
  return [
    ...fault(rule === undefined, 'extensionUnknown', `The extension ${name} is not part of the profile.`),
    ...fault(isMisplaced, 'extensionCritical', `The extension ${name} ${should}.`),
    ...fault(extension.saysDefault, 'extensionDefault', `The extension ${name} writes down "critical FALSE".`),
    ...fault(extension.value === undefined, 'extensionValue', `The value of the extension ${name} is not DER.`),
  ];
}

/** The extension's value, if the extension is there and its value is DER. */
export function findExtension(tbs: TbsStructure, id: string): CertificateExtension | undefined {
  return tbs.extensions.find((extension) => extension.id === id);
}

/** The value of an extension must be exactly these bytes; a missing one is reported by lintExtensionSet. */
export function lintExtensionBytes(
  tbs: TbsStructure,
  rule: { readonly id: string; readonly expected: Uint8Array; readonly code: string; readonly message: string },
): readonly LintProblem[] {
  const value = findExtension(tbs, rule.id)?.value;
  return fault(value !== undefined && !isSameBytes(value.encoding, rule.expected), rule.code, rule.message);
}

/** SKI: 20 octets, made from the key by the usual rule. */
export function lintSubjectKeyIdentifier(tbs: TbsStructure): readonly LintProblem[] {
  const value = findExtension(tbs, oid.subjectKeyIdentifier)?.value;
  if (value === undefined) return [];
  const isOther = !isSameBytes(value.contents, safeKeyIdentifier(tbs.subjectPublicKeyInfo.encoding));
  return fault(isOther, 'subjectKeyIdentifier', 'The subject key identifier does not belong to the key.');
}

// A key without readable bits is reported by lintPublicKey.
function safeKeyIdentifier(spki: Uint8Array): Uint8Array {
  try {
    return keyIdentifierOf(spki);
  } catch (error: unknown) {
    if (error instanceof RangeError) return new Uint8Array();
    throw error;
  }
}

/** The outer algorithm repeats the inner one (RFC 5280 section 4.1.1.2). */
export function lintOuterAlgorithm(certificate: CertificateStructure): readonly LintProblem[] {
  const isSame = isSameBytes(certificate.outerAlgorithm.encoding, certificate.algorithm.encoding);
  return fault(!isSame, 'signatureAlgorithmMismatch', 'The two signature algorithms of the certificate differ.');
}

function isSha256WithRsa({ children }: DerValue): boolean {
  const [identifier, parameters, extra] = children;
  if (identifier?.tag !== derTag.objectIdentifier || extra !== undefined) return false;
  return readObjectIdentifier(identifier) === oid.sha256WithRsa && parameters?.tag === derTag.null;
}

function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
