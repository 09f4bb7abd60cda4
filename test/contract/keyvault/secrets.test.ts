/** The vault's secrets through the real SDK client, and what only the wire shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requestOver } from '../../support/https-request.ts';
import { rootPolicy, startTestVault, type TestVault, vaultApiVersion } from '../../support/vault-clients.ts';

let vault: TestVault;

beforeAll(async () => {
  vault = await startTestVault();
});

afterAll(async () => {
  await vault.close();
});

beforeEach(() => {
  vault.service().reset();
});

function moveOn(ms: number): void {
  vault.test.host.clock.moveTo(vault.test.host.clock.nowMs() + ms);
}

async function collect<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of pages) all.push(item);
  return all;
}

const awkward = `"quoted" 'single' $x \`tick\` ; \\ \r\n «ü» 😀 {"json":1}`;

describe('sandbox/keyvault secrets', () => {
  it('gives back the value as it was set, with its content type and tags', async () => {
    const made = await vault.secrets.setSecret('shared-key', awkward, {
      contentType: 'text/plain',
      tags: { stack: 'asdk' },
    });

    const read = await vault.secrets.getSecret('shared-key');

    expect(read.value).toBe(awkward);
    expect(read.properties).toMatchObject({
      id: `${vault.service().url}/secrets/shared-key/${made.properties.version ?? ''}`,
      contentType: 'text/plain',
      tags: { stack: 'asdk' },
      enabled: true,
      recoverableDays: 90,
    });
  });

  it('gives the latest version for a bare name, and each version by its own', async () => {
    const first = await vault.secrets.setSecret('versioned', 'one');
    const second = await vault.secrets.setSecret('Versioned', 'two');

    expect((await vault.secrets.getSecret('versioned')).value).toBe('two');
    expect((await vault.ask('GET', '/secrets/VERSIONED')).json).toMatchObject({ value: 'two' });
    const version = first.properties.version ?? '';
    expect((await vault.secrets.getSecret('versioned', { version })).value).toBe('one');
    const versions = await collect(vault.secrets.listPropertiesOfSecretVersions('versioned'));
    expect(versions.map((each) => each.version).toSorted()).toEqual([version, second.properties.version].toSorted());
  });

  it('pages its lists by 25 and shows no value in them', async () => {
    const names = Array.from({ length: 27 }, (_, index) => `many-${String(index).padStart(2, '0')}`);
    for (const name of names) await vault.secrets.setSecret(name, 'not-to-be-listed');

    const listed = await collect(vault.secrets.listPropertiesOfSecrets());
    const { json } = await vault.ask('GET', '/secrets');

    expect(listed.map(({ name }) => name).toSorted()).toEqual(names);
    expect(json).toMatchObject({ value: { length: 25 } });
    expect(JSON.stringify(json)).not.toContain('not-to-be-listed');
  });

  it('refuses to give a disabled secret until it is enabled again, and changes its attributes meanwhile', async () => {
    const { properties } = await vault.secrets.setSecret('toggled', 'value', { enabled: false });

    const refused = await vault.ask('GET', '/secrets/toggled');
    const updated = await vault.secrets.updateSecretProperties('toggled', properties.version ?? '', {
      enabled: true,
      contentType: 'text/plain',
    });

    expect(refused.status).toBe(403);
    expect(refused.json).toEqual({
      error: {
        code: 'Forbidden',
        message: 'Operation get is not allowed on a disabled secret.',
        innererror: { code: 'SecretDisabled' },
      },
    });
    expect(updated).toMatchObject({ enabled: true, contentType: 'text/plain' });
    expect((await vault.secrets.getSecret('toggled')).value).toBe('value');
  });

  it('gives a secret outside its dates too, which are documented to be for information', async () => {
    const now = vault.test.host.clock.nowMs();
    await vault.secrets.setSecret('expired', 'old', { expiresOn: new Date(now - 60_000) });
    await vault.secrets.setSecret('early', 'new', { notBefore: new Date(now + 60_000) });

    expect((await vault.secrets.getSecret('expired')).value).toBe('old');
    expect((await vault.secrets.getSecret('early')).value).toBe('new');
  });

  it.each([
    ['a value of 25 KB and one byte', { value: 'x'.repeat(25 * 1024 + 1) }],
    ['a value that is too long in UTF-8 only', { value: 'ü'.repeat(12 * 1024 + 513) }],
    ['no value', { contentType: 'text/plain' }],
    ['a value that is no text', { value: { username: 'a' } }],
    ['an unknown property', { value: 'x', colour: 'red' }],
    ['a content type that is too long', { value: 'x', contentType: 'x'.repeat(256) }],
    [
      'sixteen tags',
      { value: 'x', tags: Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`t${at}`, 'x'] as const)) },
    ],
    ['a body that is not JSON', 'nonsense'],
  ])('refuses to set %s', async (_what, body) => {
    const answer = await vault.ask('PUT', '/secrets/strict', body);

    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error: { code: 'BadParameter' } });
    expect((await vault.ask('GET', '/secrets/strict')).status).toBe(404);
  });

  it('takes a value of exactly 25 KB', async () => {
    const value = 'x'.repeat(25 * 1024);
    await vault.secrets.setSecret('long', value);

    expect((await vault.secrets.getSecret('long')).value === value).toBe(true);
  });

  it.each([
    ['a name with other characters', 'PUT', '/secrets/under_score', { value: 'x' }, 400, 'BadParameter'],
    ['a secret that is not there', 'GET', '/secrets/nothing', undefined, 404, 'SecretNotFound'],
    ['a version that is not there', 'GET', `/secrets/nothing/${'0'.repeat(32)}`, undefined, 404, 'SecretNotFound'],
    ['to delete what is not there', 'DELETE', '/secrets/nothing', undefined, 404, 'SecretNotFound'],
    ['to recover what is not deleted', 'POST', '/deletedsecrets/nothing/recover', undefined, 404, 'SecretNotFound'],
    ['an operation it does not have', 'POST', '/secrets/nothing/backup', undefined, 501, 'NotImplemented'],
    ['to set a version', 'PUT', `/secrets/nothing/${'0'.repeat(32)}`, { value: 'x' }, 501, 'NotImplemented'],
    ['another api-version', 'GET', '/secrets/nothing?api-version=7.3', undefined, 400, 'BadParameter'],
    [
      'an old api-version where nothing is read',
      'DELETE',
      '/secrets/a?api-version=7.4',
      undefined,
      400,
      'BadParameter',
    ],
    ['a page that is too large', 'GET', `/secrets?${vaultApiVersion}&maxresults=26`, undefined, 400, 'BadParameter'],
  ])('refuses %s', async (_what, method, path, body, status, code) => {
    const answer = await vault.ask(method, path, body);

    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ error: { code } });
  });

  it('answers scripts that ask with api-version 7.4', async () => {
    await vault.secrets.setSecret('for-scripts', 'value');

    expect((await vault.ask('GET', '/secrets/for-scripts?api-version=7.4')).json).toMatchObject({ value: 'value' });
  });

  it('challenges a request without a token, and does nothing for it', async () => {
    const asked = { method: 'PUT', path: `/secrets/bare?${vaultApiVersion}`, ca: vault.test.ca, body: '{"value":"x"}' };

    const answer = await requestOver(vault.service().url, asked);

    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('resource="https://vault.azure.net"');
    expect((await vault.ask('GET', '/secrets/bare')).status).toBe(404);
  });

  it('keeps certificates and secrets out of each other’s names', async () => {
    await vault.secrets.setSecret('taken', 'value');
    await vault.certificates.beginCreateCertificate('root', rootPolicy('Unknown'), { intervalInMs: 1 });

    await expect(
      vault.certificates.beginCreateCertificate('taken', rootPolicy('Unknown'), { intervalInMs: 1 }),
    ).rejects.toMatchObject({ statusCode: 409 });
    await expect(vault.secrets.setSecret('root', 'value')).rejects.toMatchObject({ statusCode: 409 });
    expect((await vault.ask('GET', '/secrets/root')).status).toBe(501);
  });

  it('throttles secrets that are set faster than 300 in ten seconds, and reads on meanwhile', async () => {
    const still = await startTestVault({ standsStill: true });
    for (let count = 0; count < 300; count += 1) {
      expect((await still.ask('PUT', '/secrets/busy', { value: 'x' })).status).toBe(200);
    }

    const refused = await still.ask('PUT', '/secrets/busy', { value: 'x' });
    const read = await still.ask('GET', '/secrets/busy');

    expect([refused.status, read.status]).toEqual([429, 200]);
    expect(refused.json).toMatchObject({ error: { code: 'Throttled' } });
    await still.close();
  });

  it('deletes softly: name taken, recoverable, purgeable', async () => {
    await vault.secrets.setSecret('gone', 'value');
    const poller = await vault.secrets.beginDeleteSecret('gone', { intervalInMs: 1 });
    expect((await vault.ask('GET', '/secrets/gone')).status).toBe(404);
    expect((await vault.ask('PUT', '/secrets/gone', { value: 'x' })).json).toMatchObject({
      error: { code: 'Conflict', innererror: { code: 'ObjectIsBeingDeleted' } },
    });

    moveOn(5000);
    const deleted = await poller.pollUntilDone();
    expect(deleted.recoveryId).toBe(`${vault.service().url}/deletedsecrets/gone`);
    expect(deleted.value).toBeUndefined();
    expect((await collect(vault.secrets.listDeletedSecrets())).map(({ name }) => name)).toEqual(['gone']);
    expect((await vault.ask('PUT', '/secrets/gone', { value: 'x' })).json).toMatchObject({
      error: { code: 'Conflict', innererror: { code: 'ObjectIsDeletedButRecoverable' } },
    });

    const recovery = await vault.secrets.beginRecoverDeletedSecret('gone', { intervalInMs: 1 });
    expect((await vault.ask('PUT', '/secrets/gone', { value: 'x' })).json).toMatchObject({
      error: { code: 'Conflict', innererror: { code: 'ObjectIsBeingRecovered' } },
    });
    moveOn(10_000);
    await recovery.pollUntilDone();
    expect((await vault.secrets.getSecret('gone')).value).toBe('value');

    await vault.secrets.beginDeleteSecret('gone');
    moveOn(5000);
    await vault.secrets.purgeDeletedSecret('gone');
    expect((await vault.ask('GET', '/deletedsecrets/gone')).status).toBe(404);
    expect((await vault.ask('PUT', '/secrets/gone', { value: 'x' })).status).toBe(200);
  });

  it('keeps values sealed in its files, and out of the journal and of recordings', async () => {
    await vault.secrets.setSecret('hidden', 'value-to-be-hidden');
    await vault.secrets.getSecret('hidden');
    vault.service().flush();

    const onDisk = readFileSync(join(vault.test.host.directory, 'keyvault.json'), 'utf8');

    const base64 = Buffer.from('value-to-be-hidden').toString('base64').slice(0, 20);
    for (const text of [onDisk, JSON.stringify(vault.test.host.journal.list()), JSON.stringify(vault.test.exchanges)]) {
      expect(text).not.toContain('value-to-be-hidden');
      expect(text).not.toContain(base64);
    }
    expect(vault.test.exchanges.some(({ liveRequest }) => liveRequest.url.includes('/secrets/hidden'))).toBe(true);
  });

  it('goes on after a restart with the same secrets', async () => {
    await vault.secrets.setSecret('lasting', awkward);

    await vault.restart();

    expect((await vault.ask('GET', '/secrets/lasting')).json).toMatchObject({ value: awkward });
  });
});
