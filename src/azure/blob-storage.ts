import type { TokenCredential } from '@azure/core-auth';
import { BlobServiceClient, type StoragePipelineOptions, type StorageSharedKeyCredential } from '@azure/storage-blob';
import type { Blobs } from '../ports/blobs.ts';
import { statusOf } from './status-of.ts';

export interface BlobStorageOptions {
  /** `https://<account>.blob.core.windows.net`, or the emulator's with the account in its path. */
  readonly url: string;
  readonly credential: TokenCredential | StorageSharedKeyCredential;
  /** For tests: a CA to trust. */
  readonly clientOptions?: StoragePipelineOptions;
}

const triesMax = 6;

/** Azure Blob Storage. Containers are made private; throttling is waited out by the SDK (bounded). */
export function createBlobStorage({ url, credential, clientOptions }: BlobStorageOptions): Blobs {
  const service = new BlobServiceClient(url, credential, { retryOptions: { maxTries: triesMax }, ...clientOptions });

  return {
    put: async (container, name, content, contentType) => {
      const blob = service.getContainerClient(container).getBlockBlobClient(name);
      await blob.upload(content, content.byteLength, { blobHTTPHeaders: { blobContentType: contentType } });
    },
    get: async (container, name) => {
      try {
        return new Uint8Array(await service.getContainerClient(container).getBlockBlobClient(name).downloadToBuffer());
      } catch (error: unknown) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    remove: async (container, name) => {
      await service.getContainerClient(container).getBlockBlobClient(name).deleteIfExists();
    },
    ensure: async (containers) => {
      await Promise.all(containers.map((container) => service.getContainerClient(container).createIfNotExists()));
    },
  };
}
