import { type ApiKeys, createApiKeys, type NewApiKey } from '../../../../src/services/requests/api-keys.ts';
import { sha256Hex } from '../../../../src/stores/digest.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { createMemoryTables } from '../../../support/memory-tables.ts';
import { createTestClock } from '../../../support/test-clock.ts';

function createKeys(tables = createMemoryTables()): ApiKeys {
  return createApiKeys({ tables, now: createTestClock().now });
}

/** As long as a key has to be. */
function keyOf(id: string): string {
  return `key of ${id}`.padEnd(32, '.');
}

function aKey(id: string, change: Partial<NewApiKey> = {}): NewApiKey {
  return { id, role: 'reader', keyHash: sha256Hex(keyOf(id)), createdBy: 'test', ...change };
}

const firstKey = 'first-administrator-key-0123456789ab';

describe('src/services/requests/api-keys', () => {
  it('finds a key by what its owner holds, and shows no hash', async () => {
    const keys = createKeys();
    await keys.put(aKey('logic-app', { role: 'requester', name: 'Logic App' }));

    const found = await keys.find(keyOf('logic-app'));

    expect(found).toEqual({
      id: 'logic-app',
      name: 'Logic App',
      role: 'requester',
      createdAt: '2026-03-01T12:00:00.000Z',
      createdBy: 'test',
    });
    expect(await keys.find(keyOf('nobody'))).toBeUndefined();
    expect(await keys.find('')).toBeUndefined();
    expect(await keys.list()).toEqual([found]);
  });

  it('stores no key', async () => {
    const tables = createMemoryTables();
    await createKeys(tables).ensureAdministrator(firstKey);

    expect(JSON.stringify(tables.rows('ApiKeys'))).not.toContain(firstKey);
  });

  it('closes the old key when an id gets a new one', async () => {
    const keys = createKeys();
    await keys.put(aKey('a'));

    await keys.put(aKey('a', { keyHash: sha256Hex(keyOf('new')) }));

    expect(await keys.find(keyOf('a'))).toBeUndefined();
    expect(await keys.find(keyOf('new'))).toMatchObject({ id: 'a' });
  });

  it('refuses a hash that another id has, and frees it with that id', async () => {
    const keys = createKeys();
    await keys.put(aKey('a'));

    await expect(keys.put(aKey('b', { keyHash: sha256Hex(keyOf('a')) }))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
    await keys.remove('a');
    await keys.put(aKey('b', { keyHash: sha256Hex(keyOf('a')) }));

    expect(await keys.find(keyOf('a'))).toMatchObject({ id: 'b' });
  });

  it('removes a key once', async () => {
    const keys = createKeys();
    await keys.put(aKey('a'));

    expect([await keys.remove('a'), await keys.remove('a')]).toEqual([true, false]);
    expect(await keys.find(keyOf('a'))).toBeUndefined();
  });

  it('never loses the last administrator', async () => {
    const keys = createKeys();
    await keys.put(aKey('a', { role: 'administrator' }));

    await expect(keys.remove('a')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await expect(keys.put(aKey('a', { role: 'operator' }))).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect(await keys.find(keyOf('a'))).toMatchObject({ role: 'administrator' });

    await keys.put(aKey('b', { role: 'administrator' }));
    expect(await keys.remove('a')).toBe(true);
  });

  it('keeps one of two administrators who remove each other at once', async () => {
    const keys = createKeys();
    await keys.put(aKey('a', { role: 'administrator' }));
    await keys.put(aKey('b', { role: 'administrator' }));

    const outcomes = await Promise.allSettled([keys.remove('a'), keys.remove('b')]);

    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect((await keys.list()).filter(({ role }) => role === 'administrator')).toHaveLength(1);
  });

  it('has the deployment’s key as the vault has it: a changed one replaces the old', async () => {
    const keys = createKeys();
    await keys.ensureAdministrator(firstKey);
    await keys.ensureAdministrator(`${firstKey}-changed`);

    expect(await keys.find(firstKey)).toBeUndefined();
    expect(await keys.find(`${firstKey}-changed`)).toMatchObject({ id: 'administrator', role: 'administrator' });
  });

  it.each(['reader', 'administrator'] as const)(
    'takes the deployment’s key from another id, of role %s, that has it',
    async (role) => {
      const keys = createKeys();
      await keys.ensureAdministrator(firstKey);
      await keys.put(aKey('ops', { role, keyHash: sha256Hex(`${firstKey}-changed`) }));

      await keys.ensureAdministrator(`${firstKey}-changed`);

      expect(await keys.find(`${firstKey}-changed`)).toMatchObject({ id: 'administrator', role: 'administrator' });
      expect((await keys.list()).map(({ id }) => id)).toEqual(['administrator']);
      expect(await keys.find(firstKey)).toBeUndefined();
    },
  );

  it('has the deployment’s key wherever a crash comes between it and another id of the same', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const keys = createKeys(tables);
        await keys.put(aKey('ops', { keyHash: sha256Hex(firstKey) }));
        return keys;
      },
      work: (keys) => keys.ensureAdministrator(firstKey),
      check: async (keys, _tables, place) => {
        await keys.remove('ops');
        await keys.ensureAdministrator(firstKey);
        expect([place, await keys.find(firstKey)]).toMatchObject([place, { id: 'administrator' }]);
      },
    });
  });

  it('puts the deployment’s key right that was changed in the table', async () => {
    const tables = createMemoryTables();
    const keys = createKeys(tables);
    await keys.ensureAdministrator(firstKey);
    for (const row of tables.rows('ApiKeys').filter(({ rowKey }) => rowKey === 'administrator')) {
      await tables.upsert('ApiKeys', row, { ...row.columns, role: 'reader' });
    }
    expect(await keys.find(firstKey)).toMatchObject({ role: 'reader' });

    await keys.ensureAdministrator(firstKey);

    expect(await keys.find(firstKey)).toMatchObject({ role: 'administrator' });
  });

  it('leaves the deployment’s key to the deployment', async () => {
    const keys = createKeys();
    await keys.ensureAdministrator(firstKey);
    await keys.put(aKey('a', { role: 'administrator' }));

    await expect(keys.put(aKey('administrator'))).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await expect(keys.remove('administrator')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect(await keys.find(firstKey)).toMatchObject({ role: 'administrator' });
  });

  it('opens nothing with a short key, whatever hash is kept', async () => {
    const keys = createKeys();
    await keys.put(aKey('empty', { keyHash: sha256Hex('') }));
    await keys.put(aKey('short', { keyHash: sha256Hex('k'.repeat(31)) }));

    expect(await keys.find('')).toBeUndefined();
    expect(await keys.find('k'.repeat(31))).toBeUndefined();
  });

  it('refuses a first key that could be guessed', async () => {
    await expect(createKeys().ensureAdministrator('short')).rejects.toThrow('at least 32 characters');
  });

  it('ends with one working administrator, whichever write of the first start fails', async () => {
    const places = await atEveryCrash({
      setUp: createKeys,
      work: (keys) => keys.ensureAdministrator(firstKey),
      check: async (keys) => {
        expect(await keys.find(firstKey)).toMatchObject({ role: 'administrator' });
        await expect(keys.remove('administrator')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
      },
    });

    expect(places).toBeGreaterThan(2);
  });
});
