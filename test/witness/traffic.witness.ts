/**
 * Everything that the app and the emulators say to each other on the line, with the rights that the deployment gives.
 * It is held to Azure's published API descriptions: bodies, statuses, and every value of an enumeration; and the rights
 * are held to it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Inventory } from '../../src/services/gateways/inventory-view.ts';
import { changeGatewayInPortal, type GatewayResource, networkPath, readSecrets } from '../e2e/support/azure.ts';
import { makeForeignGateways } from '../e2e/support/foreign-gateways.ts';
import {
  buildGateway,
  createRoot,
  expectStatus,
  followAccepted,
  issue,
  reinstate,
  revoke,
  trustRoot,
} from '../e2e/support/line.ts';
import { host, setUpPoc } from '../e2e/support/onprem-vpn.ts';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { actionOf, covers } from './support/role-actions.ts';
import { copyInfra, type PredictedResource } from './support/run-bicep.ts';
import { type ExchangeReport, type RecordedExchange, reportName } from './support/traffic-report.ts';

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
  'MachineRunCommands_CreateOrUpdate',
  'MachineRunCommands_Delete',
  'MachineRunCommands_Get',
  'Machines_Get',
  'MergeCertificate',
  'PublicIPAddresses_CreateOrUpdate',
  'PublicIPAddresses_Delete',
  'PublicIPAddresses_Get',
  'PublicIPAddresses_ListAll',
  'ResourceGroups_CreateOrUpdate',
  'ResourceGroups_Delete',
  'ResourceGroups_Get',
  'ResourceGroups_List',
  'Resources_List',
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

/** Rights that no call of the line is, each with what it is for. */
const rightsOfNoCall: Readonly<Record<string, string>> = {
  '*/read': 'a resource group is deleted only when nothing in it can be hidden',
  'Microsoft.Network/locations/operations/read': 'of an operation that failed its own words are read',
  // What a resource that is written names, Azure asks the writer's right to.
  'Microsoft.Network/ddosProtectionPlans/join/action': 'a network that has a plan is written with it',
  'Microsoft.Network/localNetworkGateways/write': 'Azure’s documents ask it of whoever writes a gateway',
  'Microsoft.Network/natGateways/join/action': 'a network is written with the gateways of its subnets',
  'Microsoft.Network/networkManagers/ipamPools/associateResourcesToPool/action':
    'a network that has its addresses from a pool is written with it',
  'Microsoft.Network/networkSecurityGroups/join/action': 'a network is written with the groups of its subnets',
  'Microsoft.Network/publicIPAddresses/join/action': 'a gateway is put on an address',
  'Microsoft.Network/routeTables/join/action': 'a network is written with the tables of its subnets',
  'Microsoft.Network/routeTables/read': 'before a build the table of the gateway’s subnet is read',
  'Microsoft.Network/serviceEndpointPolicies/join/action': 'a network is written with the policies of its subnets',
  'Microsoft.Network/virtualNetworks/peer/action': 'a network is written with its peerings',
  'Microsoft.Network/virtualNetworks/subnets/join/action': 'a gateway is put into a subnet',
  'Microsoft.Network/virtualNetworks/subnets/read': 'Azure’s documents ask it of whoever puts a gateway into a subnet',
  'Microsoft.Network/virtualNetworks/subnets/write':
    'Azure’s documents ask it of whoever makes a subnet with its network',
};

/**
 * What each built-in role on the vault of roots and machines is for, by its id: operations of vaults have no resource
 * in their names.
 */
const vaultRoles: Readonly<Record<string, readonly string[]>> = {
  // Key Vault Crypto User.
  '12338af0-0e69-4776-bea7-57ae8d297424': ['GetKey', 'sign'],
  // Key Vault Certificates Officer.
  'a4417e6f-fecd-4de8-b567-7b0420556985': [
    'CreateCertificate',
    'GetCertificate',
    'GetCertificateOperation',
    'GetCertificateVersions',
    'MergeCertificate',
    'UpdateCertificate',
  ],
  // Key Vault Secrets Officer.
  'b86a8fe4-44ce-4948-aee5-eccb2c155cd7': ['GetSecret', 'SetSecret'],
};

/** Says only that the line hangs: it has a stack's start, a build, a removal and a machine in it. */
const wholeLineTimeoutMs = 600_000;

describe('sandbox/platform/traffic-recorder', () => {
  let work: string;
  let resources: readonly PredictedResource[];
  let rights: readonly string[];
  let scanRights: readonly string[];
  let scan: Scan;

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'gatehouse-traffic-'));
    resources = predictEverything();
    rights = resources.flatMap(({ properties }) => actionsIn(properties));
    scanRights = resources.flatMap(({ properties }) =>
      String(properties?.['roleName']).endsWith(' inventory') ? actionsIn(properties) : [],
    );
    scan = await recordLine(join(work, 'stack'), rights, scanRights);
  }, wholeLineTimeoutMs);

  afterAll(() => {
    rmSync(work, { recursive: true, force: true });
  });

  it('records a line in which every exchange is as Azure publishes it, and no operation of the app is missing', () => {
    const reports = validate(join(work, 'stack', 'traffic.jsonl'), work);

    expect(reports.filter(({ errors }) => errors.length > 0)).toEqual([]);
    const seen = new Set(reports.flatMap(({ operationId }) => (operationId === undefined ? [] : [operationId])));
    expect([...seen].toSorted()).toEqual(operations);
  });

  it('records no call that the roles do not allow, and the roles allow nothing that no call is', () => {
    const asked = new Set(readArmCalls(join(work, 'stack', 'traffic.jsonl')).map(actionOf));

    expect([...asked].filter((action) => !rights.some((right) => covers(right, action)))).toEqual([]);
    const unused = rights.filter((right) => ![...asked].some((action) => right.toLowerCase() === action.toLowerCase()));
    expect(unused.toSorted()).toEqual(Object.keys(rightsOfNoCall).toSorted());
  });

  it('records that a scan sees everything with the rights of its own role, and uses each of them', () => {
    expect(scan.inventory).toMatchObject({ notSeen: [], gateways: [{ name: 'others', sessions: { total: 0 } }] });
    expect(scan.inventory.gateways[0]?.sessions).not.toHaveProperty('notLookedAt');
    const asked = new Set(scan.calls.map((call) => actionOf(call).toLowerCase()));
    // The application's own look at Azure, each minute, is none of the scan's.
    asked.delete('microsoft.resources/subscriptions/resourcegroups/read');
    expect([...asked].toSorted()).toEqual(scanRights.map((right) => right.toLowerCase()).toSorted());
  });

  it('records each operation of the vault for which a role on it is, and no other', () => {
    const assigned = resources
      .filter(
        ({ type, name }) =>
          type === 'Microsoft.Authorization/roleAssignments' && /vaults\/gatehouse-(?!app-)/.test(name),
      )
      .map(({ properties }) => String(properties?.['roleDefinitionId']).split('/').at(-1));

    expect(assigned.toSorted()).toEqual(Object.keys(vaultRoles).toSorted());
    expect(operations.filter((name) => !name.includes('_'))).toEqual(Object.values(vaultRoles).flat().toSorted());
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

/** The template with every right that it can give. */
function predictEverything(): readonly PredictedResource[] {
  const infra = copyInfra();
  try {
    return infra.predict({
      GATEHOUSE_RUNS_COMMANDS_ON_ARC_MACHINES: 'true',
      GATEHOUSE_SEES_ALL_GATEWAYS: 'true',
      GATEHOUSE_SEES_REGIONS: 'true',
    });
  } finally {
    infra.remove();
  }
}

/** Actions of a role that is defined; none of any other resource. */
function actionsIn(properties: PredictedResource['properties']): readonly string[] {
  const { permissions = [] } = (properties ?? {}) as {
    readonly permissions?: readonly { readonly actions: readonly string[] }[];
  };
  return permissions.flatMap(({ actions }) => actions);
}

/** What a scan saw, and what it asked Resource Manager for. */
interface Scan {
  readonly inventory: Inventory;
  readonly calls: readonly RecordedExchange[];
}

/**
 * Walks the line with these rights alone: a look at a machine, a session that is cut, foreign secrets and the removal
 * included. Then it scans what others have made, with rights for that and no other.
 */
async function recordLine(directory: string, rights: readonly string[], scanRights: readonly string[]): Promise<Scan> {
  mkdirSync(directory);
  const stack = await startStack({ speed: 4000, record: true, directory, with: ['windows'] });
  try {
    await giveRole(stack, rights);
    await buildGateway(stack);
    await changeGatewayInPortal(stack, addRadiusServer);
    await createRoot(stack, 'recorded');
    await trustRoot(stack, 'vnet1gw', 'recorded');
    const { thumbprint } = await issue(stack, { rootId: 'recorded' });
    const session = { gateway: networkPath(stack), thumbprint, publicIp: '203.0.113.7:1194' };
    expect((await stack.control('POST', '/sessions', session)).status).toBe(201);
    await revoke(stack, thumbprint);
    await reinstate(stack, thumbprint);
    await followAccepted(stack, await stack.api('DELETE', '/api/gateways/vnet1gw'));
    await setUpPoc(stack, 'arc');
    await followAccepted(stack, await stack.api('POST', `/api/machines/${host}/check`));
    await makeForeignGateways(stack, { others: {} });
    await giveRole(stack, scanRights);
    return await recordScan(stack, join(directory, 'traffic.jsonl'));
  } finally {
    await stack.stop();
  }
}

/** From then on the application may do this in the subscription, and nothing else. */
async function giveRole(stack: RunningTestStack, actions: readonly string[]): Promise<void> {
  const scope = `/subscriptions/${stack.info.arm.subscriptionId}`;
  expectStatus(await stack.control('POST', '/roles', { principal: readSecrets(stack).clientId, actions, scope }), 200);
}

async function recordScan(stack: RunningTestStack, trafficFile: string): Promise<Scan> {
  const before = readArmCalls(trafficFile).length;
  await followAccepted(stack, await stack.api('POST', '/api/inventory-scans', { sessions: true }));
  const calls = readArmCalls(trafficFile).slice(before);
  const inventory = expectStatus(await stack.api('GET', '/api/inventory'), 200) as unknown as Inventory;
  return { inventory, calls };
}

function addRadiusServer(gateway: GatewayResource): unknown {
  const { vpnClientConfiguration, ...properties } = gateway.properties;
  const radiusServers = [{ radiusServerAddress: '10.1.0.9', radiusServerScore: 1, radiusServerSecret: 'recorded' }];
  return {
    ...gateway,
    properties: { ...properties, vpnClientConfiguration: { ...vpnClientConfiguration, radiusServers } },
  };
}

function readArmCalls(trafficFile: string): readonly RecordedExchange[] {
  return readFileSync(trafficFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedExchange)
    .filter(({ service }) => service === 'arm');
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
