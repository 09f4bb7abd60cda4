/** Private blob storage. Names may contain `/`. */
export interface Blobs {
  put(container: string, name: string, content: Uint8Array, contentType: string): Promise<void>;
  get(container: string, name: string): Promise<Uint8Array | undefined>;
  ensure(containers: readonly string[]): Promise<void>;
}
