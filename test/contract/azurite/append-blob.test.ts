/** Append blobs as an agent writes them, in a real Azurite. */
import { BlobSASPermissions, BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { createAppendBlobWriter } from '../../../sandbox/azurite/append-blob.ts';
import { type Azurite, startAzurite } from '../../support/azurite.ts';

describe('sandbox/azurite/append-blob', () => {
  let azurite: Azurite;
  let container: ContainerClient;
  let write: ReturnType<typeof createAppendBlobWriter>;

  beforeAll(async () => {
    azurite = await startAzurite();
    container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('run-commands');
    await container.create();
    write = createAppendBlobWriter({
      blobUrl: setting('BlobEndpoint'),
      account: setting('AccountName'),
      key: setting('AccountKey'),
    });
  });

  afterAll(async () => {
    await azurite.stop();
  });

  function setting(name: string): string {
    return new RegExp(`(?:^|;)${name}=([^;]+)`).exec(azurite.connectionString)?.[1] ?? '';
  }

  it('writes the whole text, over what was there, as an append blob', async () => {
    const { url } = container.getBlobClient('p4.out');
    await write({ url, text: 'before, and longer', byIdentity: true });

    const text = `é${'x'.repeat(5 * 1024 * 1024)}`;
    await write({ url, text, byIdentity: true });

    const blob = container.getBlobClient('p4.out');
    expect((await blob.downloadToBuffer()).equals(Buffer.from(text))).toBe(true);
    expect((await blob.getProperties()).blobType).toBe('AppendBlob');
  });

  it('writes with the signature that a URL carries, and not without one', async () => {
    const blob = container.getAppendBlobClient('signed');
    const expiresOn = new Date(Date.now() + 3_600_000);
    const url = await blob.generateSasUrl({ permissions: BlobSASPermissions.parse('racw'), expiresOn });

    await write({ url, text: 'signed', byIdentity: false });

    expect((await blob.downloadToBuffer()).toString()).toBe('signed');
    await expect(write({ url: blob.url, text: 'x', byIdentity: false })).rejects.toThrow(/./);
  });

  it('tells the service’s code where there is no container, and goes to no other host', async () => {
    const { url } = container.getBlobClient('p4');

    await expect(write({ url: url.replace('run-commands', 'nowhere'), text: 'x', byIdentity: true })).rejects.toThrow(
      'ContainerNotFound',
    );
    await expect(write({ url: 'https://store.example/a/b', text: 'x', byIdentity: true })).rejects.toThrow(
      /could not be resolved: 'store\.example'/,
    );
  });
});
