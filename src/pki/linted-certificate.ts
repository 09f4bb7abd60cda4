import { type LintedBase64, lintedBase64 } from '../domain/linted-base64.ts';
import type { ClientLintOptions, LintProblem, RootLintOptions } from './lint-certificate.ts';
import { lintClientCertificate, lintRootCertificate } from './lint-certificate.ts';
import { readCertificate } from './read-certificate.ts';

/**
 * Its private field makes it a type of its own: nothing that only looks like it is taken for it, and nobody else makes
 * one.
 */
class Linted {
  readonly #der: Uint8Array;
  readonly thumbprint: string;
  /** Base64 of the DER, without line breaks: what is stored and answered. */
  readonly oneLineBase64: LintedBase64;

  constructor(der: Uint8Array, { thumbprint, oneLineBase64 }: { thumbprint: string; oneLineBase64: string }) {
    this.#der = der;
    this.thumbprint = thumbprint;
    this.oneLineBase64 = lintedBase64.parse(oneLineBase64);
  }

  get der(): Uint8Array {
    return this.#der;
  }
}

/**
 * A signed certificate that the lint has passed. What releases a certificate asks for one of these, and not for bytes.
 */
export type LintedCertificate = Linted;

export type LintAnswer =
  | { readonly ok: true; readonly certificate: LintedCertificate }
  | { readonly ok: false; readonly problems: readonly LintProblem[] };

export function passClientCertificate(der: Uint8Array, options: ClientLintOptions): LintAnswer {
  return pass(der, lintClientCertificate(der, options));
}

export function passRootCertificate(der: Uint8Array, options: RootLintOptions): LintAnswer {
  return pass(der, lintRootCertificate(der, options));
}

function pass(der: Uint8Array, problems: readonly LintProblem[]): LintAnswer {
  const reading = readCertificate(der);
  if (problems.length > 0 || !reading.ok) return { ok: false, problems };
  return { ok: true, certificate: new Linted(der, reading.certificate) };
}
