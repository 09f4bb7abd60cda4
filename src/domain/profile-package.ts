import type { Thumbprint } from './thumbprint.ts';

/** What Gatehouse understood of a gateway's VPN client profile package (the zip of generatevpnprofile). */
export interface ProfilePackage {
  readonly serverFqdn: string;
  /** Canonical CIDR prefixes that the tunnel carries, sorted, each once. */
  readonly routes: readonly string[];
  /** DNS servers handed to clients, in the order of the profile. */
  readonly dnsServers: readonly string[];
  /** Of the CA that signs the gateway's server certificate; not one of the roots that clients are issued under. */
  readonly serverRootThumbprint?: Thumbprint;
  /** The same certificate, DER. */
  readonly serverRoot?: Uint8Array;
  /**
   * The Azure VPN Client's profile for certificates, as Azure wrote it. Secret: it holds the gateway's tls-auth key.
   */
  readonly azureVpnConfig?: string;
  /** The OpenVPN profile as Azure wrote it. Secret: it holds the gateway's tls-auth key. */
  readonly ovpnTemplate?: string;
  /** SHA-256 (hex) over what the package means to a client; equal for two downloads of the same configuration. */
  readonly hash: string;
  readonly files: readonly ProfileFile[];
}

export interface ProfileFile {
  /** Path within the package, with forward slashes. */
  readonly name: string;
  /** Unpacked size in bytes, as the archive states it. */
  readonly size: number;
}
