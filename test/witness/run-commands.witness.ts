/**
 * Every operation on Arc's machines and run commands that the emulator has, from its first answer to its refusals, held
 * to Azure's published description.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ArmStack, startArmStack } from '../support/arm-stack.ts';
import { createRecordingMachines, type RecordingMachines } from '../support/windows/recording-machines.ts';
import { type ExchangeReport, reportName } from './support/traffic-report.ts';

const root = resolve(__dirname, '..', '..');
const descriptions = resolve(root, process.env['OPENAPI_DIR'] ?? '../shared/openapi');
const minuteMs = 60_000;

const operations = [
  'MachineRunCommands_CreateOrUpdate',
  'MachineRunCommands_Delete',
  'MachineRunCommands_Get',
  'MachineRunCommands_List',
  'Machines_Get',
];

async function callEverything(stack: ArmStack, machines: RecordingMachines): Promise<void> {
  const machine = `/subscriptions/${stack.subscriptionId}/resourceGroups/onprem/providers/Microsoft.HybridCompute/machines/HOST1`;
  const version = 'api-version=2025-01-13';
  const command = `${machine}/runCommands/p4?${version}`;
  const body = {
    location: 'westeurope',
    tags: { operation: 'vpn-access' },
    properties: {
      source: { script: '# Gatehouse step P4' },
      parameters: [{ name: 'Invocation', value: 'eyJ2IjoxfQ' }],
      protectedParameters: [{ name: 'Key', value: 'x' }],
      asyncExecution: true,
      runAsUser: 'CORP\\sql',
      runAsPassword: 'x',
      timeoutInSeconds: 600,
      outputBlobUri: 'https://store.example/run-commands/p4',
      outputBlobManagedIdentity: {},
    },
  };
  await stack.send('GET', `${machine}?${version}`);
  machines.machine = { ...machines.machine, isConnected: false, blocksRunCommands: true };
  await stack.send('GET', `${machine}?${version}`);
  machines.machine = { ...machines.machine, isConnected: true, blocksRunCommands: false };
  await stack.send('GET', command);
  await stack.send('PUT', command, { body });
  await stack.send('GET', command);
  await stack.test.advance(minuteMs);
  await stack.send('GET', command);
  const id = machines.started[0]?.id ?? '';
  const ended = { exitCode: 3010, output: 'o', error: 'e', endedAtMs: Date.now(), hasTimedOut: false };
  machines.runs.set(id, { state: 'ended', ...ended });
  await stack.send('GET', command);
  await stack.send('GET', `${machine}/runCommands?${version}&$expand=instanceView`);
  await stack.send('PUT', command, { body });
  await stack.send('PUT', command, { body: { ...body, location: 'eastus' } });
  await stack.send('DELETE', command);
  await stack.test.advance(minuteMs);
  await stack.send('DELETE', command);
}

describe('sandbox/arm/hybrid-compute', () => {
  let work: string;
  let machines: RecordingMachines;
  let stack: ArmStack;

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'gatehouse-run-commands-'));
    machines = createRecordingMachines();
    stack = await startArmStack({ machines });
  });

  afterAll(async () => {
    await stack.close();
    rmSync(work, { recursive: true, force: true });
  });

  it('answers every operation as Azure publishes it', async () => {
    await callEverything(stack, machines);
    const traffic = join(work, 'traffic.jsonl');
    writeFileSync(traffic, stack.test.exchanges.map((exchange) => `${JSON.stringify(exchange)}\n`).join(''));

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
