/**
 * Every operation on secrets that the local vault has, called by the real client and by bare requests, held to Azure's
 * published description of the vault.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startTestVault, type TestVault } from '../support/vault-clients.ts';
import { type ExchangeReport, reportName } from './support/traffic-report.ts';

const root = resolve(__dirname, '..', '..');
const descriptions = resolve(root, process.env['OPENAPI_DIR'] ?? '../shared/openapi');

const operations = [
  'DeleteSecret',
  'GetDeletedSecret',
  'GetDeletedSecrets',
  'GetSecret',
  'GetSecretVersions',
  'GetSecrets',
  'PurgeDeletedSecret',
  'RecoverDeletedSecret',
  'SetSecret',
  'UpdateSecret',
];

async function callEverything({ secrets, ask, test }: TestVault): Promise<void> {
  const { properties } = await secrets.setSecret('shared-key', 'value', {
    contentType: 'text/plain',
    tags: { a: 'b' },
  });
  const version = properties.version ?? '';
  await secrets.getSecret('shared-key');
  await secrets.getSecret('shared-key', { version });
  await secrets.updateSecretProperties('shared-key', version, { enabled: false });
  await ask('GET', `/secrets/shared-key/${version}`);
  await ask('GET', `/secrets/absent/${version}`);
  await secrets.updateSecretProperties('shared-key', version, { enabled: true });
  await ask('GET', '/secrets');
  await ask('GET', '/secrets/shared-key/versions');
  const moveOn = (): void => {
    test.host.clock.moveTo(test.host.clock.nowMs() + 10_000);
  };
  await secrets.beginDeleteSecret('shared-key');
  moveOn();
  await ask('PUT', '/secrets/shared-key', { value: 'x' });
  await secrets.getDeletedSecret('shared-key');
  await ask('GET', '/deletedsecrets');
  await secrets.beginRecoverDeletedSecret('shared-key');
  moveOn();
  await secrets.beginDeleteSecret('shared-key');
  moveOn();
  await secrets.purgeDeletedSecret('shared-key');
}

describe('sandbox/keyvault/secrets', () => {
  let work: string;
  let vault: TestVault;

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'));
    vault = await startTestVault();
  });

  afterAll(async () => {
    await vault.close();
    rmSync(work, { recursive: true, force: true });
  });

  it('answers every operation as Azure publishes it', async () => {
    await callEverything(vault);
    const traffic = join(work, 'traffic.jsonl');
    writeFileSync(traffic, vault.test.exchanges.map((exchange) => `${JSON.stringify(exchange)}\n`).join(''));

    const script = join(__dirname, 'support', 'validate-traffic.ts');
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', script, traffic, descriptions, work], {
      env: { PATH: process.env['PATH'], HOME: work, TMPDIR: work },
      stdio: 'pipe',
      maxBuffer: 64 * 1024 * 1024,
    });

    const reports = JSON.parse(readFileSync(join(work, reportName), 'utf8')) as ExchangeReport[];
    expect(reports.filter(({ errors }) => errors.length > 0)).toEqual([]);
    const seen = new Set(reports.flatMap(({ operationId }) => (operationId === undefined ? [] : [operationId])));
    expect([...seen].toSorted()).toEqual(operations);
  });
});
