// Goal: what infra/ describes is what Azure's own compiler understands, and is what the application needs.
// Method: compile it with the real Bicep compiler, and read what it would deploy.

import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { settingNames } from '../support/setting-names.ts';
import { copyInfra, type InfraFolder, type PredictedResource } from './support/run-bicep.ts';

const infraFolder = resolve(__dirname, '../../infra');
const actionGroupId =
  '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/monitoring/providers/Microsoft.Insights/actionGroups/on-call';

/** What the application reads and the template does not give, with the reason. */
const settingsNotGiven: Readonly<Record<string, string>> = {
  AZURE_AUTHORITY_HOST: 'in Azure the identity needs no authority',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'the collector is the operator’s own, and its headers are a secret',
  GATEHOUSE_USUAL_TIME_DIVISOR: 'Azure takes its usual times',
};
/** What the Functions host and its extensions read. */
const settingsOfTheHost = [
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'AzureWebJobsStorage__accountName',
  'AzureWebJobsStorage__clientId',
  'AzureWebJobsStorage__credential',
  'GATEHOUSE_TASK_HUB',
];

const keyGiven = { GATEHOUSE_ADMINISTRATOR_KEY: 'k'.repeat(40) };
const webhookGiven = {
  GATEHOUSE_WEBHOOK_URL: 'https://hooks.contoso.com/gatehouse',
  GATEHOUSE_WEBHOOK_SECRET: 's'.repeat(40),
};

describe('infra', () => {
  let infra: InfraFolder;

  beforeAll(() => {
    infra = copyInfra();
  });

  afterAll(() => {
    infra.remove();
  });

  it.each([
    ['build', ['build', 'main.bicep', '--stdout']],
    ['build of what the hook deploys', ['build', 'gateway-changes.bicep', '--stdout']],
    ['lint', ['lint', 'main.bicep']],
    ['lint of what the hook deploys', ['lint', 'gateway-changes.bicep']],
    ['build of what other subscriptions are given', ['build', 'app/inventory-access.bicep', '--stdout']],
    ['lint of the parameters', ['lint', 'main.bicepparam']],
    ['build-params', ['build-params', 'main.bicepparam', '--stdout']],
  ])('%s passes without a word, and without any secret in the environment', (_what, args) => {
    expect(infra.run(args)).toMatchObject({ exitCode: 0, complaints: '' });
  });

  it('is linted with rules that are off by default', () => {
    const copy = copyInfra();
    try {
      copy.edit('gateway-changes.bicep', (text) => text.replaceAll(/^@description.*\n/gm, ''));
      expect(copy.run(['lint', 'gateway-changes.bicep']).complaints).toMatch(/Warning use-description-params/);
    } finally {
      copy.remove();
    }
  });

  it('is written as the compiler writes it', () => {
    const files = globSync('**/*.{bicep,bicepparam}', { cwd: infraFolder });
    const textsIn = (folder: string): readonly string[] =>
      files.map((file) => readFileSync(join(folder, file), 'utf8'));
    const copy = copyInfra();
    try {
      for (const pattern of ['**/*.bicep', '*.bicepparam']) {
        expect(copy.run(['format', '--pattern', pattern])).toMatchObject({ exitCode: 0, complaints: '' });
      }
      expect(textsIn(copy.folder)).toEqual(textsIn(infraFolder));
    } finally {
      copy.remove();
    }
  });

  it('is deployed with these resources and no other', () => {
    const count = new Map<string, number>();
    for (const { type } of infra.predict()) count.set(type, (count.get(type) ?? 0) + 1);

    expect(Object.fromEntries(count)).toEqual({
      'Microsoft.Authorization/roleAssignments': 10,
      'Microsoft.Authorization/roleDefinitions': 2,
      'Microsoft.EventGrid/systemTopics': 1,
      'Microsoft.Insights/components': 1,
      'Microsoft.Insights/diagnosticSettings': 2,
      'Microsoft.Insights/metricAlerts': 1,
      'Microsoft.KeyVault/vaults': 2,
      'Microsoft.ManagedIdentity/userAssignedIdentities': 1,
      'Microsoft.OperationalInsights/workspaces': 1,
      'Microsoft.Resources/resourceGroups': 1,
      'Microsoft.Storage/storageAccounts': 1,
      'Microsoft.Storage/storageAccounts/blobServices': 1,
      'Microsoft.Storage/storageAccounts/blobServices/containers': 1,
      'Microsoft.Web/serverfarms': 1,
      'Microsoft.Web/sites': 1,
      'Microsoft.Web/sites/basicPublishingCredentialsPolicies': 2,
      'Microsoft.Web/sites/config': 1,
    });
  });

  it('gives the application every setting that it reads, and nothing that nobody reads', () => {
    const [config] = infra.predict().filter(({ type }) => type === 'Microsoft.Web/sites/config');

    expect(Object.keys(config?.properties ?? {}).toSorted()).toEqual(
      [...settingNames.filter((name) => !Object.hasOwn(settingsNotGiven, name)), ...settingsOfTheHost].toSorted(),
    );
  });

  it('takes everything that azd knows from its environment', () => {
    const resources = infra.predict({
      AZURE_ENV_NAME: 'Contoso-test',
      AZURE_LOCATION: 'northeurope',
      GATEHOUSE_NAME: 'contoso',
      GATEHOUSE_WEBHOOK_ALLOWED_HOSTS: 'one.contoso.local,two.contoso.local',
      GATEHOUSE_KEEP_EVENTS_DAYS: '45',
      GATEHOUSE_STORAGE_REDUNDANCY: 'Standard_LRS',
      GATEHOUSE_ALERT_ACTION_GROUP_IDS: actionGroupId,
      GATEHOUSE_GATEWAY_RESOURCE_GROUPS: 'networks-a,networks-b',
      GATEHOUSE_RUNS_COMMANDS_ON_ARC_MACHINES: 'true',
      GATEHOUSE_SEES_ALL_GATEWAYS: 'true',
      GATEHOUSE_SEES_REGIONS: 'true',
    });
    const one = (type: string): PredictedResource | undefined => resources.find((resource) => resource.type === type);

    expect(one('Microsoft.Resources/resourceGroups')).toMatchObject({
      name: 'Contoso-test-app',
      location: 'northeurope',
    });
    expect(one('Microsoft.Web/sites')?.name).toMatch(/^contoso-/);
    expect(one('Microsoft.Web/sites/config')?.properties).toMatchObject({
      GATEHOUSE_WEBHOOK_ALLOWED_HOSTS: 'one.contoso.local,two.contoso.local',
      GATEHOUSE_KEEP_EVENTS_DAYS: '45',
    });
    expect(one('Microsoft.Storage/storageAccounts')?.sku?.name).toBe('Standard_LRS');
    expect(one('Microsoft.Insights/metricAlerts')?.properties?.['actions']).toEqual([{ actionGroupId }]);
    const groups = resources.flatMap(
      ({ name }) => /^\[guid\('[^']*\/resourceGroups\/(networks-\w)'/.exec(name)?.[1] ?? [],
    );
    expect(groups.toSorted()).toEqual(['networks-a', 'networks-b']);
    expect(roleNames(resources)).toEqual([
      expect.stringMatching(/ gateways$/),
      expect.stringMatching(/ inventory$/),
      expect.stringMatching(/ regions$/),
      expect.stringMatching(/ run commands$/),
    ]);
  });

  it('is tagged for azd: whatever can be, with the environment, and the application with its service', () => {
    const resources = infra.predict({ AZURE_ENV_NAME: 'contoso-test' });
    const untagged = resources.filter(({ tags }) => tags?.['azd-env-name'] !== 'contoso-test');
    const services = resources.filter(({ tags }) => tags?.['azd-service-name'] !== undefined);

    expect([...new Set(untagged.map(({ type }) => type))].toSorted()).toEqual([
      'Microsoft.Authorization/roleAssignments',
      'Microsoft.Authorization/roleDefinitions',
      'Microsoft.Insights/diagnosticSettings',
      'Microsoft.Storage/storageAccounts/blobServices',
      'Microsoft.Storage/storageAccounts/blobServices/containers',
      'Microsoft.Web/sites/basicPublishingCredentialsPolicies',
      'Microsoft.Web/sites/config',
    ]);
    expect(services.map(({ type, tags }) => [type, tags?.['azd-service-name']])).toEqual([
      ['Microsoft.Web/sites', 'app'],
    ]);
  });

  it('makes two environments of one subscription two applications', () => {
    const namesIn = (environment: string): readonly string[] =>
      infra
        .predict({ AZURE_ENV_NAME: environment })
        .filter(({ type }) => /vaults$|storageAccounts$|sites$|resourceGroups$|roleDefinitions$/.test(type))
        .map(({ id }) => id);
    const first = namesIn('first');

    expect(namesIn('second').filter((id) => first.includes(id))).toEqual([]);
  });

  it('writes the secrets that the environment holds, to the vault that no request reaches', () => {
    const resources = infra.predict({ ...keyGiven, ...webhookGiven });

    expect(secretsIn(resources)).toEqual({
      [appVaultName(resources)]: ['administrator-key', 'webhook-secret', 'webhook-url'],
    });
  });

  it('leaves every secret as it is when the environment holds none', () => {
    expect(secretsIn(infra.predict())).toEqual({});
  });

  it('leaves the webhook as it is when the environment holds the key alone', () => {
    const resources = infra.predict(keyGiven);

    expect(secretsIn(resources)).toEqual({ [appVaultName(resources)]: ['administrator-key'] });
  });

  it.each([
    ['a key that is too short', { GATEHOUSE_ADMINISTRATOR_KEY: 'short' }, /32/],
    ['a webhook without its secret', { GATEHOUSE_WEBHOOK_URL: webhookGiven.GATEHOUSE_WEBHOOK_URL }, /16/],
    [
      'a webhook’s secret without its address',
      { GATEHOUSE_WEBHOOK_SECRET: webhookGiven.GATEHOUSE_WEBHOOK_SECRET },
      /10/,
    ],
  ])('refuses %s', (_what, environment, words) => {
    expect(() => infra.predict(environment)).toThrow(words);
  });

  it.each(['Gatehouse', 'gate-house', '1gate', 'ga', 'gatehouse01'])('refuses the name %s', (name) => {
    expect(() => infra.predict({}, { name })).toThrow(/letter first|length/);
  });

  it.each(['abc', 'gatehouse1'])('makes names that Azure takes of %s', (name) => {
    const resources = infra.predict({}, { name });
    const namesOf = (type: string): readonly string[] =>
      resources.filter((one) => one.type === type).map((one) => one.name);

    expect(namesOf('Microsoft.Storage/storageAccounts')).toEqual([expect.stringMatching(/^[a-z0-9]{3,24}$/)]);
    const vaults = namesOf('Microsoft.KeyVault/vaults');
    expect(new Set(vaults).size).toBe(2);
    for (const vault of vaults) expect(vault).toMatch(/^(?=.{3,24}$)[a-z](?:-?[a-z0-9])*$/);
    expect(namesOf('Microsoft.Web/sites')).toEqual([expect.stringMatching(/^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$/)]);
  });

  it('gives the system topic no identity, which Azure refuses in global, and watches for dropped deliveries', () => {
    const resources = infra.predict();
    const [topic] = resources.filter(({ type }) => type === 'Microsoft.EventGrid/systemTopics');
    const [alert] = resources.filter(({ type }) => type === 'Microsoft.Insights/metricAlerts');

    expect(topic).toMatchObject({ location: 'global' });
    expect(topic).not.toHaveProperty('identity');
    expect(alert?.properties).toMatchObject({ scopes: [topic?.id], enabled: true });
  });

  it('takes the system topic that a subscription has already, since it can have one only', () => {
    const topicId =
      '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/shared/providers/Microsoft.EventGrid/systemTopics/changes';
    const resources = infra.predict({ GATEHOUSE_EXISTING_EVENT_TOPIC_ID: topicId });
    const [site] = resources.filter(({ type }) => type === 'Microsoft.Web/sites');
    const [alert] = resources.filter(({ type }) => type === 'Microsoft.Insights/metricAlerts');

    expect(resources.filter(({ type }) => type === 'Microsoft.EventGrid/systemTopics')).toEqual([]);
    expect(alert?.properties).toMatchObject({
      scopes: [topicId],
      criteria: { allOf: [{ dimensions: [{ name: 'EventSubscriptionName', values: [site?.name] }] }] },
    });
  });

  it.each([
    '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/a/providers/Microsoft.EventGrid/systemTopics/changes',
    '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/a/providers/Microsoft.EventGrid/topics/changes',
    'changes',
  ])('refuses %s for the topic of the subscription', (id) => {
    expect(() => infra.predict({ GATEHOUSE_EXISTING_EVENT_TOPIC_ID: id })).toThrow(/system topic of this subscription/);
  });

  it('asks for zones only where the region has them, unless it is told', () => {
    const redundancy = (changes: Readonly<Record<string, string>>): string | undefined =>
      infra.predict({}, changes).find(({ type }) => type === 'Microsoft.Storage/storageAccounts')?.sku?.name;

    expect(redundancy({})).toMatch(/^\[if\(empty\(pickZones\(.*'Standard_LRS', 'Standard_ZRS'\)\]$/);
    expect(redundancy({ storageRedundancy: 'Standard_LRS' })).toBe('Standard_LRS');
  });

  it('writes down who used either vault', () => {
    const resources = infra.predict();
    const audited = resources
      .filter(({ type }) => type === 'Microsoft.Insights/diagnosticSettings')
      .map(({ id }) => /vaults\/([^/]+)\//.exec(id)?.[1]);

    expect(audited.toSorted()).toEqual(vaultNames(resources));
  });
});

function vaultNames(resources: readonly PredictedResource[]): readonly string[] {
  return resources
    .filter(({ type }) => type === 'Microsoft.KeyVault/vaults')
    .map(({ name }) => name)
    .toSorted();
}

/** Names of the roles that are defined, without what makes them unique. */
function roleNames(resources: readonly PredictedResource[]): readonly string[] {
  return resources
    .filter(({ type }) => type === 'Microsoft.Authorization/roleDefinitions')
    .map(({ properties }) => String(properties?.['roleName']))
    .toSorted();
}

/** The vault that the application is told to read its own secrets from; not the one that requests name secrets of. */
function appVaultName(resources: readonly PredictedResource[]): string {
  return vaultNames(resources).find((name) => name.includes('-app-')) ?? 'none';
}

/** Names of secrets by vault. */
function secretsIn(resources: readonly PredictedResource[]): Readonly<Record<string, readonly string[]>> {
  const secrets = resources.filter(({ type }) => type === 'Microsoft.KeyVault/vaults/secrets');
  const inVault = (vault: string): readonly string[] =>
    secrets
      .filter(({ name }) => name.startsWith(`${vault}/`))
      .map(({ name }) => name.slice(vault.length + 1))
      .toSorted();
  const vaults = new Set(secrets.map(({ name }) => name.split('/')[0] ?? ''));
  return Object.fromEntries([...vaults].map((vault) => [vault, inVault(vault)]));
}
