import type { Structured, TbsStructure } from './certificate-structure.ts';
import { readCertificateStructure, readTbsStructure } from './certificate-structure.ts';
import { checkPublicKey } from './check-public-key.ts';
import type { ExpectedClientCertificate } from './lint-client.ts';
import { lintClient } from './lint-client.ts';
import type { LintProblem } from './lint-common.ts';
import { fault, lintOuterAlgorithm } from './lint-common.ts';
import type { ExpectedRootCertificate } from './lint-root.ts';
import { lintRoot } from './lint-root.ts';
import { lintSignature } from './lint-signature.ts';

export type { LintProblem } from './lint-common.ts';

// The checkers that run elsewhere miss too much to rely on: Node accepts a CA:TRUE leaf and RSA-1024, OpenSSL a
// negative serial number, and of zlint, OpenSSL, GnuTLS, Node and strongSwan none reports a notAfter beyond the root.
// These are the project's own rules, closed: a certificate is released only if it is exactly what the record says and
// what the profile has room for.

export interface ClientLintOptions {
  /** DER of the root that issues the certificate. */
  readonly root: Uint8Array;
  readonly expected: ExpectedClientCertificate;
}

export interface RootLintOptions {
  readonly expected: ExpectedRootCertificate;
}

/** Checks what is about to be signed for a client. An empty list means: sign it. Never throws. */
export function lintClientTbs(tbs: Uint8Array, options: ClientLintOptions): readonly LintProblem[] {
  const root = readCertificateStructure(options.root);
  if (!root.ok) return [unusableRoot];
  return onStructure(readTbsStructure(tbs), (parts) => lintClient(parts, root.certificate, options.expected));
}

/** Checks a signed client certificate before its release. An empty list means: release it. Never throws. */
export function lintClientCertificate(der: Uint8Array, options: ClientLintOptions): readonly LintProblem[] {
  const root = readCertificateStructure(options.root);
  if (!root.ok) return [unusableRoot];
  return onStructure(readCertificateStructure(der), (certificate) => [
    ...lintClient(certificate, root.certificate, options.expected),
    ...lintOuterAlgorithm(certificate),
    ...lintSignature(certificate, root.certificate),
  ]);
}

/** Checks a self-signed root before a gateway is told to trust it. An empty list means: release it. Never throws. */
export function lintRootCertificate(der: Uint8Array, options: RootLintOptions): readonly LintProblem[] {
  return onStructure(readCertificateStructure(der), (certificate) => [
    ...lintRoot(certificate, options.expected),
    ...lintSigningKey(certificate),
    ...lintOuterAlgorithm(certificate),
    ...lintSignature(certificate, certificate),
  ]);
}

const unusableRoot: LintProblem = { code: 'issuerUnreadable', message: 'The root is not a readable certificate.' };

function lintSigningKey(root: TbsStructure): readonly LintProblem[] {
  const isRsa = checkPublicKey(root.subjectPublicKeyInfo, { allowEllipticCurve: false }).ok;
  return fault(!isRsa, 'signingKey', 'The key of a root must be an acceptable RSA key.');
}

function onStructure<T>(
  reading: Structured<T>,
  lint: (certificate: T) => readonly LintProblem[],
): readonly LintProblem[] {
  return reading.ok ? lint(reading.certificate) : [{ code: reading.code, message: reading.message }];
}
