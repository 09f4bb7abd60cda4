import { AppError } from '../../../../src/domain/app-error.ts';
import { createAppSecrets } from '../../../../src/services/requests/app-secrets.ts';
import { createReadiness, type Readiness } from '../../../../src/services/requests/readiness.ts';
import { createTestClock, type TestClock } from '../../../support/test-clock.ts';

const minute = 60_000;
const key = 'first-administrator-key-0123456789ab';
const url = 'https://hooks.contoso.com/gatehouse';
const secret = 'a secret of this deployment';

interface World {
  readonly readiness: Readiness;
  readonly clock: TestClock;
  /** What the vault answers, by name; an error is no answer, and so is a promise that never ends. */
  readonly vault: Map<string, string | Error | Promise<never>>;
  /** What preparing storage ends in; undefined is success. */
  storageFault: Error | undefined;
  /** The administrator's keys that were entered, in order. */
  readonly entered: string[];
  readonly faults: string[];
  /** What was said to be missing, each time that it changed. */
  readonly told: (readonly string[])[];
}

function createWorld(missingSettings: readonly string[] = []): World {
  const clock = createTestClock();
  const vault = new Map<string, string | Error | Promise<never>>([['administrator-key', key]]);
  const faults: string[] = [];
  const onFault = (name: string): void => {
    faults.push(name);
  };
  const secrets = createAppSecrets({
    vault: {
      get: (name) => {
        const value = vault.get(name);
        if (value instanceof Error) return Promise.reject(value);
        if (value instanceof Promise) return value;
        return Promise.resolve(value === undefined ? undefined : { value, version: '1' });
      },
    },
    webhookAllowedHosts: [],
    isUnresolvedReference: (value) => value.startsWith('@'),
    onFault,
  });
  const world: World = {
    clock,
    told: [],
    vault,
    faults,
    storageFault: undefined,
    entered: [],
    readiness: createReadiness({
      missingSettings,
      secretsSetting: 'GATEHOUSE_APP_VAULT_URL',
      preparations: {
        GATEHOUSE_TABLE_URL: () =>
          world.storageFault === undefined ? Promise.resolve() : Promise.reject(world.storageFault),
      },
      readSecrets: secrets.read,
      onMissing: (names) => {
        world.told.push(names);
      },
      apiKeys: {
        ensureAdministrator: (value) => {
          world.entered.push(value);
          return Promise.resolve();
        },
      },
      now: clock.now,
      onFault,
    }),
  };
  return world;
}

/** What is missing once the look that is due now has ended. */
async function lookAfter(world: World, ms: number): Promise<readonly string[]> {
  world.clock.advance(ms);
  await world.readiness.missing();
  // A look that nobody waits for ends in a few turns of the loop.
  await new Promise((resolve) => setImmediate(resolve));
  return world.readiness.missing();
}

const refusal = new AppError('ERR_AZURE_REFUSED', 'Key Vault refused: Forbidden.');

describe('src/services/requests/readiness', () => {
  it('tells the log what is missing when that changes, and no more often', async () => {
    const world = createWorld();
    world.vault.delete('administrator-key');
    for (let look = 0; look < 3; look += 1) {
      await world.readiness.missing();
      world.clock.advance(minute);
    }
    world.vault.set('administrator-key', key);
    await world.readiness.missing();
    await world.readiness.missing();

    expect(world.told).toEqual([['administrator-key'], []]);
  });

  it('is ready with the administrator’s key alone, and has entered it', async () => {
    const world = createWorld();

    expect(await world.readiness.missing()).toEqual([]);
    expect(world.entered).toEqual([key]);
    expect(await world.readiness.webhook()).toBeUndefined();
  });

  it('goes without the vault, and is ready when the role has come', async () => {
    const world = createWorld();
    for (const name of ['administrator-key', 'webhook-url', 'webhook-secret']) world.vault.set(name, refusal);

    // Where the vault says nothing, nobody knows that there is no webhook.
    expect(await world.readiness.missing()).toEqual(['administrator-key', 'webhook-url', 'webhook-secret']);
    await expect(world.readiness.webhook()).rejects.toMatchObject({ code: 'ERR_NOT_READY', retryAfterSeconds: 60 });

    world.vault.clear();
    world.vault.set('administrator-key', key);
    expect(await lookAfter(world, minute - 1)).not.toEqual([]);
    expect(await lookAfter(world, 1)).toEqual([]);
    expect(world.entered).toEqual([key]);
  });

  it('goes without storage, and makes it when it is let in', async () => {
    const world = createWorld();
    world.storageFault = new Error('403');

    expect(await world.readiness.missing()).toEqual(['GATEHOUSE_TABLE_URL']);
    expect(world.entered).toEqual([]);

    world.storageFault = undefined;
    expect(await lookAfter(world, minute)).toEqual([]);
    expect(world.entered).toEqual([key]);
  });

  it('follows the key in the vault', async () => {
    const world = createWorld();
    await world.readiness.missing();
    world.vault.set('administrator-key', `${key}-changed`);

    expect(await lookAfter(world, minute)).toEqual([]);
    expect(world.entered).toEqual([key, `${key}-changed`]);
  });

  it('keeps what the vault said last while it says nothing', async () => {
    const world = createWorld();
    world.vault.set('webhook-url', url);
    world.vault.set('webhook-secret', secret);
    await world.readiness.missing();
    for (const name of world.vault.keys()) world.vault.set(name, refusal);

    expect(await lookAfter(world, minute)).toEqual([]);
    expect(await world.readiness.webhook()).toEqual({ url, secret });
    expect(world.faults).toContain('administrator-key');
  });

  it('is not ready when the vault says that the key is gone', async () => {
    const world = createWorld();
    await world.readiness.missing();
    world.vault.delete('administrator-key');

    expect(await lookAfter(world, minute)).toEqual(['administrator-key']);
  });

  it.each([
    ['an unresolved reference', '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/administrator-key)'],
    ['a short key', 'k'.repeat(31)],
    ['an empty one', ''],
    ['one character again and again', 'x'.repeat(200)],
  ])('takes %s for no key', async (_what, value) => {
    const world = createWorld();
    world.vault.set('administrator-key', value);

    expect(await world.readiness.missing()).toEqual(['administrator-key']);
    expect(world.entered).toEqual([]);
  });

  it.each([
    ['no secret', { 'webhook-url': url }, ['webhook-secret']],
    ['no key in its secret', { 'webhook-url': url, 'webhook-secret': 'whsec_****************' }, ['webhook-secret']],
    ['a short key', { 'webhook-url': url, 'webhook-secret': `whsec_${'A'.repeat(20)}` }, ['webhook-secret']],
    ['inexact base64', { 'webhook-url': url, 'webhook-secret': `whsec_${'A'.repeat(32)}=` }, ['webhook-secret']],
    ['a key in base64', { 'webhook-url': url, 'webhook-secret': `whsec_${'A'.repeat(32)}` }, []],
    ['a short secret', { 'webhook-url': url, 'webhook-secret': 'short' }, ['webhook-secret']],
    ['a private address', { 'webhook-url': 'https://10.0.0.1/', 'webhook-secret': secret }, ['webhook-url']],
    ['plain http', { 'webhook-url': 'http://hooks.contoso.com', 'webhook-secret': secret }, ['webhook-url']],
    ['both', { 'webhook-url': url, 'webhook-secret': secret }, []],
    ['a secret alone, which is for a webhook to come', { 'webhook-secret': secret }, []],
  ])('judges a webhook with %s', async (_what, values, missing) => {
    const world = createWorld();
    for (const [name, value] of Object.entries(values)) world.vault.set(name, value);

    expect(await world.readiness.missing()).toEqual(missing);
  });

  it('enters no key that the vault said before: a newer one may have been entered elsewhere', async () => {
    const world = createWorld();
    await world.readiness.missing();
    world.vault.set('administrator-key', refusal);

    expect(await lookAfter(world, minute)).toEqual([]);
    expect(world.entered).toEqual([key]);
  });

  describe('when the vault takes the question and never answers', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'Date'] });
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    it('says so after half a minute, and looks again', async () => {
      const world = createWorld();
      world.vault.set('administrator-key', new Promise<never>(() => undefined));
      const first = world.readiness.missing();
      await jest.advanceTimersByTimeAsync(30_000);

      expect(await first).toEqual(['administrator-key']);
      expect(world.faults).toEqual(['administrator-key']);
      world.vault.set('administrator-key', key);
      expect(await lookAfter(world, minute)).toEqual([]);
    });
  });

  it('never shows that all is there with a webhook that is gone', async () => {
    const world = createWorld();
    world.vault.set('webhook-url', url);
    world.vault.set('webhook-secret', secret);
    await world.readiness.missing();
    world.vault.delete('webhook-secret');
    world.clock.advance(minute);

    const answers: unknown[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      answers.push(await world.readiness.webhook().catch((error: unknown) => (error as AppError).code));
      await Promise.resolve();
    }
    expect(answers).not.toContain(undefined);
    expect(answers.at(-1)).toBe('ERR_NOT_READY');
  });

  it('names missing settings, asks nobody at an address that is not known, and calls nothing else missing', async () => {
    const world = createWorld(['GATEHOUSE_APP_VAULT_URL']);

    expect(await world.readiness.missing()).toEqual(['GATEHOUSE_APP_VAULT_URL']);
    expect(world.entered).toEqual([]);
    expect(world.faults).toEqual([]);
  });

  it('finds what is missing beside a setting', async () => {
    const world = createWorld(['GATEHOUSE_SUBSCRIPTION_ID']);
    world.vault.set('webhook-url', 'http://10.0.0.1');
    world.vault.set('webhook-secret', secret);

    expect(await world.readiness.missing()).toEqual(['GATEHOUSE_SUBSCRIPTION_ID', 'webhook-url']);
    const withoutStorage = createWorld(['GATEHOUSE_TABLE_URL']);
    expect(await withoutStorage.readiness.missing()).toEqual(['GATEHOUSE_TABLE_URL']);
    expect(withoutStorage.entered).toEqual([]);
  });
});
