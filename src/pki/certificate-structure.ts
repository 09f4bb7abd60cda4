import type { DerValue } from './der.ts';
import { derTag, readDer, readLooseDer, readOctetsOfBitString } from './der.ts';
import type { CertificateExtension } from './extensions.ts';
import { readExtensions } from './extensions.ts';

/** A certificate up to its signature, taken apart but not judged; every part keeps the bytes it had. */
export interface TbsStructure {
  readonly tbs: DerValue;
  /** As encoded: 2 is v3. Undefined where it is left out, which means v1. */
  readonly version: DerValue | undefined;
  readonly serialNumber: DerValue;
  readonly algorithm: DerValue;
  readonly issuer: DerValue;
  readonly notBefore: DerValue;
  readonly notAfter: DerValue;
  readonly subject: DerValue;
  readonly subjectPublicKeyInfo: DerValue;
  readonly hasUniqueIdentifiers: boolean;
  readonly extensions: readonly CertificateExtension[];
}

export interface CertificateStructure extends TbsStructure {
  readonly outerAlgorithm: DerValue;
  readonly signature: Uint8Array;
}

export type Structured<T> =
  | { readonly ok: true; readonly certificate: T }
  | { readonly ok: false; readonly code: 'notDer' | 'notACertificate'; readonly message: string };

/** Takes the DER of a certificate apart. Never throws. */
export function readCertificateStructure(der: Uint8Array): Structured<CertificateStructure> {
  const reading = readDer(der);
  if (!reading.ok) return { ok: false, code: 'notDer', message: `${reading.message} (byte ${reading.offset})` };
  const [tbs, outerAlgorithm, signatureBits, extra] = reading.value.children;
  const parts = tbs === undefined ? undefined : takeApart(tbs);
  const signature = signatureBits === undefined ? undefined : readOctetsOfBitString(signatureBits);
  if (reading.value.tag !== derTag.sequence || !parts || !outerAlgorithm || !signature || extra) {
    return notACertificate();
  }
  return { ok: true, certificate: { ...parts, outerAlgorithm, signature } };
}

/**
 * The parts of a certificate that others have made, in whatever BER; undefined where they cannot be found. Never
 * throws.
 */
export function readLooseStructure(bytes: Uint8Array): TbsStructure | undefined {
  const reading = readLooseDer(bytes);
  const tbs = reading.ok && reading.value.tag === derTag.sequence ? reading.value.children[0] : undefined;
  return tbs === undefined ? undefined : takeApart(tbs);
}

/** The same for a TBSCertificate alone. */
export function readTbsStructure(der: Uint8Array): Structured<TbsStructure> {
  const reading = readDer(der);
  if (!reading.ok) return { ok: false, code: 'notDer', message: `${reading.message} (byte ${reading.offset})` };
  const certificate = takeApart(reading.value);
  return certificate === undefined ? notACertificate() : { ok: true, certificate };
}

function takeApart(tbs: DerValue): TbsStructure | undefined {
  const version = tbs.children[0]?.tag === 0xa0 ? tbs.children[0].children[0] : undefined;
  const fields = tbs.children[0]?.tag === 0xa0 ? tbs.children.slice(1) : tbs.children;
  const [serialNumber, algorithm, issuer, validity, subject, subjectPublicKeyInfo, ...optional] = fields;
  const [notBefore, notAfter] = validity?.children ?? [];
  const extensions = readOptional(optional);
  if (serialNumber?.tag !== derTag.integer || !algorithm || !issuer || !notBefore || !notAfter) return undefined;
  const sequences = [tbs, algorithm, issuer, validity, subject, subjectPublicKeyInfo];
  if (sequences.some((value) => value?.tag !== derTag.sequence) || !subject || !subjectPublicKeyInfo) return undefined;
  if (!isTime(notBefore) || !isTime(notAfter) || extensions === undefined) return undefined;
  const hasUniqueIdentifiers = optional.some(({ tag }) => tag === 0x81 || tag === 0x82);
  return {
    tbs,
    version,
    serialNumber,
    algorithm,
    issuer,
    notBefore,
    notAfter,
    subject,
    subjectPublicKeyInfo,
    hasUniqueIdentifiers,
    extensions,
  };
}

function readOptional(fields: readonly DerValue[]): readonly CertificateExtension[] | undefined {
  if (!fields.every(({ tag }) => tag === 0x81 || tag === 0x82 || tag === 0xa3)) return undefined;
  const wrappers = fields.filter(({ tag }) => tag === 0xa3);
  const [list] = wrappers[0]?.children ?? [];
  if (wrappers.length === 0) return [];
  return wrappers.length > 1 || list === undefined ? undefined : readExtensions(list);
}

function isTime({ tag }: DerValue): boolean {
  return tag === derTag.utcTime || tag === derTag.generalizedTime;
}

/** The moment an X.509 time says; NaN-dated for one that is on no calendar. */
export function readTime(value: DerValue): Date {
  const digits = Buffer.from(value.contents).toString('latin1');
  // Two-digit years are 1950 to 2049 (RFC 5280 section 4.1.2.5.1).
  const century = Number(digits.slice(0, 2)) < 50 ? '20' : '19';
  const text = value.tag === derTag.utcTime ? `${century}${digits}` : digits;
  const parts = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\.\d+)?Z$/.exec(text);
  if (parts === null) return new Date(Number.NaN);
  const [, year, month, day, hour, minute, second, fraction] = parts;
  const date = new Date(
    `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}${fraction ?? ''}Z`,
  );
  // The 30th of February would otherwise become the 2nd of March.
  return date.getUTCDate() === Number(day) ? date : new Date(Number.NaN);
}

function notACertificate<T>(): Structured<T> {
  return { ok: false, code: 'notACertificate', message: 'This is DER, but not an X.509 certificate.' };
}
