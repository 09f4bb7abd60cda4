/** Import of certificates that exist, over the wire: the client for JavaScript loses the policy on the way. */
import { createHash, verify } from 'node:crypto';
import { anEcKeyPair, anRsaKeyPair } from '../../support/builders/a-key-pair.ts';
import { aDeepNest, aPfx, aPfxBomb, type PfxChanges } from '../../support/builders/a-pfx.ts';
import { anAuthority, anEmptyPfx } from '../../support/builders/an-authority.ts';
import type { WireAnswer } from '../../support/https-request.ts';
import { startTestVault, type TestVault } from '../../support/vault-clients.ts';

const authority = anAuthority();
const notExportable = { policy: { key_props: { exportable: false }, secret_props: {} } };
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

function importAs(name: string, file: Buffer, body: object = notExportable): Promise<WireAnswer> {
  return vault.ask('POST', `/certificates/${name}/import`, { value: file.toString('base64'), ...body });
}

describe('sandbox/keyvault import of certificates', () => {
  it.each([
    ['without a password', {}, {}],
    ['with a password', { password: 'typed' }, { pwd: 'typed' }],
    ['in the form of old systems', { password: 'typed', encryption: 'legacy' }, { pwd: 'typed' }],
  ] as [string, PfxChanges, object][])('takes a file %s, and its key signs', async (_, changes, body) => {
    const answer = await importAs('ca', aPfx(authority, changes), { ...notExportable, ...body });

    expect(answer).toMatchObject({
      status: 200,
      json: {
        kid: expect.stringContaining('/keys/ca/') as unknown,
        cer: Buffer.from(authority.der).toString('base64'),
        policy: {
          key_props: { exportable: false, kty: 'RSA', key_size: 2048 },
          x509_props: { subject: 'CN=Contoso root', key_usage: ['keyCertSign', 'cRLSign'] },
          issuer: { name: 'Unknown' },
        },
      },
    });
    const keyId = (answer.json as { readonly kid: string }).kid;
    const key = await vault.keys.getKey('ca');
    expect(key).toMatchObject({ id: keyId, keyOperations: ['sign', 'verify'], properties: { exportable: false } });
    const bytes = Buffer.from('to be signed');
    const digest = createHash('sha256').update(bytes).digest();
    const { result } = await vault.cryptography(keyId).sign('RS256', digest);
    expect(verify('sha256', bytes, authority.keys.publicKey, result)).toBe(true);
  });

  it('lets the key be exported where the policy does not forbid it', async () => {
    expect(await importAs('ca', aPfx(authority), {})).toMatchObject({
      json: { policy: { key_props: { exportable: true } } },
    });
  });

  it('adds a version to a certificate that is there, and none to one that is deleted', async () => {
    await importAs('ca', aPfx(authority));
    await importAs('ca', aPfx(anAuthority({ called: 'Second' })));
    expect((await vault.ask('GET', '/certificates/ca/versions')).json).toMatchObject({ value: { length: 2 } });

    await vault.ask('DELETE', '/certificates/ca');
    vault.test.host.clock.moveTo(vault.test.host.clock.nowMs() + 5000);
    expect(await importAs('ca', aPfx(authority))).toMatchObject({
      status: 409,
      json: { error: { innererror: { code: 'ObjectIsDeletedButRecoverable' } } },
    });
  });

  it.each([
    ['a wrong password', () => aPfx(authority, { password: 'right' })],
    ['the key of another certificate', () => aPfx(authority, { keys: anRsaKeyPair('other') })],
    ['a file of nothing', () => anEmptyPfx()],
    ['no PKCS #12', () => Buffer.from(authority.der)],
    ['more rounds than anybody waits for', () => aPfxBomb()],
    ['a nest without an end', () => aDeepNest(20_000)],
    ['a certificate that has expired', () => aPfx(anAuthority({ notAfter: '250101000000Z' }))],
    ['a short key', () => aPfx(anAuthority({ keys: anRsaKeyPair('short', 1024) }))],
    ['a key on a curve', () => aPfx({ ...authority, keys: anEcKeyPair() })],
  ])('refuses %s and keeps nothing', async (_, file) => {
    expect(await importAs('ca', file())).toMatchObject({ status: 400, json: { error: { code: 'BadParameter' } } });
    expect(await vault.ask('GET', '/certificates/ca/')).toMatchObject({ status: 404 });
    expect(await vault.ask('GET', '/keys/ca/')).toMatchObject({ status: 404 });
  });

  it('refuses a policy of another key, text that is no base64, and what it does not read', async () => {
    const file = aPfx(authority);
    const asked = [{ policy: { key_props: { key_size: 4096 } } }, { value: '***' }, { unknown: 1 }];
    for (const body of asked) expect(await importAs('ca', file, body)).toMatchObject({ status: 400 });
    expect(await importAs('ca', file, { policy: { secret_props: { contentType: 'application/x-pem-file' } } })).toEqual(
      expect.objectContaining({ status: 501 }),
    );
  });
});
