/** Private blob storage. Names may contain `/`. */
export interface Blobs {
  put(container: string, name: string, content: Uint8Array, contentType: string): Promise<void>;
  get(container: string, name: string): Promise<Uint8Array | undefined>;
  /** Deletes the blob; one that is not there is success. */
  remove(container: string, name: string): Promise<void>;
  ensure(containers: readonly string[]): Promise<void>;
}
