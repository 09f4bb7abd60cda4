/** What machines write into append blobs, read and removed in a real Azurite. */
import { AppendBlobClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { createBlobStorage } from '../../../src/azure/blob-storage.ts';
import { createCommandOutputs } from '../../../src/azure/command-outputs.ts';
import type { CommandOutputs } from '../../../src/ports/command-outputs.ts';
import { type Azurite, startAzurite } from '../../support/azurite.ts';

describe('src/azure/command-outputs', () => {
  let azurite: Azurite;
  let credential: StorageSharedKeyCredential;
  let outputs: CommandOutputs;

  beforeAll(async () => {
    azurite = await startAzurite();
    credential = new StorageSharedKeyCredential(setting('AccountName'), setting('AccountKey'));
    const options = { url: setting('BlobEndpoint'), credential };
    await createBlobStorage(options).ensure(['run-commands']);
    outputs = createCommandOutputs({ ...options, container: 'run-commands' });
  });

  afterAll(async () => {
    await azurite.stop();
  });

  function setting(name: string): string {
    return new RegExp(`(?:^|;)${name}=([^;]+)`).exec(azurite.connectionString)?.[1] ?? '';
  }

  async function write(name: string, ...blocks: readonly string[]): Promise<void> {
    const blob = new AppendBlobClient(outputs.urlOf(name), credential);
    await blob.create();
    for (const block of blocks) await blob.appendBlock(block, Buffer.byteLength(block));
  }

  async function readEnd(name: string, bytesMax: number): Promise<string | undefined> {
    const bytes = await outputs.readEnd(name, bytesMax);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
  }

  it('returns an address without a signature', () => {
    expect(outputs.urlOf('op-1-output.txt')).toBe(`${setting('BlobEndpoint')}/run-commands/op-1-output.txt`);
  });

  it('returns the whole of a short blob and the end of a long one', async () => {
    await write('op-2-output.txt', 'VERBOSE: é\r\n', '{"v":1}\r\n');

    expect(await readEnd('op-2-output.txt', 1000)).toBe('VERBOSE: é\r\n{"v":1}\r\n');
    expect(await readEnd('op-2-output.txt', 9)).toBe('{"v":1}\r\n');
  });

  it('returns nothing of a blob that is empty, or not there', async () => {
    await write('op-3-output.txt');

    expect(await readEnd('op-3-output.txt', 1000)).toBe('');
    expect(await readEnd('op-4-output.txt', 1000)).toBeUndefined();
  });

  it('removes a blob, however often it is asked to', async () => {
    await write('op-5-output.txt', 'x');

    await outputs.remove('op-5-output.txt');
    await outputs.remove('op-5-output.txt');

    expect(await readEnd('op-5-output.txt', 1000)).toBeUndefined();
  });
});
