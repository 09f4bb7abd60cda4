import type { TokenCredential } from '@azure/core-auth';
import { ContainerClient, type StoragePipelineOptions, type StorageSharedKeyCredential } from '@azure/storage-blob';
import type { CommandOutputs } from '../ports/command-outputs.ts';
import { statusOf } from './status-of.ts';

export interface CommandOutputsOptions {
  /** `https://<account>.blob.core.windows.net`, or the emulator's with the account in its path. */
  readonly url: string;
  readonly container: string;
  readonly credential: TokenCredential | StorageSharedKeyCredential;
  /** For tests: a CA to trust. */
  readonly clientOptions?: StoragePipelineOptions;
}

const triesMax = 6;

/**
 * What commands wrote, in a private container of Azure Blob Storage. The container is made at the application's start.
 */
export function createCommandOutputs(options: CommandOutputsOptions): CommandOutputs {
  const { url, container, credential, clientOptions } = options;
  const client = new ContainerClient(`${url}/${container}`, credential, {
    retryOptions: { maxTries: triesMax },
    ...clientOptions,
  });

  return {
    urlOf: (name) => client.getAppendBlobClient(name).url,
    readEnd: async (name, bytesMax) => {
      const blob = client.getAppendBlobClient(name);
      try {
        const { contentLength = 0 } = await blob.getProperties();
        const count = Math.min(contentLength, bytesMax);
        if (count === 0) return new Uint8Array();
        return new Uint8Array(await blob.downloadToBuffer(contentLength - count, count));
      } catch (error: unknown) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    remove: async (name) => {
      await client.getAppendBlobClient(name).deleteIfExists();
    },
  };
}
