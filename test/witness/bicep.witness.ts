// Goal: what infra/ describes is what Azure's own compiler understands, and is what the application needs.
// Method: compile it with the real Bicep compiler, and read what it would deploy.

import { copyInfra, type InfraFolder, type PredictedResource } from './support/run-bicep.ts';

const administratorKey = 'k'.repeat(40);

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

  it('deploys the administrator’s key that the environment holds', () => {
    expect(secretNames(infra.predict({ GATEHOUSE_ADMINISTRATOR_KEY: administratorKey }))).toContain(
      'administrator-key',
    );
  });

  it('leaves the administrator’s key as it is when the environment holds none', () => {
    expect(secretNames(infra.predict())).not.toContain('administrator-key');
  });

  it('takes no administrator’s key that is too short', () => {
    expect(() => infra.predict({ GATEHOUSE_ADMINISTRATOR_KEY: 'short' })).toThrow(/32/);
  });
});

function secretNames(resources: readonly PredictedResource[]): readonly string[] {
  return resources
    .filter(({ type }) => type === 'Microsoft.KeyVault/vaults/secrets')
    .map(({ name }) => name.split('/').at(-1) ?? '')
    .toSorted();
}
