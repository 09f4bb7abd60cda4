import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readSettings } from '../../../src/config/settings.ts';
import { settingNames } from '../../support/setting-names.ts';

const file = resolve(__dirname, '../../../local.settings.sample.json');
const { Values: values } = JSON.parse(readFileSync(file, 'utf8')) as { Values: Record<string, string> };

/** What the host, Node and the credential read by themselves. */
const namesOfOthers = [
  'AZURE_CLIENT_SECRET',
  'AZURE_TENANT_ID',
  'AzureWebJobsStorage',
  'FUNCTIONS_WORKER_RUNTIME',
  'GATEHOUSE_TASK_HUB',
  'NODE_EXTRA_CA_CERTS',
];

describe('local.settings.sample.json', () => {
  it('names exactly the settings that are known', () => {
    expect(Object.keys(values).sort()).toEqual([...settingNames, ...namesOfOthers].sort());
  });

  it('is what the application takes once the placeholders are filled in', () => {
    const filled = Object.entries(values).map(([name, value]) => [name, value.replaceAll(/<[^>]+>/g, fillerOf(name))]);
    const { settings, faults } = readSettings(Object.fromEntries(filled) as Record<string, string>);

    expect(settings.tableUrl).toBe('https://127.0.0.1:20001/devstoreaccount1');
    expect(settings.webhookAllowedHosts).toEqual(['127.0.0.1']);
    expect(faults).toEqual([]);
  });

  it('holds no secret and no port of a machine', () => {
    for (const name of ['AzureWebJobsStorage', 'AZURE_CLIENT_SECRET']) {
      expect(values[name]).toMatch(/^<.+>$/);
    }
    expect(Object.values(values).filter((value) => /:\d{4,5}/.test(value))).toEqual([]);
  });
});

function fillerOf(name: string): string {
  if (name === 'GATEHOUSE_APP_VAULT_URL') return '20002';
  if (name.endsWith('_URL') || name.endsWith('_HOST')) return '20001';
  return name === 'GATEHOUSE_SUBSCRIPTION_ID' ? '6a1f7a52-7d6f-4b1e-9c39-0d1f0f3c2b11' : 'x'.repeat(32);
}
