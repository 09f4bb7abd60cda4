import { X509Certificate } from 'node:crypto';

/** Certificates that a machine trusts, DER in base64: roots, and intermediates that complete a chain. */
export interface TrustStores {
  readonly root: readonly string[];
  readonly ca: readonly string[];
}

export type TlsIssue = '' | 'selfSigned' | 'expired' | 'nameMismatch' | 'untrusted';

interface Handshake {
  /** What the server shows, its own certificate first: DER in base64. */
  readonly sent: readonly string[];
  readonly host: string;
  readonly stores: TrustStores;
  readonly nowMs: number;
}

const chainLengthMax = 8;

/**
 * What SChannel would say of a server's certificate on the machine with these stores: the gravest thing that is wrong,
 * as the connector's steps name it.
 */
export function judgeServer({ sent, host, stores, nowMs }: Handshake): TlsIssue {
  const [leaf, ...others] = sent.map(parse);
  if (leaf === undefined) return 'untrusted';
  const roots = stores.root.map(parse);
  if (!isInDate(leaf, nowMs)) return 'expired';
  if (isSelfIssued(leaf)) return 'selfSigned';
  if (leaf.checkHost(host) === undefined) return 'nameMismatch';
  const chain = buildChain(leaf, [...roots, ...stores.ca.map(parse), ...others]);
  const anchor = chain.at(-1);
  if (anchor === undefined || !holds(roots, anchor)) return 'untrusted';
  return chain.every((certificate) => isInDate(certificate, nowMs)) ? '' : 'expired';
}

/** The chain from a certificate upwards through the given ones, itself first, as far as they go. */
export function buildChain(leaf: X509Certificate, issuers: readonly X509Certificate[]): X509Certificate[] {
  const chain = [leaf];
  while (chain.length < chainLengthMax) {
    const last = chain[chain.length - 1];
    if (last === undefined || isSelfIssued(last)) break;
    const issuer = issuers.find((candidate) => isIssuedBy(last, candidate));
    if (issuer === undefined) break;
    chain.push(issuer);
  }
  return chain;
}

/** Whether the certificate signed itself. */
export function isSelfIssued(certificate: X509Certificate): boolean {
  return isIssuedBy(certificate, certificate);
}

/** Whether the moment is between a certificate's two dates. */
export function isInDate(certificate: X509Certificate, nowMs: number): boolean {
  return Date.parse(certificate.validFrom) <= nowMs && nowMs < Date.parse(certificate.validTo);
}

/** Reads DER in base64. */
export function parse(der: string): X509Certificate {
  return new X509Certificate(Buffer.from(der, 'base64'));
}

/** SHA-1 in upper-case hex, as Windows names certificates. */
export function windowsThumbprint(certificate: X509Certificate): string {
  return certificate.fingerprint.replaceAll(':', '');
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function holds(certificates: readonly X509Certificate[], wanted: X509Certificate): boolean {
  return certificates.some((certificate) => certificate.fingerprint256 === wanted.fingerprint256);
}
