import { X509Certificate } from 'node:crypto';
import type { Thumbprint } from '../domain/thumbprint.ts';
import { judgeAuthorityKey } from './authority-key.ts';
import { findSignatureFault } from './authority-signature.ts';
import { readLooseStructure, readTime, type TbsStructure } from './certificate-structure.ts';
import { isSameBytes, readDer, readInteger, readObjectIdentifier } from './der.ts';
import { commonNameOf, textOfName } from './name.ts';
import type { PkiProblem } from './problem.ts';
import { thumbprintOf } from './read-certificate.ts';
import { findTextFaults } from './text-faults.ts';

/** A certificate of an authority that somebody else runs, as far as Gatehouse has to know it. */
export interface Authority {
  readonly der: Uint8Array;
  readonly thumbprint: Thumbprint;
  /** As RFC 4514 writes it, safe to show. */
  readonly subject: string;
  /** The common name, or the whole subject where there is none; safe to show. */
  readonly commonName: string;
  readonly issuer: string;
  /** Lower-case hexadecimal. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Such as `RSA-2048` or `P-256`. */
  readonly keyType: string;
  /** It names itself as its issuer, and its own key verifies it. */
  readonly isRoot: boolean;
}

export type AuthorityReading =
  | { readonly outcome: 'authority'; readonly authority: Authority; readonly warnings: readonly PkiProblem[] }
  /** Of somebody who issues nothing: a client, a server. */
  | { readonly outcome: 'endEntity'; readonly subject: string }
  | { readonly outcome: 'refused'; readonly subject: string; readonly problems: readonly PkiProblem[] };

/** Its base64 has to fit a column of a table, which takes 32,768 characters; so have its name and its serial number. */
const bytesMax = 24_576;
const textMax = 32_768;

/**
 * Judges a certificate as that of an authority which gateways shall trust. What old enterprise authorities do and
 * OpenSSL takes is a warning; what makes the certificate no authority, or its key or signature worthless, refuses it.
 */
export function readAuthority(der: Uint8Array, now: Date): AuthorityReading {
  const parts = readLooseStructure(der);
  const parsed = parse(der);
  if (parts === undefined || parsed === undefined) return refused('?', [unreadable]);
  const subject = textOfName(parts.subject);
  const isSelfIssued = isSameBytes(parts.subject.encoding, parts.issuer.encoding);
  const isVersion1 = parts.version === undefined && parts.extensions.length === 0;
  if (!parsed.ca && !(isVersion1 && isSelfIssued)) {
    return isSelfIssued ? refused(subject, [notAuthority]) : { outcome: 'endEntity', subject };
  }
  const key = judgeAuthorityKey(parts.subjectPublicKeyInfo, parsed.publicKey);
  const algorithm = readObjectIdentifier(parts.algorithm.children[0] ?? parts.algorithm);
  const signature = findSignatureFault(
    algorithm,
    isSelfIssued ? (verifies(parsed, parsed) ? 'own' : 'broken') : 'other',
  );
  const dates = judgeDates(parts, now);
  const serialNumber = Buffer.from(parts.serialNumber.contents).toString('hex');
  const sizes = judgeSizes(der, [subject, serialNumber]);
  const problems = [...sizes, ...key.problems, ...signature.problems, ...dates.problems];
  if (problems.length > 0) return refused(subject, problems);
  const authority: Authority = {
    der,
    thumbprint: thumbprintOf(der),
    subject,
    commonName: (commonNameOf(parts.subject) ?? subject).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?'),
    issuer: textOfName(parts.issuer),
    serialNumber,
    notBefore: dates.notBefore,
    notAfter: dates.notAfter,
    keyType: key.keyType,
    isRoot: isSelfIssued,
  };
  const warnings = [...key.warnings, ...signature.warnings, ...dates.warnings, ...judgeForm(der, parts, isVersion1)];
  return { outcome: 'authority', authority, warnings };
}

/** Whether the one has signed the other: named as its issuer byte for byte, and its key verifies it. */
export function isIssuedBy(der: Uint8Array, issuerDer: Uint8Array): boolean {
  const [parts, issuerParts] = [readLooseStructure(der), readLooseStructure(issuerDer)];
  const [parsed, issuer] = [parse(der), parse(issuerDer)];
  if (!parts || !issuerParts || !parsed || !issuer) return false;
  return isSameBytes(parts.issuer.encoding, issuerParts.subject.encoding) && verifies(parsed, issuer);
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

/** Whether the key of the one verifies the signature of the other; never throws. */
export function verifies(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    // OpenSSL says so of a signature of another kind than the key.
    return false;
  }
}

interface DatesJudgement {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly problems: readonly PkiProblem[];
  readonly warnings: readonly PkiProblem[];
}

function judgeDates(parts: TbsStructure, now: Date): DatesJudgement {
  const [notBefore, notAfter] = [readTime(parts.notBefore), readTime(parts.notAfter)];
  const isOnCalendar = !Number.isNaN(notBefore.getTime()) && !Number.isNaN(notAfter.getTime());
  const isExpired = notAfter.getTime() <= now.getTime();
  return {
    notBefore,
    notAfter,
    problems: [...(isOnCalendar ? [] : [unreadable]), ...(isOnCalendar && isExpired ? [expiredOn(notAfter)] : [])],
    warnings: [
      ...(notBefore.getTime() > now.getTime() ? [notYetValid(notBefore)] : []),
      ...(notAfter.getUTCFullYear() >= 2100 ? [endsLate(notAfter)] : []),
    ],
  };
}

function judgeSizes(der: Uint8Array, texts: readonly string[]): readonly PkiProblem[] {
  if (der.length > bytesMax) return [tooLarge(`It has ${der.length} bytes; ${bytesMax} are taken at most.`)];
  if (texts.every(({ length }) => length <= textMax)) return [];
  return [tooLarge(`Its name or serial number, as text, has more than ${textMax} characters.`)];
}

function judgeForm(der: Uint8Array, parts: TbsStructure, isVersion1: boolean): readonly PkiProblem[] {
  const serialNumber = readInteger(parts.serialNumber);
  const isOddSerial = serialNumber <= 0n || parts.serialNumber.contents.length > 20;
  const isOddText = !readDer(der).ok || findTextFaults(parts.tbs).length > 0;
  return [
    ...(isVersion1 ? [version1] : []),
    ...(isOddSerial ? [oddSerialNumber] : []),
    ...(isOddText ? [oddEncoding] : []),
  ];
}

function refused(subject: string, problems: readonly PkiProblem[]): AuthorityReading {
  return { outcome: 'refused', subject, problems };
}

function tooLarge(message: string): PkiProblem {
  return { code: 'tooLarge', message, fix: 'Ask the authority for a certificate of usual size.' };
}

function expiredOn(notAfter: Date): PkiProblem {
  const message = `It expired on ${notAfter.toISOString()}. Azure refuses the whole gateway for an expired root.`;
  return { code: 'certificateExpired', message, fix: 'Send the authority’s current certificate.' };
}

function notYetValid(notBefore: Date): PkiProblem {
  const message = `It is not valid before ${notBefore.toISOString()}; until then nobody can connect with its certificates.`;
  return { code: 'notYetValid', message, fix: 'Trust it on gateways once it is valid.' };
}

function endsLate(notAfter: Date): PkiProblem {
  const message = `It is valid until ${notAfter.toISOString()}, practically for ever.`;
  return { code: 'endsLate', message, fix: 'Plan when it is replaced: no notice will tell of its end.' };
}

const unreadable: PkiProblem = {
  code: 'notACertificate',
  message: 'This cannot be read as a certificate: its structure, its dates or its key are not as X.509 has them.',
  fix: 'Export it anew from where it is in use.',
};

const notAuthority: PkiProblem = {
  code: 'notAuthority',
  message: 'It is not the certificate of an authority: it does not say CA:TRUE, or its key usage has no keyCertSign.',
  fix: 'Send the certificate of the authority that signs the clients’ certificates.',
};

const version1: PkiProblem = {
  code: 'certificateVersion',
  message: 'It is of X.509 version 1, which cannot say that it is an authority; some clients take it for none.',
  fix: 'Replace the authority’s certificate by one of version 3 when you can.',
};

const oddSerialNumber: PkiProblem = {
  code: 'serialNumberUnusual',
  message: 'Its serial number is not positive, or is longer than 20 octets; some clients refuse that.',
  fix: 'Try a client of each kind before you rely on it.',
};

const oddEncoding: PkiProblem = {
  code: 'encodingUnusual',
  message: 'It is not wholly in DER: a text holds what its type does not allow, or a value is written in another way.',
  fix: 'Try a client of each kind before you rely on it.',
};
