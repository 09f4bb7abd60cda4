import type { SecretReference } from '../domain/secret-uses.ts';

/** Secrets in Key Vault. Values never go into histories, tables, logs or error texts. Other faults are thrown. */
export interface SecretVault {
  /** The current value; undefined when there is no such secret, or it is disabled. */
  get(name: string): Promise<SecretVersion | undefined>;
  /**
   * Sets a new version, also over a secret that was deleted softly (it is recovered first). Nothing is written when the
   * current value is this one already.
   */
  set(name: string, value: string, contentType?: string): Promise<{ readonly version: string }>;
  /** Deletes softly; a secret that is not there is success. */
  remove(name: string): Promise<void>;
}

interface SecretVersion {
  readonly value: string;
  readonly version: string;
}

/**
 * The same vault for what serves requests: every call says what the secret is for, and gets at none that is not set
 * aside for it.
 */
export interface Secrets {
  get(secret: SecretReference): Promise<SecretVersion | undefined>;
  set(secret: SecretReference, value: string): Promise<{ readonly version: string }>;
  remove(secret: SecretReference): Promise<void>;
}
