import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ContainerClient } from '@azure/storage-blob';
import { BlobServiceClient } from '@azure/storage-blob';

/** The real back end moves a property out of its row when it is larger than this, measured as UTF-16. */
const propertyBytesMax = 60 * 1024;

/** Keeps values that are too large for a table row as compressed blobs beside it. */
export class LargeValues {
  private readonly container: ContainerClient;

  constructor(connectionString: string, hubName: string) {
    const service = BlobServiceClient.fromConnectionString(connectionString);
    this.container = service.getContainerClient(`${hubName.toLowerCase()}-largevalues`);
  }

  async prepare(): Promise<void> {
    await this.container.createIfNotExists();
  }

  /** Gives what a row has to hold for the value: the value itself, or the name of the blob that now holds it. */
  async store(
    partition: string,
    rowKey: string,
    value: string,
  ): Promise<{ value: string } | { valueBlobName: string }> {
    if (value.length * 2 <= propertyBytesMax) {
      return { value };
    }
    // A name of its own for each write: a commit that is cut short must not change what an earlier one refers to.
    const name = `${partition}/${rowKey}-${randomBytes(8).toString('hex')}.json.gz`;
    await this.container.getBlockBlobClient(name).uploadData(gzipSync(value));
    return { valueBlobName: name };
  }

  async read(row: { readonly value?: unknown; readonly valueBlobName?: unknown }): Promise<string> {
    if (typeof row.valueBlobName !== 'string') {
      return String(row.value);
    }
    return gunzipSync(await this.container.getBlockBlobClient(row.valueBlobName).downloadToBuffer()).toString('utf8');
  }

  /** Deletes every blob of an instance. */
  async purge(partition: string): Promise<void> {
    for await (const { name } of this.container.listBlobsFlat({ prefix: `${partition}/` })) {
      await this.container.deleteBlob(name);
    }
  }
}
