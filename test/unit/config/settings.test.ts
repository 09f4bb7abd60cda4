import { readSettings } from '../../../src/config/settings.ts';

const complete = {
  GATEHOUSE_TABLE_URL: 'https://account.table.core.windows.net/',
  GATEHOUSE_BLOB_URL: 'https://account.blob.core.windows.net',
  GATEHOUSE_VAULT_URL: 'https://vault.vault.azure.net',
  GATEHOUSE_APP_VAULT_URL: 'https://app.vault.azure.net',
  GATEHOUSE_SUBSCRIPTION_ID: '3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11',
};

function faultyNames(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return readSettings(environment).faults.map(({ name }) => name);
}

describe('src/config/settings', () => {
  it('knows Azure’s own management address', () => {
    expect(readSettings(complete)).toMatchObject({
      faults: [],
      settings: {
        armUrl: 'https://management.azure.com',
        tableUrl: 'https://account.table.core.windows.net',
        webhookAllowedHosts: [],
      },
    });
  });

  it('keeps nobody out because spans cannot be sent', () => {
    const spans = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317',
      OTEL_EXPORTER_OTLP_HEADERS: '@Microsoft.KeyVault(SecretUri=https://vault.vault.azure.net/secrets/collector)',
    };

    expect(faultyNames({ ...complete, ...spans })).toEqual([]);
  });

  it('names everything that is missing or malformed at once, and no value', () => {
    const reading = readSettings({
      ...complete,
      GATEHOUSE_TABLE_URL: 'http://plain.test',
      GATEHOUSE_VAULT_URL: undefined,
      GATEHOUSE_SUBSCRIPTION_ID: '',
    });

    expect(reading.faults.map(({ name }) => name)).toEqual([
      'GATEHOUSE_TABLE_URL',
      'GATEHOUSE_VAULT_URL',
      'GATEHOUSE_SUBSCRIPTION_ID',
    ]);
    expect(JSON.stringify(reading)).not.toContain('plain.test');
  });

  it('divides usual times by nothing unless it is told to', () => {
    expect(readSettings(complete).settings.usualTimeDivisor).toBe(1);
    expect(readSettings({ ...complete, GATEHOUSE_USUAL_TIME_DIVISOR: '600' }).settings.usualTimeDivisor).toBe(600);
  });

  it('keeps what is over for whole days, and for no fewer than it has to', () => {
    const days = {
      GATEHOUSE_KEEP_IDEMPOTENCY_DAYS: '6',
      GATEHOUSE_KEEP_EVENTS_DAYS: '29',
      GATEHOUSE_KEEP_PROFILES_DAYS: '1.5',
    };

    expect(readSettings(complete).settings.keptDays).toEqual({
      idempotency: 7,
      events: 90,
      operations: 365,
      profiles: 30,
    });
    expect(faultyNames({ ...complete, ...days, GATEHOUSE_KEEP_OPERATIONS_DAYS: '400' })).toEqual(Object.keys(days));
  });

  it('gives an address that leads nowhere for what is missing, so that functions can be registered', () => {
    expect(readSettings({}).settings).toMatchObject({
      tableUrl: 'https://setting-missing.invalid',
      appVaultUrl: 'https://setting-missing.invalid',
    });
  });

  it.each(['@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)', ' @microsoft.keyvault(VaultName=v)'])(
    'takes the reference %s for no value of any setting',
    (reference) => {
      expect(faultyNames({ ...complete, GATEHOUSE_WEBHOOK_ALLOWED_HOSTS: reference })).toEqual([
        'GATEHOUSE_WEBHOOK_ALLOWED_HOSTS',
      ]);
      expect(faultyNames({ ...complete, GATEHOUSE_BLOB_URL: reference })).toEqual(['GATEHOUSE_BLOB_URL']);
      expect(faultyNames({ ...complete, SOMETHING_OF_THE_HOST: reference })).toEqual(['SOMETHING_OF_THE_HOST']);
    },
  );

  it('wants the application’s own secrets in a vault that requests do not reach', () => {
    const same = { ...complete, GATEHOUSE_APP_VAULT_URL: 'https://Vault.vault.azure.net/' };

    expect(faultyNames(same)).toEqual(['GATEHOUSE_APP_VAULT_URL']);
  });

  it('reads hosts in any letter case', () => {
    const { settings } = readSettings({ ...complete, GATEHOUSE_WEBHOOK_ALLOWED_HOSTS: 'LB.contoso.local, 10.0.0.4,' });

    expect(settings.webhookAllowedHosts).toEqual(['lb.contoso.local', '10.0.0.4']);
  });
});
