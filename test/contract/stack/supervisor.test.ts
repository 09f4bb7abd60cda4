/**
 * The stack as a whole, around a small app: what starts, what is kept, what is started again, and that nothing is left.
 * Each stack has its own folder and free ports, so these tests may run beside others.
 */
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TableClient } from '@azure/data-tables';
import { ClientSecretCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { endProcess, type RunningTestStack, spawnStart, startStack } from '../../support/stack.ts';

const app = resolve(__dirname, '..', '..', 'support', 'fixtures', 'idle-app');
const timeoutMs = 300_000;

describe('sandbox/supervisor', () => {
  describe('one stack', () => {
    let stack: RunningTestStack;

    beforeAll(async () => {
      stack = await startStack({ app });
    }, timeoutMs);

    afterAll(async () => {
      await stack.stop();
    }, timeoutMs);

    it('tells tools what runs where, in a file for this user alone', () => {
      const { info, directory } = stack;

      expect(Object.keys(info).toSorted()).toEqual([
        'app',
        'appVault',
        'arm',
        'ca',
        'control',
        'keyVault',
        'processes',
        'storage',
      ]);
      expect(Object.keys(info.processes).toSorted()).toEqual(['azurite', 'cloud', 'runtime']);
      expect(readFileSync(info.ca, 'utf8')).toContain('BEGIN CERTIFICATE');
      for (const file of ['stack.json', 'secrets.json', 'ports.json', 'server-key.pem']) {
        expect(statSync(join(directory, file)).mode & 0o077).toBe(0);
      }
    });

    it('serves the app, with its settings and nothing of the environment around it', async () => {
      const { body } = await stack.api('GET', '/api/settings');

      expect(body).toEqual(expect.arrayContaining(['GATEHOUSE_VAULT_URL', 'AZURE_AUTHORITY_HOST', 'WEBSITE_HOSTNAME']));
      expect(body).not.toEqual(expect.arrayContaining(['JEST_WORKER_ID']));
    });

    it('lets the app’s own credential into storage, and nobody without a token', async () => {
      const secrets = JSON.parse(readFileSync(join(stack.directory, 'secrets.json'), 'utf8')) as Record<string, string>;
      const ports = JSON.parse(readFileSync(join(stack.directory, 'ports.json'), 'utf8')) as Record<string, number>;
      const tlsOptions = { ca: readFileSync(stack.info.ca, 'utf8') };
      const credential = new ClientSecretCredential(
        stack.info.arm.tenantId,
        secrets['clientId'] ?? '',
        secrets['clientSecret'] ?? '',
        { authorityHost: `https://localhost:${ports['identity'] ?? 0}`, disableInstanceDiscovery: true, tlsOptions },
      );
      // The blob client passes the CA on although its type does not name it.
      const blobOptions = { retryOptions: { maxTries: 1 }, tlsOptions };
      const blobs = new BlobServiceClient(stack.info.storage.blobUrl, credential, blobOptions);
      const table = new TableClient(stack.info.storage.tableUrl, 'Probe', credential, { tlsOptions });

      await blobs.getContainerClient('probe').create();
      await table.createTable();
      await table.createEntity({ partitionKey: 'a', rowKey: 'b', value: 1 });

      expect(await table.getEntity('a', 'b')).toMatchObject({ value: 1 });
      const stranger = new BlobServiceClient(stack.info.storage.blobUrl, undefined, blobOptions);
      await expect(stranger.getContainerClient('probe').getProperties()).rejects.toMatchObject({ statusCode: 403 });
    });

    it('moves the clock of the app and fires its timers one by one', async () => {
      const before = (await stack.api('GET', '/api/clock')).body as { now: string; ticks: string[] };

      await stack.advance('PT3H');

      const after = (await stack.api('GET', '/api/clock')).body as { now: string; ticks: string[] };
      expect(Date.parse(after.now) - Date.parse(before.now)).toBeGreaterThanOrEqual(3 * 3_600_000);
      // One for each hour that began meanwhile, the machine's own time included.
      const hoursBegun = (time: string): number => Math.floor(Date.parse(time) / 3_600_000);
      const begun = hoursBegun(after.now) - hoursBegun(before.now);
      expect(begun).toBeGreaterThanOrEqual(3);
      expect(after.ticks.length - before.ticks.length).toBe(begun);
    });

    it('starts the runtime again when it is killed, on the same port and at the same time', async () => {
      await stack.advance('PT48H');
      const before = (await stack.api('GET', '/api/clock')).body as { now: string; pid: number };

      await stack.killRuntime();

      const after = (await stack.api('GET', '/api/clock')).body as { now: string; pid: number };
      expect(after.pid).toBe(stack.currentInfo().processes['runtime']);
      expect(after.pid).not.toBe(before.pid);
      expect(Date.parse(after.now)).toBeGreaterThanOrEqual(Date.parse(before.now));
    });

    it('refuses a second stack in the same folder, and leaves the first alone', async () => {
      const second = spawnStart(['--idle', '--state', stack.directory, '--app', app]);

      expect(await endProcess(second.child)).toBe(1);
      expect(second.output()).toMatch(/is in use by a running stack/);
      expect((await stack.api('GET', '/api/clock')).status).toBe(200);
    });

    it('runs beside another stack in another folder', async () => {
      const other = await startStack({ app });

      expect(other.info.app.url).not.toBe(stack.info.app.url);
      expect((await other.api('GET', '/api/clock')).status).toBe(200);
      expect(await other.stop()).toBe(0);
      expect((await stack.api('GET', '/api/clock')).status).toBe(200);
    });
  });
});
