import { createHash, X509Certificate } from 'node:crypto';
import type { ProblemCode } from '../domain/problem-codes.ts';
import type { Thumbprint } from '../domain/thumbprint.ts';
import { parseThumbprint } from '../domain/thumbprint.ts';
import { readArmour } from './armour.ts';
import type { CertificateStructure } from './certificate-structure.ts';
import { readCertificateStructure, readTime } from './certificate-structure.ts';
import { isSameBytes } from './der.ts';
import { readBasicConstraints } from './extensions.ts';
import { commonNameOf, textOfName } from './name.ts';
import { oid } from './object-identifiers.ts';
import type { PkiProblem } from './problem.ts';

export interface CertificateReading {
  readonly der: Uint8Array;
  readonly pem: string;
  /** Azure's publicCertData: base64 of the DER, no header, no line breaks. */
  readonly oneLineBase64: string;
  readonly thumbprint: Thumbprint;
  /** Lower-case hex, two digits for each byte, without the sign byte. */
  readonly serialNumber: string;
  readonly subject: { readonly text: string; readonly commonName: string | undefined };
  readonly issuerText: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKeySpki: Uint8Array;
  readonly isCertificateAuthority: boolean;
  /** Issuer and subject are the same, and its own key verifies it. */
  readonly isSelfSigned: boolean;
}

export type CertificateResult =
  | { readonly ok: true; readonly certificate: CertificateReading }
  | { readonly ok: false; readonly problems: readonly PkiProblem[] };

const charactersMax = 64 * 1024;

/**
 * Reads a certificate from PEM, base64 of DER on one line or many, or the bytes of a .cer or .pem file.
 * It says what is there and judges nothing. Never throws, whatever the input is.
 */
export function readCertificate(input: string | Uint8Array): CertificateResult {
  const armour = typeof input === 'string' || isText(input) ? readText(input) : readBytes(input);
  if (!armour.ok) return { ok: false, problems: [armour.problem] };
  const structure = readCertificateStructure(armour.der);
  if (!structure.ok) return refuse(structure.code, structure.message);
  const parsed = parse(armour.der);
  if (parsed === undefined) return refuse('notACertificate', 'OpenSSL does not read this as a certificate.');
  return { ok: true, certificate: describe(armour.der, structure.certificate, parsed) };
}

/** SHA-1 of the DER bytes, as Azure names certificates. */
export function thumbprintOf(der: Uint8Array): Thumbprint {
  const thumbprint = parseThumbprint(createHash('sha1').update(der).digest('hex'));
  if (thumbprint === undefined) throw new Error('SHA-1 did not give 40 hex digits.');
  return thumbprint;
}

/** PEM with 64 characters to the line and a line break at its end. */
export function toPem(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function readText(input: string | Uint8Array): ReturnType<typeof readArmour> {
  const text = typeof input === 'string' ? input : Buffer.from(input).toString('utf8');
  return readArmour(text, { labels: ['CERTIFICATE', 'X509 CERTIFICATE'], charactersMax });
}

function readBytes(input: Uint8Array): ReturnType<typeof readArmour> {
  if (input.length <= charactersMax) return { ok: true, der: Uint8Array.from(input) };
  const message = `The file is longer than ${charactersMax} bytes.`;
  return { ok: false, problem: { code: 'tooLarge', message, fix: 'Send one certificate.' } };
}

// DER begins with a SEQUENCE, 0x30, which is the digit "0": a second byte of 0x80 or more is never text of ours.
function isText(input: Uint8Array): boolean {
  const [first, second] = input;
  return first !== 0x30 || (second ?? 0) < 0x80;
}

function parse(der: Uint8Array): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    // Reading the key is what fails on algorithms and curves that OpenSSL does not know.
    return certificate.publicKey.type === 'public' ? certificate : undefined;
  } catch {
    return undefined;
  }
}

function describe(der: Uint8Array, structure: CertificateStructure, parsed: X509Certificate): CertificateReading {
  const constraints = structure.extensions.find(({ id }) => id === oid.basicConstraints)?.value;
  return {
    der,
    pem: toPem(der),
    oneLineBase64: toBase64(der),
    thumbprint: thumbprintOf(der),
    serialNumber: Buffer.from(structure.serialNumber.contents)
      .toString('hex')
      .replace(/^00(?=.)/, ''),
    subject: { text: textOfName(structure.subject), commonName: commonNameOf(structure.subject) },
    issuerText: textOfName(structure.issuer),
    notBefore: readTime(structure.notBefore),
    notAfter: readTime(structure.notAfter),
    publicKeySpki: Uint8Array.from(structure.subjectPublicKeyInfo.encoding),
    isCertificateAuthority: constraints !== undefined && readBasicConstraints(constraints).isCertificateAuthority,
    isSelfSigned: isSelfSigned(structure, parsed),
  };
}

function isSelfSigned(structure: CertificateStructure, parsed: X509Certificate): boolean {
  if (!isSameBytes(structure.issuer.encoding, structure.subject.encoding)) return false;
  try {
    return parsed.verify(parsed.publicKey);
  } catch {
    return false;
  }
}

function toBase64(der: Uint8Array): string {
  return Buffer.from(der).toString('base64');
}

function refuse(code: ProblemCode, message: string): CertificateResult {
  return {
    ok: false,
    problems: [{ code, message, fix: 'Send the certificate as PEM, or as base64 of its DER form.' }],
  };
}
