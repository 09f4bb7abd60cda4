/** Orchestration versioning on the local runtime; test/witness/durable-versioning asks the same of the real extension. */
import type { Azurite } from '../../support/azurite.ts';
import { startAzurite } from '../../support/azurite.ts';
import type { FixtureApp } from '../../support/runtime/runtime-process.ts';
import { createFixtureApp } from '../../support/runtime/runtime-process.ts';
import { itKeepsVersions } from '../../support/runtime/version-cases.ts';

jest.setTimeout(120_000);

let azurite: Azurite;
let app: FixtureApp;

beforeAll(async () => {
  azurite = await startAzurite();
  app = await createFixtureApp({
    storage: azurite.connectionString,
    entries: ['versions.cjs'],
    hubName: 'Versions',
  });
});

afterAll(async () => {
  await app.remove();
  await azurite.stop();
});

describe('sandbox/runtime/durable/versioning', () => {
  itKeepsVersions(() => app);
});
