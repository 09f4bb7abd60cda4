/** host.json and the environment: what is read, what is resolved, what is refused. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostJson } from '../../../sandbox/runtime/host-json.ts';
import { readHostJson } from '../../../sandbox/runtime/host-json.ts';
import { readSettings } from '../../../sandbox/runtime/settings.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'host-json-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function read(hostJson: unknown, environment: Readonly<Record<string, string>> = {}): Promise<HostJson> {
  await writeFile(join(folder, 'host.json'), typeof hostJson === 'string' ? hostJson : JSON.stringify(hostJson));
  return readHostJson(folder, environment);
}

function withHub(hubName: string): unknown {
  return { version: '2.0', extensions: { durableTask: { hubName } } };
}

describe('sandbox/runtime/host-json', () => {
  it('has the defaults of the host', async () => {
    expect(await read('{ "version": "2.0" /* comments are allowed */ }')).toEqual({
      routePrefix: 'api',
      hubName: 'TestHubName',
      functionTimeoutMs: 1_800_000,
      activitiesMax: undefined,
      replaceRunning: false,
      rpcEnabled: true,
      isTraced: false,
      storeInputs: false,
      versioning: { defaultVersion: '', matchStrategy: 'CurrentOrOlder', failureStrategy: 'Reject' },
    });
  });

  it.each([
    ['00:10:00', 600_000],
    ['1.00:00:00', 86_400_000],
    ['-1', undefined],
  ])('reads the function timeout %s', async (functionTimeout, expected) => {
    expect((await read({ version: '2.0', functionTimeout })).functionTimeoutMs).toBe(expected);
  });

  it('resolves settings in the hub name, and overrides from the environment', async () => {
    const override = { AzureFunctionsJobHost__extensions__http__routePrefix: '/v1/' };

    expect((await read(withHub('%HUB%'), { HUB: 'MyHub' })).hubName).toBe('MyHub');
    expect((await read({ version: '2.0' }, override)).routePrefix).toBe('v1');
  });

  it.each([
    ['My-Site.1', 'MySite1'],
    ['1site', 't1site'],
    ['ab', 'abHub'],
  ])('makes a hub name of the site name %s', async (site, expected) => {
    expect((await read({ version: '2.0' }, { WEBSITE_SITE_NAME: site })).hubName).toBe(expected);
  });

  it.each(['my-hub', '1hub', 'ab', 'x'.repeat(46), '%ABSENT%'])('refuses the hub name %s', async (hubName) => {
    await expect(read(withHub(hubName))).rejects.toThrow();
  });

  it('refuses another version and extended sessions', async () => {
    await expect(read({ version: '1.0' })).rejects.toThrow();
    await expect(
      read({ version: '2.0', extensions: { durableTask: { extendedSessionsEnabled: true } } }),
    ).rejects.toThrow();
  });
});

describe('sandbox/runtime/settings', () => {
  const environment = {
    SANDBOX_APP_DIR: 'app',
    SANDBOX_PORT: '0',
    SANDBOX_DATA_DIR: 'd',
    SANDBOX_MASTER_KEY: 'm',
    SANDBOX_DURABLE_KEY: 'd',
    SANDBOX_EVENTGRID_KEY: 'e',
    SANDBOX_CONTROL_KEY: 'c',
  };

  it('reads the environment', () => {
    expect(readSettings({ ...environment, SANDBOX_QUIRKS: 'real-host', SANDBOX_CLOCK_OFFSET_MS: '5' })).toEqual({
      appFolder: 'app',
      port: 0,
      dataFolder: 'd',
      keys: { master: 'm', durable: 'd', eventGrid: 'e' },
      controlKey: 'c',
      clockOffsetMs: 5,
      realHostQuirks: true,
    });
  });

  it('names every setting that is missing or bad', () => {
    const bad = { ...environment, SANDBOX_PORT: 'x', SANDBOX_QUIRKS: 'all', SANDBOX_DATA_DIR: '' };

    for (const name of ['SANDBOX_PORT', 'SANDBOX_QUIRKS', 'SANDBOX_DATA_DIR']) {
      expect(() => readSettings(bad)).toThrow(name);
    }
  });
});
