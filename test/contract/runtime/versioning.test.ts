/**
 * Orchestration versioning on the local runtime; test/witness/durable-versioning asks the same of the real extension.
 */
import type { FixtureApp } from '../../support/runtime/runtime-process.ts';
import { createFixtureApp } from '../../support/runtime/runtime-process.ts';
import { itKeepsVersions } from '../../support/runtime/version-cases.ts';

jest.setTimeout(120_000);

let app: FixtureApp;

beforeAll(async () => {
  app = await createFixtureApp({
    entries: ['versions.cjs'],
    hubName: 'Versions',
  });
});

afterAll(async () => {
  await app.remove();
});

describe('sandbox/runtime/durable/versioning', () => {
  itKeepsVersions(() => app);
});
