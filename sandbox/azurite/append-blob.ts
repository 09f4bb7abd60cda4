import { AnonymousCredential, AppendBlobClient, RestError, StorageSharedKeyCredential } from '@azure/storage-blob';

export interface BlobAccount {
  /** The account's blob endpoint. */
  readonly blobUrl: string;
  readonly account: string;
  /** Base64. */
  readonly key: string;
}

export interface AppendBlobText {
  readonly url: string;
  readonly text: string;
  /** Whether a machine's identity is to be used; else the URL has to carry a signature. */
  readonly byIdentity: boolean;
}

const blockMaxBytes = 4 * 1024 * 1024;

/**
 * Writes texts to append blobs of this account alone, over what was there, as an agent on a machine does. The account's
 * key stands in for the machine's identity, which has its role in every container. Throws with the service's code.
 */
export function createAppendBlobWriter(account: BlobAccount): (blob: AppendBlobText) => Promise<void> {
  const identity = new StorageSharedKeyCredential(account.account, account.key);
  return async ({ url, text, byIdentity }) => {
    if (!url.startsWith(`${account.blobUrl}/`)) {
      throw new Error(`The remote name could not be resolved: '${new URL(url).hostname}'.`);
    }
    const credential = byIdentity ? identity : new AnonymousCredential();
    const client = new AppendBlobClient(url, credential, { retryOptions: { maxTries: 1 } });
    try {
      await writeWhole(client, Buffer.from(text));
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      throw new Error(error.code ?? `status ${error.statusCode ?? 0}`, { cause: error });
    }
  };
}

async function writeWhole(client: AppendBlobClient, bytes: Buffer): Promise<void> {
  await client.create({ blobHTTPHeaders: { blobContentType: 'text/plain; charset=utf-8' } });
  for (let start = 0; start < bytes.length; start += blockMaxBytes) {
    const block = bytes.subarray(start, start + blockMaxBytes);
    await client.appendBlock(block, block.length);
  }
}
