/** Orchestration versioning on the real Durable Task extension: the same cases that the local runtime is held to. */
import { type Azurite, startAzurite } from '../support/azurite.ts';
import { manage, readStatus } from '../support/runtime/orchestration-client.ts';
import type { FixtureApp } from '../support/runtime/runtime-process.ts';
import { itKeepsVersions } from '../support/runtime/version-cases.ts';
import { createExtensionApp } from './support/extension-app.ts';

jest.setTimeout(600_000);

let azurite: Azurite;
let app: FixtureApp;

beforeAll(async () => {
  azurite = await startAzurite();
  app = await createExtensionApp({
    storage: azurite.connectionString,
    entries: ['versions.cjs'],
    hubName: 'Versions',
    // Messages that one host has held are seen by the next after a minute, the least that the extension takes.
    durableTask: {
      storageProvider: { controlQueueVisibilityTimeout: '00:01:00', maxQueuePollingInterval: '00:00:01' },
    },
  });
});

afterAll(async () => {
  await app.remove();
  await azurite.stop();
});

describe('sandbox/runtime/durable-extension', () => {
  itKeepsVersions(() => app);

  it('answers a start with the addresses of the instance, on the port of the runtime', async () => {
    const host = await app.start();
    try {
      const answer = await manage(host, 'POST', 'orchestrators/tellsVersion/addressed', {});
      expect(answer.status).toBe(202);
      const { id, statusQueryGetUri } = (await answer.json()) as {
        readonly id: string;
        readonly statusQueryGetUri: string;
      };
      expect(id).toBe('addressed');
      expect(statusQueryGetUri).toMatch(new RegExp(`^${host.url}/runtime/webhooks/durabletask/instances/addressed\\?`));
      expect([200, 202]).toContain((await fetch(statusQueryGetUri)).status);
      expect(await readStatus(host, 'addressed')).toMatchObject({ name: 'tellsVersion' });
    } finally {
      await host.stop();
    }
  });
});
