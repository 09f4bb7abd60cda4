import { join } from 'node:path';
import { openStateFile, type StateFile } from '../platform/state-file.ts';
import type { CertificatePolicy } from './certificate-policy.ts';

/** Times are milliseconds of the stack's clock; Key Vault speaks in seconds. */
export interface Attributes {
  enabled: boolean;
  createdMs: number;
  updatedMs: number;
  notBeforeMs?: number | undefined;
  expiresMs?: number | undefined;
}

export interface KeyVersion {
  readonly version: string;
  readonly kty: 'RSA' | 'RSA-HSM';
  readonly keySize: number;
  /** Public modulus and exponent, base64url. */
  readonly n: string;
  readonly e: string;
  /** The private key, sealed; the vault alone opens it. */
  readonly sealed: string;
  keyOps: string[];
  exportable: boolean;
  attributes: Attributes;
  tags: Record<string, string> | undefined;
  /** True for a key that belongs to a certificate of the same name. */
  readonly managed: boolean;
  /** True while the certificate that this key is for is not issued yet. */
  pending?: boolean;
}

export interface CertificateVersion {
  readonly version: string;
  /** DER, base64. */
  readonly cer: string;
  /** SHA-1 of the DER, base64url. */
  readonly x5t: string;
  readonly policy: CertificatePolicy;
  attributes: Attributes;
  tags: Record<string, string> | undefined;
}

export interface SecretVersion {
  readonly version: string;
  /** The value, sealed; the vault alone opens it. */
  readonly sealed: string;
  contentType: string | undefined;
  attributes: Attributes;
  tags: Record<string, string> | undefined;
}

export interface PendingCertificate {
  readonly requestId: string;
  readonly policy: CertificatePolicy;
  readonly csr: string;
  /** Version of the key, and of a certificate by issuer Self; a merge gives both a new one. */
  readonly version: string;
  readonly tags: Record<string, string> | undefined;
  readonly enabled: boolean;
  readonly createdMs: number;
  status: 'inProgress' | 'completed' | 'cancelled';
  cancellationRequested: boolean;
  /** When the vault goes on by itself: an issuer Self signs, a cancellation takes effect. */
  dueMs?: number | undefined;
}

/** Where a named object stands between life and purge. */
export type Lifecycle =
  | { readonly phase: 'active' }
  | { readonly phase: 'deleted'; readonly deletedMs: number; readonly visibleMs: number }
  | { readonly phase: 'recovering'; readonly untilMs: number };

export interface NamedObject<Version> {
  readonly name: string;
  lifecycle: Lifecycle;
  versions: Version[];
}

export type KeyEntry = NamedObject<KeyVersion>;
export type SecretEntry = NamedObject<SecretVersion>;
export interface CertificateEntry extends NamedObject<CertificateVersion> {
  pending?: PendingCertificate | undefined;
}

/** Everything in the vault. Entries are found by lower-case name: names differ by more than case. */
export interface VaultState {
  keys: Record<string, KeyEntry>;
  certificates: Record<string, CertificateEntry>;
  secrets: Record<string, SecretEntry>;
}

export function openVaultState(directory: string): StateFile<VaultState> {
  const file = openStateFile<VaultState>(join(directory, 'keyvault.json'), emptyVault);
  // A folder that an older stack left knows no secrets.
  Object.assign(file.value, { ...emptyVault(), ...file.value });
  return file;
}

export function emptyVault(): VaultState {
  return { keys: {}, certificates: {}, secrets: {} };
}
