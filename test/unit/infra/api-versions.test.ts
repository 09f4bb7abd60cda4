/**
 * Which version of its API each resource of infra/ is written in. The linter's rule for this looks at today's date and
 * at what its compiler knows, and so would fail one day without anything having changed; this list is looked through by
 * hand.
 */
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const lookedThroughOn = '2026-11-30';
/** As the linter's rule has it. */
const oldestDays = 730;

const versions: Readonly<Record<string, { readonly version: string; readonly whyOlder?: string }>> = {
  'Microsoft.Authorization/roleAssignments': { version: '2022-04-01', whyOlder: 'no stable version is newer' },
  'Microsoft.Authorization/roleDefinitions': { version: '2022-04-01', whyOlder: 'no stable version is newer' },
  'Microsoft.EventGrid/systemTopics': { version: '2025-02-15' },
  'Microsoft.EventGrid/systemTopics/eventSubscriptions': { version: '2025-02-15' },
  'Microsoft.Insights/components': { version: '2020-02-02', whyOlder: 'no stable version is newer' },
  'Microsoft.Insights/diagnosticSettings': {
    version: '2021-05-01-preview',
    whyOlder: 'no stable version knows groups of categories',
  },
  'Microsoft.Insights/metricAlerts': { version: '2026-01-01' },
  'Microsoft.KeyVault/vaults': { version: '2025-05-01' },
  'Microsoft.ManagedIdentity/userAssignedIdentities': { version: '2024-11-30' },
  'Microsoft.OperationalInsights/workspaces': { version: '2025-07-01' },
  'Microsoft.Resources/resourceGroups': { version: '2025-04-01' },
  'Microsoft.Storage/storageAccounts': { version: '2025-06-01' },
  'Microsoft.Storage/storageAccounts/blobServices': { version: '2025-06-01' },
  'Microsoft.Storage/storageAccounts/blobServices/containers': { version: '2025-06-01' },
  'Microsoft.Web/serverfarms': { version: '2025-03-01' },
  'Microsoft.Web/sites': { version: '2025-03-01' },
  'Microsoft.Web/sites/functions': { version: '2025-03-01' },
};

const folder = resolve(__dirname, '../../../infra');
const used = globSync('**/*.bicep', { cwd: folder }).flatMap((file) =>
  [...readFileSync(join(folder, file), 'utf8').matchAll(/^ *resource \w+ '([^'@]+)@([^']+)'/gm)].map(
    ([, type = '', version = '']) => ({ type, version }),
  ),
);

describe('API versions of infra', () => {
  it('are those of the list, and the list has no other', () => {
    const listed = Object.entries(versions).map(([type, { version }]) => `${type}@${version}`);
    expect([...new Set(used.map(({ type, version }) => `${type}@${version}`))].toSorted()).toEqual(listed.toSorted());
  });

  it.each(Object.entries(versions))('is stable and less than two years old, or says why not: %s', (_type, entry) => {
    const ageDays = (Date.parse(lookedThroughOn) - Date.parse(entry.version.slice(0, 10))) / 86_400_000;
    expect(ageDays).toBeGreaterThanOrEqual(0);
    expect(ageDays > oldestDays || entry.version.endsWith('-preview')).toBe(entry.whyOlder !== undefined);
  });
});
