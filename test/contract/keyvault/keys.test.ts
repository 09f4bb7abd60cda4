/** The vault's keys through the real SDK client, and what only the wire shows. */
import { createHash, createPublicKey, createVerify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyVaultKey } from '@azure/keyvault-keys';
import { requestOver } from '../../support/https-request.ts';
import { startTestVault, type TestVault, vaultApiVersion } from '../../support/vault-clients.ts';

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

function publicKeyOf(key: KeyVaultKey) {
  const { n, e } = key.key ?? {};
  const jwk = {
    kty: 'RSA',
    n: Buffer.from(n ?? []).toString('base64url'),
    e: Buffer.from(e ?? []).toString('base64url'),
  };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

describe('sandbox/keyvault keys', () => {
  it.each([2048, 3072, 4096])('makes an RSA key of %i bits that signs RS256 over the digest given', async (keySize) => {
    const key = await vault.keys.createRsaKey('signer', { keySize });
    const message = Buffer.from('what is signed');

    const { result } = await vault.cryptography(key).sign('RS256', createHash('sha256').update(message).digest());

    expect(createVerify('RSA-SHA256').update(message).verify(publicKeyOf(key), result)).toBe(true);
    expect(result.length * 8).toBe(keySize);
  });

  it('gives the latest version for a bare name, and each version by its own', async () => {
    const first = await vault.keys.createRsaKey('versioned');
    const second = await vault.keys.createRsaKey('versioned');

    expect((await vault.keys.getKey('versioned')).id).toBe(second.id);
    expect((await vault.keys.getKey('versioned', { version: first.properties.version ?? '' })).id).toBe(first.id);
    expect((await vault.ask('GET', '/keys/VERSIONED/')).json).toMatchObject({ key: { kid: second.id } });
    const versions = [];
    for await (const version of vault.keys.listPropertiesOfKeyVersions('versioned')) versions.push(version.version);
    expect(versions.toSorted()).toEqual([first.properties.version, second.properties.version].toSorted());
  });

  it('pages its lists by 25, by links that the client follows', async () => {
    const names = Array.from({ length: 27 }, (_, index) => `many-${String(index).padStart(2, '0')}`);
    for (const name of names) {
      await vault.keys.createRsaKey(name);
      vault.test.host.clock.moveTo(vault.test.host.clock.nowMs() + 1000);
    }

    const listed = [];
    for await (const key of vault.keys.listPropertiesOfKeys()) listed.push(key.name);

    expect(listed.toSorted()).toEqual(names);
    expect((await vault.ask('GET', '/keys')).json).toMatchObject({ value: { length: 25 } });
  });

  it('refuses to sign with a version that is disabled, expired, not yet valid, or not for signing', async () => {
    const digest = Buffer.alloc(32);
    const now = vault.test.host.clock.nowMs();
    const cases = [
      [{ enabled: false }, 'KeyDisabled'],
      [{ expiresOn: new Date(now - 60_000) }, 'KeyExpired'],
      [{ notBefore: new Date(now + 60_000) }, 'KeyNotYetValid'],
      [{ keyOps: ['verify'] }, 'KeyOperationForbidden'],
    ] as const;
    for (const [options, innerCode] of cases) {
      const key = await vault.keys.createRsaKey(`unusable-${innerCode}`, options as { enabled: boolean });
      const path = `/keys/${key.name}/${key.properties.version ?? ''}/sign`;

      const answer = await vault.ask('POST', path, { alg: 'RS256', value: digest.toString('base64url') });

      expect(answer.status).toBe(403);
      expect(answer.json).toMatchObject({ error: { code: 'Forbidden', innererror: { code: innerCode } } });
    }
  });

  it('lets a disabled key sign again once it is enabled', async () => {
    const key = await vault.keys.createRsaKey('toggled', { enabled: false });
    await vault.keys.updateKeyProperties('toggled', key.properties.version ?? '', {
      enabled: true,
      tags: { for: 'test' },
    });

    const { result } = await vault.cryptography(key.id ?? '').sign('RS256', Buffer.alloc(32));

    expect(result).toHaveLength(256);
    expect((await vault.keys.getKey('toggled')).properties.tags).toEqual({ for: 'test' });
  });

  it.each([
    [
      'a digest of another length',
      { alg: 'RS256', value: Buffer.alloc(31).toString('base64url') },
      400,
      'BadParameter',
    ],
    ['an elliptic algorithm', { alg: 'ES256', value: Buffer.alloc(32).toString('base64url') }, 400, 'BadParameter'],
    [
      'an algorithm it does not have',
      { alg: 'PS256', value: Buffer.alloc(32).toString('base64url') },
      501,
      'NotImplemented',
    ],
    ['ordinary base64', { alg: 'RS256', value: Buffer.alloc(32, 255).toString('base64') }, 400, 'BadParameter'],
    ['a body that is not JSON', 'nonsense', 400, 'BadParameter'],
  ])('refuses to sign %s', async (_what, body, status, code) => {
    const key = await vault.keys.createRsaKey('strict');

    const answer = await vault.ask('POST', `/keys/strict/${key.properties.version ?? ''}/sign`, body);

    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ error: { code } });
  });

  it.each([
    ['a size that RSA keys do not have', 'POST', '/keys/k/create', { kty: 'RSA', key_size: 1024 }, 400, 'BadParameter'],
    ['an unknown property', 'POST', '/keys/k/create', { kty: 'RSA', colour: 'red' }, 400, 'BadParameter'],
    ['a kind of key it does not make', 'POST', '/keys/k/create', { kty: 'EC' }, 501, 'NotImplemented'],
    ['a name with other characters', 'POST', '/keys/under_score/create', { kty: 'RSA' }, 400, 'BadParameter'],
    ['a key that is not there', 'GET', '/keys/nothing/', undefined, 404, 'KeyNotFound'],
    ['an operation it does not have', 'POST', '/keys/k/rotate', undefined, 501, 'NotImplemented'],
    ['another api-version', 'GET', '/keys?api-version=7.5', undefined, 400, 'BadParameter'],
    ['a request without api-version', 'GET', '/keys?maxresults=5', undefined, 400, 'BadParameter'],
    ['a page that is too large', 'GET', `/keys?${vaultApiVersion}&maxresults=26`, undefined, 400, 'BadParameter'],
  ])('refuses %s', async (_what, method, path, body, status, code) => {
    const answer = await vault.ask(method, path, body);

    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ error: { code } });
  });

  it('takes the api-version with an encoded dash, as the client sends it', async () => {
    expect((await vault.ask('GET', '/keys?api%2Dversion=2025-07-01')).status).toBe(200);
  });

  it('challenges a request without a token, and does nothing for it', async () => {
    const { url } = vault.service();
    const body = JSON.stringify({ kty: 'RSA' });
    const asked = { method: 'POST', path: `/keys/bare/create?${vaultApiVersion}`, ca: vault.test.ca, body };

    const answer = await requestOver(url, asked);
    const wrongAudience = vault.test.tokenFor('https://management.azure.com');
    const misdirected = await requestOver(url, { ...asked, headers: { authorization: `Bearer ${wrongAudience}` } });

    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer authorization="https://login.microsoftonline.com/${vault.test.host.tenantId}", resource="https://vault.azure.net"`,
    );
    expect(answer.json).toMatchObject({ error: { code: 'Unauthorized' } });
    expect(misdirected.status).toBe(401);
    expect((await vault.ask('GET', '/keys/bare/')).status).toBe(404);
  });

  it('throttles what is more than its share of ten seconds, and does not count what it refused', async () => {
    const still = await startTestVault({ standsStill: true });
    for (let count = 0; count < 20; count += 1) {
      expect((await still.ask('POST', '/keys/busy/create', { kty: 'RSA' })).status).toBe(200);
    }

    const answers = [];
    for (let count = 0; count < 5; count += 1) {
      answers.push(await still.ask('POST', '/keys/busy/create', { kty: 'RSA' }));
    }
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 429, 429, 429]);
    expect(answers[0]?.json).toMatchObject({ error: { code: 'Throttled' } });

    still.test.host.clock.moveTo(still.test.host.clock.nowMs() + 10_000);
    expect((await still.ask('POST', '/keys/busy/create', { kty: 'RSA' })).status).toBe(200);
    await still.close();
  });

  it('deletes softly: name taken, recoverable, purgeable', async () => {
    await vault.keys.createRsaKey('gone');
    const poller = await vault.keys.beginDeleteKey('gone', { intervalInMs: 1 });
    expect(poller.isDone()).toBe(false);
    expect((await vault.ask('POST', '/keys/gone/create', { kty: 'RSA' })).json).toMatchObject({
      error: { code: 'Conflict', innererror: { code: 'ObjectIsBeingDeleted' } },
    });

    vault.test.host.clock.moveTo(vault.test.host.clock.nowMs() + 5000);
    const deleted = await poller.pollUntilDone();
    expect(deleted.properties.recoveryId).toBe(`${vault.service().url}/deletedkeys/gone`);
    expect((await vault.ask('POST', '/keys/gone/create', { kty: 'RSA' })).json).toMatchObject({
      error: { code: 'Conflict', innererror: { code: 'ObjectIsDeletedButRecoverable' } },
    });

    const recovery = await vault.keys.beginRecoverDeletedKey('gone', { intervalInMs: 1 });
    expect((await vault.ask('POST', '/keys/gone/create', { kty: 'RSA' })).json).toMatchObject({
      error: { code: 'Conflict', innererror: { code: 'ObjectIsBeingRecovered' } },
    });
    vault.test.host.clock.moveTo(vault.test.host.clock.nowMs() + 10_000);
    expect((await recovery.pollUntilDone()).name).toBe('gone');

    await vault.keys.beginDeleteKey('gone');
    vault.test.host.clock.moveTo(vault.test.host.clock.nowMs() + 5000);
    await vault.keys.purgeDeletedKey('gone');
    expect((await vault.ask('GET', '/deletedkeys/gone')).status).toBe(404);
    expect((await vault.ask('POST', '/keys/gone/create', { kty: 'RSA' })).status).toBe(200);
  });

  it('forgets a deleted key by itself after ninety days', async () => {
    await vault.keys.createRsaKey('old');
    await vault.keys.beginDeleteKey('old');

    vault.test.host.clock.moveTo(vault.test.host.clock.nowMs() + 90 * 24 * 3_600_000);

    expect((await vault.ask('GET', '/deletedkeys/old')).status).toBe(404);
    const answer = await vault.ask('POST', '/keys/old/create', { kty: 'RSA' });
    expect(answer.status).toBe(200);
    expect((await vault.ask('GET', '/keys/old/versions')).json).toMatchObject({ value: { length: 1 } });
  });

  it('keeps private keys sealed in its files and shows them to nobody', async () => {
    const key = await vault.keys.createRsaKey('secret-key');
    vault.service().flush();

    const onDisk = readFileSync(join(vault.test.host.directory, 'keyvault.json'), 'utf8');
    const answer = await vault.ask('GET', `/keys/secret-key/${key.properties.version ?? ''}`);

    expect(Object.keys((answer.json as { key: object }).key).toSorted()).toEqual(['e', 'key_ops', 'kid', 'kty', 'n']);
    expect(onDisk).not.toMatch(/PRIVATE KEY|"d":|"p":/);
    expect(vault.test.exchanges.map((exchange) => JSON.stringify(exchange)).join('')).not.toContain('sealed');
  });

  it('goes on after a restart with the same keys', async () => {
    const key = await vault.keys.createRsaKey('lasting');
    const path = `/keys/lasting/${key.properties.version ?? ''}/sign`;
    const body = { alg: 'RS256', value: Buffer.alloc(32, 7).toString('base64url') };
    const before = await vault.ask('POST', path, body);

    await vault.restart();

    expect((await vault.ask('POST', path, body)).json).toEqual(before.json);
  });
});
