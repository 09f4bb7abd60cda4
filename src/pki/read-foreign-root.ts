import { createHash, X509Certificate } from 'node:crypto';
import type { Thumbprint } from '../domain/thumbprint.ts';
import { readLooseStructure } from './certificate-structure.ts';
import { derTag, type DerValue, readLooseDer } from './der.ts';
import { textOfName } from './name.ts';
import { thumbprintOf } from './read-certificate.ts';

/** A root that somebody else put on a gateway. Only what could be read is there; the thumbprint always is. */
export interface ForeignRoot {
  readonly thumbprint: Thumbprint;
  /** As RFC 4514 writes it, safe to show. */
  readonly subject?: string;
  /** False for an intermediate: somebody of another name has issued it. */
  readonly isSelfIssued?: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const charactersMax = 64 * 1024;
const yearsBegin = Date.parse('0000-01-01T00:00:00Z');
const yearsEnd = Date.parse('9999-12-31T23:59:59Z');
const pemBody = /-----BEGIN [^-]{0,40}CERTIFICATE-----([^-]*)-----END/;

/**
 * Reads publicCertData of a gateway's root entry as tolerantly as whoever put it there needs: base64 of DER, PEM,
 * base64 of either, in UTF-8 or UTF-16, with BER in it, in any version and with any key. Undefined for what is no
 * certificate. Never throws. What Gatehouse itself makes or signs is read by `readCertificate`.
 */
export function readForeignRoot(publicCertData: string): ForeignRoot | undefined {
  if (publicCertData.length > charactersMax) return undefined;
  const bytes = unwrap(publicCertData);
  const outer = readLooseDer(bytes);
  const der = outer.ok ? outer.value.encoding : bytes;
  const parts = readLooseStructure(der);
  if (parts === undefined) return readByOpenSsl(der);
  const notBefore = readLooseTime(parts.notBefore);
  const notAfter = readLooseTime(parts.notAfter);
  return {
    thumbprint: thumbprintOf(der),
    subject: textOfName(parts.subject),
    isSelfIssued: Buffer.compare(parts.subject.encoding, parts.issuer.encoding) === 0,
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(notAfter === undefined ? {} : { notAfter }),
  };
}

/**
 * Stands for the name and key of an authority, which a root that was renewed with the key it had shares with the one
 * before it: each verifies what the other has signed. Undefined where they cannot be read.
 */
export function authorityOf(publicCertData: string): string | undefined {
  if (publicCertData.length > charactersMax) return undefined;
  const parts = readLooseStructure(unwrap(publicCertData));
  if (parts === undefined) return undefined;
  const { subject, subjectPublicKeyInfo } = parts;
  return createHash('sha256').update(subject.encoding).update(subjectPublicKeyInfo.encoding).digest('hex');
}

/** Whether a root's last moment has passed; undefined for one that does not say when that is. */
export function isExpiredRoot(publicCertData: string, now: Date): boolean | undefined {
  const notAfter = readForeignRoot(publicCertData)?.notAfter;
  return notAfter === undefined ? undefined : notAfter.getTime() <= now.getTime();
}

/** Takes layers of PEM and base64 off until DER is left. */
function unwrap(text: string): Uint8Array {
  let bytes: Buffer = Buffer.from(text, 'utf8');
  // Nothing that was seen has more than three layers: base64 of PEM, whose body is base64.
  for (let layer = 0; layer < 3 && !isDer(bytes); layer += 1) {
    const inner = textOf(bytes);
    bytes = Buffer.from(pemBody.exec(inner)?.[1] ?? inner, 'base64');
  }
  return new Uint8Array(bytes);
}

/** DER of a certificate begins with 30 and a length of more than one byte, which is never text. */
function isDer([first, second]: Uint8Array): boolean {
  return first === derTag.sequence && (second ?? 0) >= 0x80;
}

function textOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  }
  return bytes.toString('utf8');
}

/** X.509 times as others have written them: seconds left out, fractions, offsets from UTC. */
function readLooseTime({ tag, contents }: DerValue): Date | undefined {
  const form = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:[.,]\d+)?(Z|[+-]\d{4})?$/;
  const parts = form.exec(Buffer.from(contents).toString('latin1'));
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '00', zone = 'Z'] = parts ?? [];
  if (parts === null || (year.length === 4) !== (tag === derTag.generalizedTime)) return undefined;
  const century = year.length === 4 ? '' : Number(year) < 50 ? '20' : '19';
  const offset = zone === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const date = new Date(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  return Number.isNaN(date.getTime()) ? undefined : withinYears(date);
}

/** An offset can lead out of the years that X.509 and ISO 8601 write with four digits. */
function withinYears(date: Date): Date {
  return new Date(Math.min(Math.max(date.getTime(), yearsBegin), yearsEnd));
}

/** For what even the loose reader does not take, such as indefinite lengths. */
function readByOpenSsl(bytes: Uint8Array): ForeignRoot | undefined {
  try {
    const { raw, subject, issuer, validFrom, validTo } = new X509Certificate(bytes);
    const [notBefore, notAfter] = [validFrom, validTo].map((text) => new Date(text));
    return {
      thumbprint: thumbprintOf(raw),
      subject: subject
        .split('\n')
        .reverse()
        .join(',')
        .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?'),
      isSelfIssued: subject === issuer,
      ...(isDate(notBefore) ? { notBefore } : {}),
      ...(isDate(notAfter) ? { notAfter } : {}),
    };
  } catch {
    return undefined;
  }
}

function isDate(date: Date | undefined): date is Date {
  return date !== undefined && !Number.isNaN(date.getTime());
}
