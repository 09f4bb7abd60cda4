import { X509Certificate } from 'node:crypto';
import type { VpnGatewayState } from './gateway-state.ts';

/** Who may come in now. Thumbprints are SHA-1, upper-case hex without colons. */
export interface ClientPolicy {
  readonly trustedThumbprints: ReadonlySet<string>;
  readonly revokedThumbprints: ReadonlySet<string>;
}

export type ClientDecision =
  { readonly outcome: 'accepted' } | { readonly outcome: 'refused'; readonly reason: string };

/** The policy of a gateway's applied configuration. */
export function policyOf(state: Pick<VpnGatewayState, 'roots' | 'revokedThumbprints'>): ClientPolicy {
  return {
    trustedThumbprints: new Set(state.roots.map((root) => thumbprintOf(root.certificatePem))),
    revokedThumbprints: new Set(state.revokedThumbprints.map(toThumbprint)),
  };
}

/** A client whose chain TLS has verified. */
export interface VerifiedClient {
  /** Thumbprints, leaf first. */
  readonly chain: readonly string[];
  /** The leaf's first extended key usage is clientAuth. */
  readonly isClientAuthFirst: boolean;
}

/**
 * Decides on a verified client. The roots are looked at here again because OpenVPN keeps a root it has once read until
 * it starts anew (facts, data plane, section 1).
 */
export function decideClient(policy: ClientPolicy, { chain, isClientAuthFirst }: VerifiedClient): ClientDecision {
  const [leaf, ...issuers] = chain;
  if (leaf === undefined) return { outcome: 'refused', reason: 'no client certificate' };
  if (policy.revokedThumbprints.has(leaf)) return { outcome: 'refused', reason: 'certificate revoked' };
  if (!issuers.some((issuer) => policy.trustedThumbprints.has(issuer))) {
    return { outcome: 'refused', reason: 'root certificate not trusted' };
  }
  // Azure takes a certificate for clients only where that usage is the first of the list.
  if (!isClientAuthFirst) return { outcome: 'refused', reason: 'clientAuth is not its first extended key usage' };
  return { outcome: 'accepted' };
}

/** The thumbprint in Azure's form, from hex with or without colons, in any case. */
export function toThumbprint(hex: string): string {
  return hex.replaceAll(':', '').trim().toUpperCase();
}

/** The thumbprint of a certificate in PEM. Throws when it is none. */
export function thumbprintOf(certificatePem: string): string {
  return toThumbprint(new X509Certificate(certificatePem).fingerprint);
}
