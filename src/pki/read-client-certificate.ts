import { X509Certificate } from 'node:crypto';
import type { Thumbprint } from '../domain/thumbprint.ts';
import { readCertificateContainer } from './certificate-container.ts';
import { readLooseStructure, readTime } from './certificate-structure.ts';
import { commonNameOf, textOfName } from './name.ts';
import type { PkiProblem } from './problem.ts';
import { thumbprintOf } from './read-certificate.ts';

/** What a client's certificate says that an authority of others has issued. */
export interface ClientCertificate {
  readonly der: Uint8Array;
  readonly thumbprint: Thumbprint;
  /** Lower-case hexadecimal, without the sign byte. */
  readonly serialNumber: string;
  /** Empty where the subject has none. */
  readonly commonName: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
}

export type ClientCertificateReading =
  { readonly ok: true; readonly certificate: ClientCertificate } | { readonly ok: false; readonly problem: PkiProblem };

/** A name that is longer, or a certificate, fits in no row. */
const bytesMax = 12 * 1024;
/**
 * Authorities keep to 20 bytes (RFC 5280, section 4.1.2.2), and not all of them do. It is a key here, which is short.
 */
const serialNumberBytesMax = 64;

/**
 * Reads the certificate of one client from PEM, base64 or a `.p7b`, with its authorities beside it or not. Judged is
 * only whether there is one: its authority answers for what is in it. Never throws.
 */
export function readClientCertificate(text: string, now: Date): ClientCertificateReading {
  const container = readCertificateContainer(text);
  if (!container.ok) return container;
  const read = container.certificates.map(describe);
  if (read.includes(undefined)) return { ok: false, problem: unreadable };
  const clients = read.filter((one) => one !== undefined).filter(({ isAuthority }) => !isAuthority);
  const [client] = clients;
  if (client === undefined) return { ok: false, problem: authoritySent };
  if (clients.length > 1) return { ok: false, problem: several };
  const { isAuthority: _not, ...certificate } = client;
  if (certificate.der.length > bytesMax) return { ok: false, problem: tooLarge('The certificate', bytesMax) };
  if (certificate.serialNumber.length > 2 * serialNumberBytesMax) {
    return { ok: false, problem: tooLarge('Its serial number', serialNumberBytesMax) };
  }
  if (certificate.notAfter.getTime() <= now.getTime()) return { ok: false, problem: expiredOn(certificate.notAfter) };
  return { ok: true, certificate };
}

function describe(der: Uint8Array): (ClientCertificate & { readonly isAuthority: boolean }) | undefined {
  const parts = readLooseStructure(der);
  const isAuthority = parts === undefined ? undefined : readIsAuthority(der);
  if (parts === undefined || isAuthority === undefined) return undefined;
  const [notBefore, notAfter] = [readTime(parts.notBefore), readTime(parts.notAfter)];
  if (Number.isNaN(notBefore.getTime()) || Number.isNaN(notAfter.getTime())) return undefined;
  return {
    der,
    thumbprint: thumbprintOf(der),
    serialNumber: Buffer.from(parts.serialNumber.contents)
      .toString('hex')
      .replace(/^00(?=.)/, ''),
    commonName: commonNameOf(parts.subject) ?? '',
    issuer: textOfName(parts.issuer),
    notBefore,
    notAfter,
    publicKey: Uint8Array.from(parts.subjectPublicKeyInfo.encoding),
    isAuthority,
  };
}

/** Undefined for what OpenSSL does not read. */
function readIsAuthority(der: Uint8Array): boolean | undefined {
  try {
    return new X509Certificate(der).ca;
  } catch {
    return undefined;
  }
}

const unreadable: PkiProblem = {
  code: 'notACertificate',
  message: 'This cannot be read as a certificate: its structure or its dates are not as X.509 has them.',
  fix: 'Export it anew from where it is in use, or send its thumbprint alone.',
};

const authoritySent: PkiProblem = {
  code: 'authoritySent',
  message: 'This is the certificate of an authority, not of a client.',
  fix: 'Send the certificate of the client; have gateways trust an authority with POST /api/roots.',
};

const several: PkiProblem = {
  code: 'severalBlocks',
  message: 'There are several certificates of clients.',
  fix: 'Send one at a time, or each in a line of its own of a CSV file.',
};

function tooLarge(what: string, most: number): PkiProblem {
  return { code: 'tooLarge', message: `${what} has more than ${most} bytes.`, fix: 'Send its thumbprint alone.' };
}

function expiredOn(notAfter: Date): PkiProblem {
  const message = `It expired on ${notAfter.toISOString()}: no gateway accepts it any more.`;
  return { code: 'certificateExpired', message, fix: 'Leave it out, or send the one that took its place.' };
}
