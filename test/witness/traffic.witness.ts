/**
 * Everything that the app and the stand-ins say to each other on the line, held to Azure's published API descriptions: bodies,
 * statuses, and every value of an enumeration.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { networkPath } from '../e2e/support/azure.ts';
import { buildGateway, createRoot, followAccepted, issue, reinstate, revoke, trustRoot } from '../e2e/support/line.ts';
import { startStack } from '../support/stack.ts';
import { reportName, type ExchangeReport } from './support/traffic-report.ts';

const root = resolve(__dirname, '..', '..');
const descriptions = resolve(root, process.env['OPENAPI_DIR'] ?? '../shared/openapi');
const node = ['--disable-warning=ExperimentalWarning'];

/** Every described operation that the app uses, and whoever puts its own secrets into its vault. */
const operations = [
  'CreateCertificate',
  'GetCertificate',
  'GetCertificateOperation',
  'GetCertificateVersions',
  'GetKey',
  'GetSecret',
  'MergeCertificate',
  'PublicIPAddresses_CreateOrUpdate',
  'PublicIPAddresses_Delete',
  'PublicIPAddresses_Get',
  'ResourceGroups_CreateOrUpdate',
  'ResourceGroups_Delete',
  'ResourceGroups_Get',
  'ResourceGroups_List',
  'Resources_ListByResourceGroup',
  'SetSecret',
  'UpdateCertificate',
  'VirtualNetworkGateways_CreateOrUpdate',
  'VirtualNetworkGateways_Delete',
  'VirtualNetworkGateways_DisconnectVirtualNetworkGatewayVpnConnections',
  'VirtualNetworkGateways_GenerateVpnProfile',
  'VirtualNetworkGateways_Get',
  'VirtualNetworkGateways_GetVpnclientConnectionHealth',
  'VirtualNetworks_CreateOrUpdate',
  'VirtualNetworks_Delete',
  'VirtualNetworks_Get',
  'sign',
];

describe('sandbox/platform/traffic-recorder', () => {
  let work: string;

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'gatehouse-traffic-'));
  });

  afterAll(() => {
    rmSync(work, { recursive: true, force: true });
  });

  it('records a line in which every exchange is as Azure publishes it, and no operation of the app is missing', async () => {
    await recordLine(join(work, 'stack'));

    const reports = validate(join(work, 'stack', 'traffic.jsonl'), work);

    expect(reports.filter(({ errors }) => errors.length > 0)).toEqual([]);
    const seen = new Set(reports.flatMap(({ operationId }) => (operationId === undefined ? [] : [operationId])));
    expect([...seen].toSorted()).toEqual(operations);
  });

  it('is told to be unable to run, in one line, where the descriptions are missing', () => {
    const { status, stderr } = spawnSync(process.execPath, [...node, join(root, 'tools', 'witness-prerequisites.ts')], {
      env: { PATH: process.env['PATH'], OPENAPI_DIR: join(work, 'nowhere') },
      encoding: 'utf8',
    });

    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('OPENAPI_DIR')]);
  });
});

/** Walks the line, a session that is cut and the removal included. */
async function recordLine(directory: string): Promise<void> {
  mkdirSync(directory);
  const stack = await startStack({ speed: 4000, record: true, directory });
  try {
    await buildGateway(stack);
    await createRoot(stack, 'recorded');
    await trustRoot(stack, 'vnet1gw', 'recorded');
    const { thumbprint } = await issue(stack, { rootId: 'recorded' });
    const session = { gateway: networkPath(stack), thumbprint, publicIp: '203.0.113.7:1194' };
    expect((await stack.control('POST', '/sessions', session)).status).toBe(201);
    await revoke(stack, thumbprint);
    await reinstate(stack, thumbprint);
    await followAccepted(stack, await stack.api('DELETE', '/api/gateways/vnet1gw'));
  } finally {
    await stack.stop();
  }
}

function validate(trafficFile: string, folder: string): readonly ExchangeReport[] {
  const script = join(__dirname, 'support', 'validate-traffic.ts');
  execFileSync(process.execPath, [...node, script, trafficFile, descriptions, folder], {
    env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder },
    stdio: 'pipe',
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(readFileSync(join(folder, reportName), 'utf8')) as ExchangeReport[];
}
