/**
 * From a plan to a gateway through the public routes: what preflight says, what an operation tells, what a repetition
 * does.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OperationView } from '../../src/domain/operation.ts';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { groupPath, networkPath, readGateway, readResource, readSecrets } from './support/azure.ts';
import { askForFault, takeFaultsBack, throttled } from './support/faults.ts';
import {
  acceptedOperation,
  examplePlan,
  expectStatus,
  followAccepted,
  type JsonObject,
  putCountOf,
  readJournal,
  testSpeed,
  waitForOperation,
} from './support/line.ts';

jest.setTimeout(600_000);

interface PlanProblem {
  readonly path: string;
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly fix: string;
}

let stack: RunningTestStack;

beforeAll(async () => {
  stack = await startStack({ speed: testSpeed });
  await giveRole(templateRights());
});

afterAll(async () => {
  await stack.stop();
});

/** From then on the application may do this and nothing else in the subscription, or at a scope within it. */
async function giveRole(actions: readonly string[], scope = `/subscriptions/${stack.info.arm.subscriptionId}`) {
  expectStatus(await stack.control('POST', '/roles', { principal: readSecrets(stack).clientId, actions, scope }), 200);
}

/** What the template lets the application do: the roles that these files define. */
function templateRights(...names: readonly string[]): readonly string[] {
  return (names.length === 0 ? ['gateway-role', 'subscription-access'] : names).flatMap((name) => {
    const file = resolve(__dirname, '..', '..', 'infra', 'app', `${name}.bicep`);
    const [, actions = ''] = /actions: \[([^\]]*)\]/.exec(readFileSync(file, 'utf8')) ?? [];
    const defined = [...actions.matchAll(/'([^']+)'/g)].map(([, action = '']) => action);
    expect(defined).not.toEqual([]);
    return defined;
  });
}

async function preflight(
  plan: JsonObject,
): Promise<{ readonly ok: boolean; readonly problems: readonly PlanProblem[] }> {
  const body = expectStatus(await stack.api('POST', '/api/gateway-preflights', plan), 200);
  return body as unknown as { readonly ok: boolean; readonly problems: readonly PlanProblem[] };
}

/** The portal's network, beside the other one. */
function portalPlan(): JsonObject {
  return { ...examplePlan('vnet1-portal'), name: 'PortalGW', clientAddressPool: ['172.16.202.0/24'] };
}

describe('src/functions/gateways/gateways, preflight', () => {
  it('names everything that Azure has changed since the article in one answer, with when', async () => {
    const { ok, problems } = await preflight(examplePlan('vnet1-as-written'));

    expect(ok).toBe(false);
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ path }) => path).toSorted()).toEqual([
      '/protocols/1',
      '/publicIp/allocationMethod',
      '/publicIp/sku',
      '/sku',
    ]);
    const messageAt = (path: string): string => errors.find((problem) => problem.path === path)?.message ?? '';
    expect(messageAt('/sku')).toMatch(/VpnGw1\b.*2025-01-01|VpnGw1\b.*2026-09-30/);
    expect(messageAt('/publicIp/allocationMethod')).toMatch(/2023-12-01/);
    expect(messageAt('/publicIp/sku')).toMatch(/2023-12-01|2026/);
    expect(messageAt('/protocols/1')).toMatch(/SSTP.*2026-03-31/);
    expect(errors.every(({ fix }) => fix.length > 0)).toBe(true);
  });

  it('refuses the Basic SKU by name, with what it cannot do', async () => {
    const { ok, problems } = await preflight({ ...examplePlan('vnet1-powershell'), sku: 'Basic' });

    expect(ok).toBe(false);
    expect(problems).toContainEqual(expect.objectContaining({ path: '/sku', severity: 'error' }));
    expect(problems.find(({ path }) => path === '/sku')?.message).toContain('Basic');
  });

  it.each([
    ['vnet1-powershell', ['/virtualNetwork/dnsServers', '/virtualNetwork/dnsServers/0']],
    ['vnet1-portal', []],
  ])('lets %s pass, with a warning at most', async (name, warnings) => {
    const { ok, problems } = await preflight(examplePlan(name));

    expect(ok).toBe(true);
    expect(problems.map(({ path, severity }) => [path, severity])).toEqual(warnings.map((path) => [path, 'warning']));
  });

  it('names what the identity may not do, and what it was not let look at', async () => {
    const scope = groupPath(stack, 'RightsRG');
    const rights = ['Microsoft.Resources/subscriptions/resourceGroups/*', 'Microsoft.Network/*/read'];
    await giveRole([...rights, 'Microsoft.Network/virtualNetworkGateways/*']);
    const { ok, problems } = await preflight({ ...examplePlan('vnet1-portal'), resourceGroup: 'RightsRG' });
    await giveRole(templateRights());

    expect(ok).toBe(false);
    expect(problems.map(({ severity, code, path }) => [severity, code, path])).toEqual([
      ['error', 'rightsMissing', '/resourceGroup'],
      ['warning', 'rightsMissingLater', '/resourceGroup'],
      ['warning', 'notLookedAt', '/location'],
    ]);
    expect(problems[0]?.message).toContain(`at ${scope.replace('/resourceGroups/RightsRG', '')}: Microsoft.Network/`);
    expect(problems[0]?.message).toContain('Microsoft.Network/virtualNetworks/write');
    expect(problems[0]?.message).not.toContain('Microsoft.Network/virtualNetworkGateways/');
    expect(problems[1]?.message).toContain('Microsoft.Network/publicIPAddresses/delete');
    expect(problems[2]?.message).toContain('AuthorizationFailed');
  });

  it('says before a build that the subscription may have no more, and that it has no such region', async () => {
    const full = { name: { value: 'StandardSkuPublicIpAddresses' }, unit: 'Count', currentValue: 10, limit: 10 };
    const usages = { service: 'arm', path: '/usages', times: 1 } as const;
    await askForFault(stack, usages, { status: 200, body: { value: [full] } });
    expect((await preflight(examplePlan('vnet1-portal'))).problems).toMatchObject([
      { severity: 'error', code: 'quotaExceeded', path: '/publicIp/name' },
    ]);

    const { problems } = await preflight({ ...examplePlan('vnet1-portal'), location: 'brazilsoutheast' });
    expect(problems).toMatchObject([
      { severity: 'error', code: 'locationNotOffered', path: '/location' },
      { severity: 'warning', code: 'notLookedAt', path: '/location' },
    ]);
  });

  it('refuses a subscription that is not shown to it, once', async () => {
    const subscriptionId = '00000000-0000-4000-8000-000000000000';

    expect((await preflight({ ...examplePlan('vnet1-portal'), subscriptionId })).problems).toMatchObject([
      { severity: 'error', code: 'subscriptionUnknown', path: '/subscriptionId' },
    ]);
  });

  it('refuses to build what preflight refuses, with the same codes, and asks nothing of Azure', async () => {
    const plan = examplePlan('vnet1-as-written');
    const { problems } = await preflight(plan);

    const answer = await stack.api('POST', '/api/gateways', plan);

    const { errors } = expectStatus(answer, 400) as { readonly errors: readonly { readonly code: string }[] };
    expect(errors.map(({ code }) => code)).toEqual(
      problems.filter(({ severity }) => severity === 'error').map(({ code }) => code),
    );
    expect((await readJournal(stack, { service: 'arm' })).filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('looks at regions and quotas with a gateway role in a resource group alone, once it has the role for them', async () => {
    const scope = groupPath(stack, 'OnlyRG');
    const group = { method: 'PUT', path: scope, body: { location: 'eastus' } };
    expectStatus(await stack.control('POST', '/resources', group), 200);
    await giveRole(templateRights('gateway-role'), scope);
    const notLookedAt = async (): Promise<readonly string[]> => {
      const { problems } = await preflight({ ...examplePlan('vnet1-portal'), resourceGroup: 'OnlyRG' });
      return problems.flatMap(({ code, path }) => (code === 'notLookedAt' ? [path] : []));
    };

    await giveRole(['Microsoft.Resources/subscriptions/read']);
    expect(await notLookedAt()).toEqual(['/location', '/location']);

    await giveRole(templateRights('region-access'));
    expect(await notLookedAt()).toEqual([]);
    await giveRole(templateRights());
  });
});

describe('src/functions/gateways/gateways, build', () => {
  it('builds examples/vnet1-powershell.json once for thirty parallel calls with one key, and tells of every step', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const plan = examplePlan('vnet1-powershell');
    // Azure lets no build end before it was looked at, however long the looks take.
    const gatewayPut = { service: 'arm', method: 'PUT', path: '/virtualNetworkGateways/', times: 10_000 } as const;
    await askForFault(stack, gatewayPut, throttled);

    const answers = await Promise.all(Array.from({ length: 30 }, () => stack.api('POST', '/api/gateways', plan, key)));

    const taken = answers.filter(({ status }) => status === 202);
    const waiting = answers.filter(({ status }) => status === 409);
    expect(taken.length + waiting.length).toBe(30);
    expect(waiting.every(({ headers }) => headers.has('retry-after'))).toBe(true);
    const ids = new Set(taken.map((answer) => acceptedOperation(answer).id));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;

    const location = taken[0]?.headers.get('location') ?? '';
    expect(location).toBe(`/api/operations/${id}/result`);
    expect(Number(taken[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    const pending = await stack.api('GET', location);
    expect(pending.status).toBe(202);
    expect(pending.headers.get('location')).toBe(location);
    expect(Number(pending.headers.get('retry-after'))).toBeGreaterThan(0);
    await takeFaultsBack(stack);

    const looks: OperationView[] = [];
    const operation = await waitForOperation(stack, id, { onLook: (look) => looks.push(look) });

    expect(operation.steps.map(({ name }) => name)).toEqual([
      'resourceGroup',
      'virtualNetwork',
      'publicIp',
      'gateway',
      'trust',
      'profile',
      'verify',
    ]);
    expect(operation.steps.every(({ status }) => status === 'succeeded' || status === 'skipped')).toBe(true);
    const percents = looks.map(({ percent }) => percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.at(-1)).toBe(100);
    // Of this stack's clock, on which Azure is as many times faster.
    const remaining = looks.find(({ status }) => status === 'running')?.remainingSeconds;
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThan(60);
    const result = await stack.api('GET', location);
    expect(result.status).toBe(200);
    expect(await stack.api('GET', `/api/operations?kind=buildGateway&target=vnet1gw`)).toMatchObject({
      status: 200,
      body: { items: [{ id, status: 'succeeded' }] },
    });

    const journal = await readJournal(stack, { service: 'arm' });
    for (const resource of [
      '/resourceGroups/TestRG1',
      '/virtualNetworks/VNet1',
      '/publicIPAddresses/VNet1GWpip',
      '/virtualNetworkGateways/VNet1GW',
    ]) {
      expect([resource, putCountOf(journal, resource)]).toEqual([resource, 1]);
    }
    const gateway = await readGateway(stack);
    expect(gateway.properties).toMatchObject({
      provisioningState: 'Succeeded',
      vpnClientConfiguration: {
        vpnClientAddressPool: { addressPrefixes: ['172.16.201.0/24'] },
        vpnClientProtocols: ['OpenVPN', 'IkeV2'],
      },
    });
    expect(expectStatus(await stack.api('GET', '/api/gateways/vnet1gw'), 200)).toMatchObject({
      state: 'ready',
      resourceId: networkPath(stack),
      observed: { provisioningState: 'Succeeded' },
      publicIpAddresses: [expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/)],
    });
    const again = await stack.api('POST', '/api/gateways', plan, key);
    expect(acceptedOperation(again).id).toBe(id);
    expect((await stack.api('POST', '/api/gateways', { ...plan, tags: { a: 'b' } }, key)).status).toBe(422);
  });

  it('refuses a second build that touches a virtual network under work, naming the operation, and builds the portal example', async () => {
    const networkPut = { service: 'arm', method: 'PUT', path: '/virtualNetworks/', times: 10_000 } as const;
    await askForFault(stack, networkPut, throttled);
    const first = acceptedOperation(await stack.api('POST', '/api/gateways', portalPlan()));

    const second = await stack.api('POST', '/api/gateways', {
      ...portalPlan(),
      name: 'OtherGW',
      publicIp: { name: 'OtherGWpip' },
      clientAddressPool: ['172.16.203.0/24'],
    });

    expect(second.status).toBe(409);
    expect(JSON.stringify(second.body)).toContain(first.id);
    await takeFaultsBack(stack);
    await waitForOperation(stack, first.id);
    const network = await readResource(stack, networkPath(stack, 'virtualNetworks/VNet1', 'TestRG'));
    expect(network).toMatchObject({ properties: { addressSpace: { addressPrefixes: ['192.168.0.0/16'] } } });
  });

  it('refuses an id that is taken, with a free proposal', async () => {
    const plan = { ...examplePlan('vnet1-powershell'), resourceGroup: 'ElsewhereRG' };

    const answer = await stack.api('POST', '/api/gateways', plan);

    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ errors: [{ path: '/id', code: 'idTaken', fix: 'Use vnet1gw-2.' }] });
  });
});

describe('src/functions/gateways/gateways, beside what others made', () => {
  const group = 'rg-Büro';

  async function putAsOther(type: string, properties: JsonObject, more: JsonObject = {}): Promise<void> {
    const body = { location: 'eastus', ...more, properties };
    const path = networkPath(stack, type, group);
    expect((await stack.control('POST', '/resources', { method: 'PUT', path, body })).status).toBeLessThan(300);
    await stack.advance('PT90M');
  }

  function theirPlan(changes: JsonObject): JsonObject {
    const virtualNetwork = { resourceId: networkPath(stack, 'virtualNetworks/Theirs', group) };
    const pool = { clientAddressPool: ['172.16.210.0/24'] };
    return { ...examplePlan('vnet1-powershell'), resourceGroup: group, virtualNetwork, ...pool, ...changes };
  }

  it('takes over no gateway, address or network that serves another, and names what is in the way', async () => {
    await stack.control('POST', '/resources', {
      method: 'PUT',
      path: `/subscriptions/${stack.info.arm.subscriptionId}/resourceGroups/${group}`,
      body: { location: 'eastus' },
    });
    const subnet = { name: 'GatewaySubnet', properties: { addressPrefix: '10.7.255.0/27' } };
    const addressSpace = { addressPrefixes: ['10.7.0.0/16'] };
    await putAsOther('virtualNetworks/Theirs', { addressSpace, subnets: [subnet] });
    await putAsOther(
      'publicIPAddresses/TheirPip',
      { publicIPAllocationMethod: 'Static' },
      { sku: { name: 'Standard' }, zones: ['1', '2', '3'] },
    );
    await putAsOther('virtualNetworkGateways/TheirGW', {
      gatewayType: 'Vpn',
      vpnType: 'RouteBased',
      sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ' },
      ipConfigurations: [
        {
          name: 'default',
          properties: {
            subnet: { id: networkPath(stack, 'virtualNetworks/Theirs/subnets/GatewaySubnet', group) },
            publicIPAddress: { id: networkPath(stack, 'publicIPAddresses/TheirPip', group) },
          },
        },
      ],
    });
    const puts = async (): Promise<number> =>
      (await readJournal(stack, { service: 'arm' })).filter(({ method }) => method === 'PUT').length;
    const before = await puts();

    const same = await stack.api('POST', '/api/gateways', theirPlan({ name: 'TheirGW' }));
    const beside = await stack.api(
      'POST',
      '/api/gateways',
      theirPlan({ name: 'Ours', publicIp: { name: 'TheirPip' } }),
    );

    expect(same.status).toBe(409);
    expect(JSON.stringify(same.body)).toContain(networkPath(stack, 'virtualNetworkGateways/TheirGW', group));
    expect(same.body).toMatchObject({ errors: [{ path: '/name', code: 'gatewayExists' }] });
    expect(beside.body).toMatchObject({
      status: 400,
      errors: [
        { path: '/virtualNetwork/resourceId', code: 'virtualNetworkHasGateway' },
        { path: '/publicIp/name', code: 'publicIpInUse' },
      ],
    });
    expect(await preflight(theirPlan({ name: 'TheirGW' }))).toMatchObject({ ok: false });
    expect(await puts()).toBe(before);
  });
});

describe('src/domain/resource-bodies, with what a plan chooses', () => {
  const gatewayAt = (type: string, group: string) => readResource(stack, networkPath(stack, type, group));

  it('builds examples/active-active.json as it stands', async () => {
    const plan = examplePlan('active-active');
    await followAccepted(stack, await stack.api('POST', '/api/gateways', plan));

    const network = networkPath(stack, 'virtualNetworks/Teams', 'TeamsRG');
    const address = (name: string) => networkPath(stack, `publicIPAddresses/${name}`, 'TeamsRG');
    expect(await readResource(stack, network)).toMatchObject({
      location: 'westeurope',
      tags: plan['tags'],
      properties: {
        addressSpace: { addressPrefixes: ['10.20.0.0/16', '10.21.0.0/16'] },
        subnets: [
          { name: 'FrontEnd', properties: { addressPrefix: '10.20.0.0/24' } },
          { name: 'GatewaySubnet', properties: { addressPrefix: '10.20.255.0/26' } },
          { name: 'BackEnd', properties: { addressPrefix: '10.21.0.0/24' } },
        ],
      },
    });
    expect(await gatewayAt('virtualNetworkGateways/TeamsGW', 'TeamsRG')).toMatchObject({
      location: 'westeurope',
      tags: plan['tags'],
      properties: {
        provisioningState: 'Succeeded',
        sku: { name: 'VpnGw2AZ' },
        vpnGatewayGeneration: 'Generation2',
        activeActive: true,
        customRoutes: { addressPrefixes: ['192.168.40.0/24'] },
        ipConfigurations: ['TeamsGWpip', 'TeamsGWpip2', 'TeamsGWpip3'].map((name) => ({
          properties: { subnet: { id: `${network}/subnets/GatewaySubnet` }, publicIPAddress: { id: address(name) } },
        })),
        vpnClientConfiguration: { vpnClientAddressPool: { addressPrefixes: ['172.20.0.0/23', '172.20.4.0/23'] } },
      },
    });
    for (const name of ['TeamsGWpip', 'TeamsGWpip2', 'TeamsGWpip3']) {
      expect(await readResource(stack, address(name))).toMatchObject({ tags: plan['tags'], zones: ['1', '2', '3'] });
    }
  });

  it('builds examples/existing-network.json into the network of others, and changes its DNS only when it is let', async () => {
    const network = networkPath(stack, 'virtualNetworks/Hub', 'HubRG');
    const theirs = { name: 'Theirs', properties: { addressPrefix: '10.40.1.0/24' } };
    const addressSpace = { addressPrefixes: ['10.40.0.0/16', '10.41.0.0/16'] };
    const dhcpOptions = { dnsServers: ['10.40.1.4'] };
    const tags = { owner: 'somebody else' };
    const put = async (path: string, body: JsonObject) => {
      expect((await stack.control('POST', '/resources', { method: 'PUT', path, body })).status).toBeLessThan(300);
    };
    await put(groupPath(stack, 'HubRG'), { location: 'northeurope' });
    await put(network, { location: 'northeurope', tags, properties: { addressSpace, dhcpOptions, subnets: [theirs] } });
    await stack.advance('PT1M');
    const plan = examplePlan('existing-network');
    const { virtualNetwork } = plan as { virtualNetwork: JsonObject };
    const dnsServers = ['10.40.1.5'];

    const refused = await stack.api('POST', '/api/gateways', {
      ...plan,
      virtualNetwork: { ...virtualNetwork, dnsServers },
    });
    expect(refused.body).toMatchObject({
      status: 400,
      errors: [{ path: '/virtualNetwork/dnsServers', code: 'foreignDnsKept' }],
    });
    await followAccepted(stack, await stack.api('POST', '/api/gateways', plan));

    const gatewaySubnet = { name: 'GatewaySubnet', properties: { addressPrefix: '10.40.255.0/27' } };
    expect(await readResource(stack, network)).toMatchObject({
      tags,
      properties: { addressSpace, dhcpOptions, subnets: [theirs, gatewaySubnet] },
    });
    expect(await gatewayAt('virtualNetworkGateways/HubGW', 'HubGatewayRG')).toMatchObject({
      properties: {
        provisioningState: 'Succeeded',
        ipConfigurations: [{ properties: { subnet: { id: `${network}/subnets/GatewaySubnet` } } }],
      },
    });

    await followAccepted(stack, await stack.api('DELETE', '/api/gateways/hubgw'));
    const allowed = { ...plan, virtualNetwork: { ...virtualNetwork, dnsServers, allowForeignVnet: true } };
    await followAccepted(stack, await stack.api('POST', '/api/gateways', allowed));

    expect(await readResource(stack, network)).toMatchObject({
      tags,
      properties: { addressSpace, dhcpOptions: { dnsServers }, subnets: [theirs, gatewaySubnet] },
    });
  });
});

describe('src/orchestrations/gateways/remove-gateway', () => {
  it('deletes what was made for the gateway, and nothing that others put beside it where it may not see it', async () => {
    const foreign = networkPath(stack, 'publicIPAddresses/ForeignIp', 'TestRG');
    const put = await stack.control('POST', '/resources', {
      method: 'PUT',
      path: foreign,
      body: {
        location: 'eastus',
        sku: { name: 'Standard' },
        properties: { publicIPAllocationMethod: 'Static' },
      },
    });
    expect(put.status).toBe(200);

    const networks = ['virtualNetworks', 'virtualNetworkGateways'].map((type) => `Microsoft.Network/${type}/*`);
    await giveRole([...networks, 'Microsoft.Resources/subscriptions/resourceGroups/*']);
    await giveRole(['*'], networkPath(stack, 'publicIPAddresses/VNet1GWpip', 'TestRG'));

    const removed = await followAccepted(stack, await stack.api('DELETE', '/api/gateways/portalgw'));
    await giveRole(templateRights());

    const left = async (type: string): Promise<boolean> =>
      (await readResource(stack, networkPath(stack, type, 'TestRG'))) !== undefined;
    expect(await left('virtualNetworkGateways/PortalGW')).toBe(false);
    expect(await left('virtualNetworks/VNet1')).toBe(false);
    expect(await left('publicIPAddresses/VNet1GWpip')).toBe(false);
    expect(await left('publicIPAddresses/ForeignIp')).toBe(true);
    const [, group] = /Resource group (\S+) was left/.exec(JSON.stringify(removed.steps)) ?? [];
    expect(group?.toLowerCase()).toBe(groupPath(stack, 'TestRG').toLowerCase());
    expect(await readResource(stack, groupPath(stack, 'TestRG'))).toBeDefined();
    expect((await stack.api('GET', '/api/gateways/portalgw')).status).toBe(404);
  });

  it('removes the resource group too when it is left empty, and takes the same plan again', async () => {
    await followAccepted(stack, await stack.api('DELETE', '/api/gateways/vnet1gw'));

    expect(await readResource(stack, groupPath(stack))).toBeUndefined();
    expect((await stack.api('POST', '/api/gateways', examplePlan('vnet1-powershell'))).status).toBe(202);
  });
});
