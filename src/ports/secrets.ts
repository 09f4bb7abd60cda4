/** Secrets in Key Vault. Values never go into histories, tables, logs or error texts. Other faults are thrown. */
export interface Secrets {
  /** The current value; undefined when there is no such secret, or it is disabled. */
  get(name: string): Promise<{ readonly value: string; readonly version: string } | undefined>;
  /**
   * Sets a new version, also over a secret that was deleted softly (it is recovered first). Nothing is written when the current
   * value is this one already.
   */
  set(name: string, value: string, contentType?: string): Promise<{ readonly version: string }>;
  /** Deletes softly; a secret that is not there is success. */
  remove(name: string): Promise<void>;
}
