/** The port of secrets on the local vault: what it promises, and what becomes of faults. */
import { createSecretVault } from '../../../src/azure/secret-vault.ts';
import type { SecretVault } from '../../../src/ports/secrets.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { rootPolicy, startTestVault, type TestVault } from '../../support/vault-clients.ts';

let vault: TestVault;
let secrets: SecretVault;
const recording = createRecordingLog();

beforeAll(async () => {
  // Deletions and recoveries take milliseconds.
  vault = await startTestVault({ speed: 500 });
  secrets = createSecretVault({
    vaultUrl: vault.service().url,
    credential: vault.credential,
    log: recording.log,
    clientOptions: vault.clientOptions,
  });
});

afterAll(async () => {
  await vault.close();
});

beforeEach(() => {
  vault.service().reset();
});

async function versionsOf(name: string): Promise<number> {
  let count = 0;
  for await (const version of vault.secrets.listPropertiesOfSecretVersions(name)) {
    count += Number(version.name === name);
  }
  return count;
}

describe('src/azure/secret-vault', () => {
  it('gives back what it set, with its content type', async () => {
    const { version } = await secrets.set('shared-key', ' «value» ', 'text/plain');

    expect(await secrets.get('shared-key')).toEqual({ value: ' «value» ', version });
    expect((await vault.secrets.getSecret('shared-key')).properties.contentType).toBe('text/plain');
  });

  it('answers undefined for what is not there, and for what is disabled', async () => {
    await vault.secrets.setSecret('disabled', 'value', { enabled: false });

    expect(await secrets.get('absent')).toBeUndefined();
    expect(await secrets.get('disabled')).toBeUndefined();
  });

  it('writes nothing when the value is there already, and a version when it is another', async () => {
    const first = await secrets.set('same', 'one');
    const again = await secrets.set('same', 'one');
    const other = await secrets.set('same', 'two');

    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(await versionsOf('same')).toBe(2);
  });

  it('sets over a secret that was deleted, whether its value is wanted again or not', async () => {
    const before = await secrets.set('back', 'one');
    await secrets.remove('back');
    const same = await secrets.set('back', 'one');
    await secrets.remove('back');
    await secrets.set('back', 'two');

    expect(same).toEqual(before);
    expect((await secrets.get('back'))?.value).toBe('two');
    expect(await versionsOf('back')).toBe(2);
  });

  it('removes once, and again without complaint', async () => {
    await secrets.set('gone', 'value');

    await secrets.remove('gone');
    await secrets.remove('gone');
    await secrets.remove('never');

    expect(await secrets.get('gone')).toBeUndefined();
  });

  it('makes one version of a value whose answer was lost', async () => {
    await secrets.set('warm', 'so that the token is there');
    vault.test.host.faults.add({
      service: 'keyvault',
      method: 'PUT',
      path: '/secrets/lost',
      times: 1,
      then: { applyThenDrop: true },
    });

    await secrets.set('lost', 'value');

    expect(await versionsOf('lost')).toBe(1);
  });

  it('tells of each pause that Key Vault asked for', async () => {
    vault.test.host.faults.add({
      service: 'keyvault',
      path: '/secrets/paused',
      times: 2,
      then: { status: 429, code: 'Throttled' },
    });
    const before = recording.told.length;

    await secrets.get('paused');

    const throttled = { event: 'azure.throttled', outcome: 'throttled', target: 'GET /secrets/paused/' };
    expect(recording.told.slice(before)).toEqual([throttled, throttled]);
  });

  it.each([429, 503])('waits out an answer %i', async (status) => {
    vault.test.host.faults.add({
      service: 'keyvault',
      path: `/secrets/busy-${status}`,
      times: 2,
      then: { status, code: 'Busy', retryAfter: 0 },
    });

    await secrets.set(`busy-${status}`, 'value');

    expect((await secrets.get(`busy-${status}`))?.value).toBe('value');
  });

  it('throws what Azure refuses in its own words, and no value', async () => {
    await vault.certificates.beginCreateCertificate('root', rootPolicy('Unknown'), { intervalInMs: 1 });
    const tooLong = `secret-${'x'.repeat(25 * 1024)}`;

    const refused: unknown = await secrets.set('long', tooLong).catch((error: unknown) => error);

    expect(refused).toMatchObject({
      code: 'ERR_AZURE_REFUSED',
      message: expect.stringMatching(/^Key Vault refused to set secret long: BadParameter\./) as unknown,
      azure: {
        code: 'BadParameter',
        message: expect.stringMatching(/./) as string,
        correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      },
    });
    expect((refused as Error).cause).toBeUndefined();
    expect(String((refused as Error).stack)).not.toContain('secret-x');
  });

  it('says that Azure is busy when it stays so', async () => {
    vault.test.host.faults.add({
      service: 'keyvault',
      method: 'GET',
      path: '/secrets/down',
      times: 20,
      then: { status: 500, code: 'InternalServerError', retryAfter: 0 },
    });

    await expect(secrets.get('down')).rejects.toMatchObject({ code: 'ERR_AZURE_BUSY', retryAfterSeconds: 1 });
  });
});
