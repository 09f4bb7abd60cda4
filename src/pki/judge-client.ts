import { X509Certificate } from 'node:crypto';
import type { Thumbprint } from '../domain/thumbprint.ts';
import { findSignatureFault } from './authority-signature.ts';
import { readCertificateContainer } from './certificate-container.ts';
import { readLooseStructure, readTime, type TbsStructure } from './certificate-structure.ts';
import { checkPublicKey } from './check-public-key.ts';
import { isSameBytes, readObjectIdentifier } from './der.ts';
import { readExtendedKeyUsage } from './extensions.ts';
import { judgePath } from './judge-path.ts';
import { textOfName } from './name.ts';
import { oid } from './object-identifiers.ts';
import type { PkiProblem } from './problem.ts';
import { verifies } from './read-authority.ts';
import { thumbprintOf } from './read-certificate.ts';

export interface PathAuthority {
  readonly thumbprint: Thumbprint;
  readonly subject: string;
  readonly notAfter: Date;
  readonly isRoot: boolean;
  /** Whether it came with the certificate. */
  readonly wasSent: boolean;
}

export interface ClientJudgement {
  readonly thumbprint: Thumbprint;
  /** Those above it, nearest first, as far as they were found. */
  readonly authorities: readonly PathAuthority[];
  /** Who has signed the last that was found, where that is no root. */
  readonly missingIssuer?: string;
  /** What is wrong with the certificate itself, wherever it is used. */
  readonly problems: readonly PkiProblem[];
}

export type ClientJudging =
  { readonly ok: true; readonly judgement: ClientJudgement } | { readonly ok: false; readonly problem: PkiProblem };

interface Candidate {
  readonly der: Uint8Array;
  readonly parts: TbsStructure;
  readonly certificate: X509Certificate;
  /** Its own key verifies it. */
  readonly isSelfSigned: boolean;
  readonly isAuthority: boolean;
  readonly wasSent: boolean;
}

/** Longer chains than any that was seen: a circle of authorities ends there. */
const pathMax = 8;

/**
 * Judges a certificate that somebody else may have issued, with what came along with it and the authorities that are
 * known here (DER). Of several ways up, which a renewed or cross-signed authority opens, it is the one to an authority
 * that `isTrusted` names, where there is one. Never throws, whatever the text is; `problem` tells why it is not to be
 * read.
 */
export function judgeClient(
  text: string,
  known: readonly Uint8Array[],
  now: Date,
  isTrusted: (thumbprint: Thumbprint) => boolean,
): ClientJudging {
  const container = readCertificateContainer(text);
  if (!container.ok) return container;
  const sent = container.certificates.map((der) => readCandidate(der, true));
  if (sent.includes('slow')) return { ok: false, problem: slowKey };
  const readable = sent.filter(isCandidate);
  const clients = readable.filter(({ isAuthority }) => !isAuthority);
  const leaf = clients[0] ?? readable[0];
  if (leaf === undefined || readable.length < sent.length) return { ok: false, problem: unreadable };
  if (clients.length > 1) return { ok: false, problem: several };
  const others = known.map((der) => readCandidate(der, false)).filter(isCandidate);
  const candidates = [...readable.filter((one) => one !== leaf), ...others].filter(({ isAuthority }) => isAuthority);
  const path = findPath(leaf, candidates, ({ der }) => isTrusted(thumbprintOf(der)));
  const last = path.at(-1) ?? leaf;
  return {
    ok: true,
    judgement: {
      thumbprint: thumbprintOf(leaf.der),
      authorities: path.map(describe),
      ...(last.isSelfSigned ? {} : { missingIssuer: textOfName(last.parts.issuer) }),
      problems: [
        ...(leaf.isAuthority ? [authoritySent] : findPurposeFaults(leaf.parts)),
        ...findDateFaults(leaf.parts, now),
        ...findKeyFaults(leaf.parts),
        ...findSignatureFault(readObjectIdentifier(leaf.parts.algorithm.children[0] ?? leaf.parts.algorithm), 'other')
          .problems,
        ...judgePath(path, now),
        ...(last.isSelfSigned ? [] : findForgery(last.parts, candidates)),
      ],
    },
  };
}

/** Larger ones are in no use, and a few of them would keep everybody waiting. */
const modulusBitsMax = 16_384;
const exponentMax = 2n ** 32n;

/** `slow` where a single signature with its key would take long to verify. */
function readCandidate(der: Uint8Array, wasSent: boolean): Candidate | 'slow' | undefined {
  const parts = readLooseStructure(der);
  if (parts === undefined) return undefined;
  if ([parts.notBefore, parts.notAfter].some((time) => Number.isNaN(readTime(time).getTime()))) return undefined;
  try {
    const certificate = new X509Certificate(der);
    const { modulusLength = 0, publicExponent = 0n } = certificate.publicKey.asymmetricKeyDetails ?? {};
    if (modulusLength > modulusBitsMax || publicExponent > exponentMax) return 'slow';
    const isSelfSigned = isSelfIssued(parts) && verifies(certificate, certificate);
    // A root of version 1 cannot say that it is one.
    const isOldRoot = isSelfSigned && parts.extensions.length === 0;
    return { der, parts, certificate, isSelfSigned, isAuthority: certificate.ca || isOldRoot, wasSent };
  } catch {
    return undefined;
  }
}

function findPath(
  leaf: Candidate,
  candidates: readonly Candidate[],
  isTrusted: (candidate: Candidate) => boolean,
): readonly Candidate[] {
  const found = new Map<Candidate, readonly Candidate[]>();
  const issuersOf = (one: Candidate): readonly Candidate[] => {
    const issuers = found.get(one) ?? (one.isSelfSigned ? [] : candidates.filter((issuer) => hasSigned(issuer, one)));
    found.set(one, issuers);
    return issuers;
  };
  // The shortest way to each authority: one that several ways lead to is gone through once.
  const ways: (readonly Candidate[])[] = [[leaf]];
  const reached = new Set([leaf]);
  for (const way of ways) {
    for (const issuer of way.slice(-1).flatMap(issuersOf)) {
      if (!reached.has(issuer) && way.length <= pathMax) ways.push([...way, issuer]);
      reached.add(issuer);
    }
  }
  const path = [...(ways.find((way) => way.slice(-1).some(isTrusted)) ?? [leaf])];
  while (path.length <= pathMax) {
    const issuers = path.slice(-1).flatMap(issuersOf);
    const next = issuers.find(isTrusted) ?? issuers[0];
    if (next === undefined) break;
    path.push(next);
  }
  return path.slice(1);
}

function isCandidate(one: Candidate | 'slow' | undefined): one is Candidate {
  return one !== undefined && one !== 'slow';
}

function hasSigned(issuer: Candidate, one: Candidate): boolean {
  const isNamed = isSameBytes(one.parts.issuer.encoding, issuer.parts.subject.encoding);
  return issuer !== one && isNamed && verifies(one.certificate, issuer.certificate);
}

function isSelfIssued({ subject, issuer }: TbsStructure): boolean {
  return isSameBytes(subject.encoding, issuer.encoding);
}

function describe({ der, parts, isSelfSigned, wasSent }: Candidate): PathAuthority {
  return {
    thumbprint: thumbprintOf(der),
    subject: textOfName(parts.subject),
    notAfter: readTime(parts.notAfter),
    isRoot: isSelfSigned,
    wasSent,
  };
}

function findPurposeFaults({ extensions }: TbsStructure): readonly PkiProblem[] {
  const value = extensions.find(({ id }) => id === oid.extendedKeyUsage)?.value;
  const purposes = value === undefined ? [] : readExtendedKeyUsage(value);
  const position = purposes.indexOf(oid.clientAuth);
  if (position === 0) return [];
  return [position === -1 ? clientAuthMissing : clientAuthNotFirst];
}

function findDateFaults(parts: TbsStructure, now: Date): readonly PkiProblem[] {
  const [notBefore, notAfter] = [readTime(parts.notBefore), readTime(parts.notAfter)];
  const fix = 'Issue another one.';
  if (notAfter <= now) {
    return [{ code: 'certificateExpired', message: `It expired on ${notAfter.toISOString()}.`, fix }];
  }
  if (notBefore <= now) return [];
  const message = `It is not valid before ${notBefore.toISOString()}.`;
  return [
    { code: 'notYetValid', message, fix: 'Wait until then, or issue another one; look at the clock of its issuer.' },
  ];
}

function findKeyFaults({ subjectPublicKeyInfo }: TbsStructure): readonly PkiProblem[] {
  const check = checkPublicKey(subjectPublicKeyInfo, { allowEllipticCurve: true });
  if (!check.ok) return check.problems;
  return check.description.type === 'ec' ? [undocumentedCurve] : [];
}

/** Somebody of the name of the issuer is known and has not signed it: another key of that name, or a forgery. */
function findForgery({ issuer }: TbsStructure, candidates: readonly Candidate[]): readonly PkiProblem[] {
  if (!candidates.some(({ parts }) => isSameBytes(parts.subject.encoding, issuer.encoding))) return [];
  const message = `It names ${textOfName(issuer)} as its issuer, and the authority of that name that is known here has not signed it.`;
  const fix =
    'Compare the thumbprint of its issuer with that of the root: it is of another authority of the same name.';
  return [{ code: 'signatureInvalid', message, fix }];
}

const unreadable: PkiProblem = {
  code: 'notACertificate',
  message: 'This cannot be read as a certificate: its structure or its dates are not as X.509 has them.',
  fix: 'Export it anew from where it is in use.',
};

const slowKey: PkiProblem = {
  code: 'keySize',
  message:
    'A certificate that was sent has an RSA key of a size or exponent that nobody uses, and that takes long to check.',
  fix: 'Send the certificate without it.',
};

const several: PkiProblem = {
  code: 'severalBlocks',
  message: 'There are several certificates of clients.',
  fix: 'Send one of them, with its chain or without.',
};

const authoritySent: PkiProblem = {
  code: 'authoritySent',
  message:
    'It is the certificate of an authority: clients do not offer it, and gateways trust it rather than let it in.',
  fix: 'Have the authority issue a certificate for the client, not a self-signed one.',
};

const clientAuthMissing: PkiProblem = {
  code: 'clientAuthMissing',
  message: 'Client authentication (1.3.6.1.5.5.7.3.2) is not among its purposes (extended key usage).',
  fix: 'Have it issued again; from an enterprise CA by the template User.',
};

const clientAuthNotFirst: PkiProblem = {
  code: 'clientAuthNotFirst',
  message: 'Client authentication is among its purposes (extended key usage), but not the first.',
  fix: 'Have it issued again with client authentication first; from an enterprise CA by the template User, not by Smart Card Logon.',
};

const undocumentedCurve: PkiProblem = {
  code: 'keyUnusual',
  message: 'Its key is on an elliptic curve. No document of Azure says that gateways take such certificates.',
  fix: 'Issue one with an RSA key of 2048 bits or more.',
};
