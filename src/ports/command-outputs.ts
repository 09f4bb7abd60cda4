/** Append blobs in which machines leave what commands wrote, because Resource Manager shows the end of it only. */
export interface CommandOutputs {
  /** Where the machine writes, by its own identity: the address holds no signature. */
  urlOf(name: string): string;
  /** The blob's last `bytesMax` bytes; undefined when there is no such blob. */
  readEnd(name: string, bytesMax: number): Promise<Uint8Array | undefined>;
  /** Deletes the blob; one that is not there is success. */
  remove(name: string): Promise<void>;
}
