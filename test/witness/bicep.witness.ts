// Goal: what infra/ describes is what Azure's own compiler understands, and is what the application needs.
// Method: compile it with the real Bicep compiler, and read what it would deploy.

import { copyInfra, type InfraFolder, type PredictedResource } from './support/run-bicep.ts';

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
    ['lint', ['lint', 'main.bicep']],
    ['build-params', ['build-params', 'main.bicepparam', '--stdout']],
  ])('%s passes without a word, and without any secret in the environment', (_what, args) => {
    expect(infra.run(args)).toMatchObject({ exitCode: 0, complaints: '' });
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
    const resources = infra.predict({ GATEHOUSE_IS_PUBLISHED: 'true' });
    const [topic] = resources.filter(({ type }) => type === 'Microsoft.EventGrid/systemTopics');
    const [subscription] = resources.filter(({ type }) => type.endsWith('/eventSubscriptions'));
    const [alert] = resources.filter(({ type }) => type === 'Microsoft.Insights/metricAlerts');

    expect(topic).toMatchObject({ location: 'global' });
    expect(topic).not.toHaveProperty('identity');
    expect(Object.keys(subscription?.properties ?? {}).filter((name) => /deadLetter/i.test(name))).toEqual([]);
    expect(alert?.properties).toMatchObject({ scopes: [topic?.id], enabled: true });
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
