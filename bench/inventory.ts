/** What a scan of many gateways asks of Resource Manager, sessions included, in stack time. */
import { z } from 'zod';
import type { Section } from './figures.ts';
import { type Call, readCalls } from './journal.ts';
import { type Stack, startStack } from './stack.ts';

const operationSchema = z.object({
  id: z.string(),
  status: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
type Operation = z.infer<typeof operationSchema>;
const writtenSchema = z.object({ status: z.number() });

/** The clock stops at every timer on its way, so the step does not show in what is measured. */
const clockStep = 'PT1M';
const clockStepsMax = 180;
/**
 * Whoever makes gateways has limits too: after so many writes, a minute. Networks and addresses are made within one.
 */
const writesAtOnce = 150;
/** Azure makes a gateway in less. */
const gatewayMinutesMax = 120;

export async function measureInventory(
  root: string,
  { gateways, speed }: { readonly gateways: number; readonly speed: number },
): Promise<Section> {
  const stack = await startStack(root, { speed });
  try {
    await makeGateways(stack, gateways);
    await stack.control('POST', '/clock', { advance: `PT${Math.ceil(gatewayMinutesMax / speed)}M` });
    const before = (await readCalls(stack, 'arm')).length;
    const operation = await scan(stack);
    const calls = (await readCalls(stack, 'arm')).slice(before);
    return toSection(operation, calls, { gateways, speed });
  } finally {
    await stack.stop();
  }
}

async function makeGateways(stack: Stack, count: number): Promise<void> {
  const group = `/subscriptions/${stack.info.arm.subscriptionId}/resourceGroups/scanned`;
  const network = `${group}/providers/Microsoft.Network`;
  const places = Array.from({ length: count }, (_, index) => ({
    network: `${network}/virtualNetworks/net${index}`,
    address: `${network}/publicIPAddresses/pip${index}`,
    gateway: `${network}/virtualNetworkGateways/gw${index}`,
  }));
  await putAll(stack, [
    { path: group, body: {} },
    ...places.flatMap((place) => [
      { path: place.network, body: networkBody },
      { path: place.address, body: addressBody },
    ]),
  ]);
  await putAll(
    stack,
    places.map((place) => ({ path: place.gateway, body: gatewayBody(place.network, place.address) })),
  );
}

async function putAll(stack: Stack, parts: readonly { readonly path: string; readonly body: object }[]): Promise<void> {
  for (const [index, { path, body }] of parts.entries()) {
    if (index > 0 && index % writesAtOnce === 0) await stack.control('POST', '/clock', { advance: 'PT1M' });
    const order = { method: 'PUT', path, body: { location: 'eastus', ...body } };
    const { status } = writtenSchema.parse(await stack.control('POST', '/resources', order));
    if (status > 299) throw new Error(`PUT ${path} answered ${status}.`);
  }
  await stack.control('POST', '/clock', { advance: 'PT1M' });
}

const networkBody = {
  properties: {
    addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
    subnets: [{ name: 'GatewaySubnet', properties: { addressPrefix: '10.1.255.0/27' } }],
  },
};
const addressBody = {
  sku: { name: 'Standard' },
  zones: ['1', '2', '3'],
  properties: { publicIPAllocationMethod: 'Static' },
};

function gatewayBody(networkId: string, addressId: string): object {
  const subnet = { id: `${networkId}/subnets/GatewaySubnet` };
  const place = { name: 'gwipconf', properties: { subnet, publicIPAddress: { id: addressId } } };
  return {
    properties: {
      gatewayType: 'Vpn',
      vpnType: 'RouteBased',
      sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ' },
      ipConfigurations: [place],
      vpnClientConfiguration: {
        vpnClientAddressPool: { addressPrefixes: ['172.16.201.0/24'] },
        vpnClientProtocols: ['IkeV2', 'OpenVPN'],
        vpnAuthenticationTypes: ['Certificate'],
      },
    },
  };
}

async function scan(stack: Stack): Promise<Operation> {
  const { id } = operationSchema.parse(await stack.api('POST', '/api/inventory-scans', { sessions: true }));
  const see = async (): Promise<Operation> => operationSchema.parse(await stack.api('GET', `/api/operations/${id}`));
  let operation = await see();
  for (let step = 0; step < clockStepsMax && ['pending', 'running'].includes(operation.status); step += 1) {
    await stack.control('POST', '/clock', { advance: clockStep });
    operation = await see();
  }
  if (operation.status === 'succeeded') return operation;
  throw new Error(`The scan has not ended well: ${JSON.stringify(await stack.api('GET', `/api/operations/${id}`))}`);
}

function toSection(
  { createdAt, updatedAt }: Operation,
  calls: readonly Call[],
  { gateways, speed }: { readonly gateways: number; readonly speed: number },
): Section {
  const reads = calls.filter(({ method }) => method === 'GET');
  const throttled = calls.filter(({ status }) => status === 429).length;
  const seconds = (Date.parse(updatedAt) - Date.parse(createdAt)) / 1000;
  return {
    title: `A scan of ${gateways} gateways with sessions (stack time, speed ${speed})`,
    figures: [
      { name: 'reads per gateway', value: reads.length / gateways, unit: '', target: '<= 6' },
      { name: 'most reads in ten seconds', value: mostWithin(reads, 10_000), unit: '', target: '<= 250' },
      { name: 'calls that Azure throttled', value: throttled, unit: '', target: '0' },
      { name: 'actions per gateway', value: (calls.length - reads.length) / gateways, unit: '' },
      { name: 'whole scan', value: seconds, unit: 's' },
    ],
  };
}

function mostWithin(calls: readonly Call[], windowMs: number): number {
  const times = calls.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
  return Math.max(0, ...times.map((from, index) => times.slice(index).filter((at) => at < from + windowMs).length));
}
