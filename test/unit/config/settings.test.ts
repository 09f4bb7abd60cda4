import { readSettings } from '../../../src/config/settings.ts';

const complete = {
  GATEHOUSE_TABLE_URL: 'https://account.table.core.windows.net/',
  GATEHOUSE_BLOB_URL: 'https://account.blob.core.windows.net',
  GATEHOUSE_VAULT_URL: 'https://vault.vault.azure.net',
  GATEHOUSE_SUBSCRIPTION_ID: '3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11',
  GATEHOUSE_ADMINISTRATOR_KEY: 'k'.repeat(40),
};

describe('src/config/settings', () => {
  it('knows Azure’s own management address', () => {
    expect(readSettings(complete)).toMatchObject({
      armUrl: 'https://management.azure.com',
      tableUrl: 'https://account.table.core.windows.net',
      webhook: undefined,
    });
  });

  it('names everything that is missing or malformed at once, and no value', () => {
    const read = (): unknown =>
      readSettings({
        ...complete,
        GATEHOUSE_TABLE_URL: 'http://plain.test',
        GATEHOUSE_VAULT_URL: undefined,
        GATEHOUSE_ADMINISTRATOR_KEY: 'short-secret',
      });

    expect(read).toThrow(/GATEHOUSE_TABLE_URL.*GATEHOUSE_VAULT_URL.*GATEHOUSE_ADMINISTRATOR_KEY/s);
    expect(read).not.toThrow(/short-secret|plain\.test/);
  });

  it('divides usual times by nothing unless it is told to', () => {
    expect(readSettings(complete).usualTimeDivisor).toBe(1);
    expect(readSettings({ ...complete, GATEHOUSE_USUAL_TIME_DIVISOR: '600' }).usualTimeDivisor).toBe(600);
  });

  it('takes an empty setting for one that is not there', () => {
    expect(
      readSettings({ ...complete, GATEHOUSE_WEBHOOK_URL: '', GATEHOUSE_WEBHOOK_SECRET: '' }).webhook,
    ).toBeUndefined();
  });

  it('wants address and secret of the webhook together', () => {
    expect(() => readSettings({ ...complete, GATEHOUSE_WEBHOOK_URL: 'https://hooks.test' })).toThrow(
      'GATEHOUSE_WEBHOOK_SECRET',
    );
  });
});
