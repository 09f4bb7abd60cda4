/** Key Vault as a machine's script asks it: throttled at random, and then asked again, as the launcher does. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createVaultClient, VaultRefusal } from '../../../sandbox/windows/transports/vault-client.ts';

describe('sandbox/windows/transports/vault-client', () => {
  let server: Server;
  let statuses: number[];
  let calls: number;
  const vault = createVaultClient(() => Promise.resolve('token'));

  function url(): string {
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  beforeEach(async () => {
    calls = 0;
    server = createServer((_request, response) => {
      calls += 1;
      response.writeHead(statuses.shift() ?? 200).end(JSON.stringify({ value: 'right Horse 1' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('asks again when it is throttled', async () => {
    statuses = [429, 503];

    expect(await vault.read(url(), 'key')).toBe('right Horse 1');
    expect(calls).toBe(3);
  });

  it('gives up after five tries', async () => {
    statuses = [429, 429, 429, 429, 429];

    await expect(vault.read(url(), 'key')).rejects.toThrow('(429)');
    expect(calls).toBe(5);
  });

  it('takes a refusal for one at once', async () => {
    statuses = [403];

    await expect(vault.read(url(), 'key')).rejects.toThrow(VaultRefusal);
    expect(calls).toBe(1);
  });
});
