/** What a key store refuses or cannot do now. `busy` may succeed after `retryAfterSeconds`; `refused` will not. */
export type KeyAnswer<T> =
  | { readonly outcome: 'done'; readonly value: T }
  | { readonly outcome: 'busy'; readonly retryAfterSeconds: number }
  | {
      readonly outcome: 'refused';
      readonly code: string;
      readonly message: string;
      /** What Azure's support finds the request by. */
      readonly correlationId?: string | undefined;
      /** Refused before Azure was asked: the code is not Azure's. */
      readonly isOurs?: true;
    };

export interface RootKeyVersion {
  /** Key Vault's identifier of this key version (URL). */
  readonly keyId: string;
  /** Key Vault's identifier of the certificate version with the same name and version (URL). */
  readonly certificateId: string;
  readonly certificateDer: Uint8Array;
}

export interface RootKeyPolicy {
  readonly commonName: string;
  readonly keySizeBits: 2048 | 3072 | 4096;
  readonly hsm: boolean;
  readonly validityMonths: number;
}

/**
 * Root keys in Key Vault. Keys are made there or imported, not exportable, and never leave. Every call is idempotent:
 * it reads first and goes on from what is there.
 */
export interface RootKeys {
  /** Makes certificate `name` with issuer Self on a new key (reuseKey), or finds the one made before. */
  ensureSelfSigned(name: string, policy: RootKeyPolicy): Promise<KeyAnswer<RootKeyVersion>>;
  /**
   * Puts the certificate over the same key: a pending version with issuer Unknown, and the merge. If the newest version
   * already holds exactly this certificate, answers that.
   */
  install(name: string, policy: RootKeyPolicy, certificateDer: Uint8Array): Promise<KeyAnswer<RootKeyVersion>>;
  /**
   * Imports a PKCS #12 file as certificate `name`, so that its key cannot be exported again, or finds what an earlier
   * call has imported under that name. Nothing stays of one that is refused.
   */
  importPfx(name: string, pfx: Uint8Array, password: string): Promise<KeyAnswer<RootKeyVersion>>;
  /** Deletes a certificate with its key; until its purge it can be recovered. One that is not there is done. */
  remove(name: string): Promise<KeyAnswer<undefined>>;
  disableVersion(certificateId: string): Promise<KeyAnswer<undefined>>;
  /** RSASSA-PKCS1-v1_5 over a SHA-256 digest, made in Key Vault. */
  sign(keyId: string, sha256Digest: Uint8Array): Promise<KeyAnswer<Uint8Array>>;
}
