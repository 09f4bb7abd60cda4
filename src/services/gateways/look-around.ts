import { faultsOfName } from '../../domain/azure-names.ts';
import { asList, asObject, asText } from '../../domain/gateway-entries.ts';
import { type GatewayPlan, isGatewaySubnet } from '../../domain/gateway-plan.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { Problem } from '../../domain/preflight/problem.ts';
import type {
  GatewayFacts,
  PreflightContext,
  PublicIpFacts,
  VirtualNetworkFacts,
} from '../../domain/preflight/subject.ts';
import type { Arm } from '../../ports/arm.ts';

/**
 * What is in Azure where a plan wants to build. What could not be looked at is a warning, and never taken for absent.
 */
export interface Surroundings {
  readonly virtualNetworkFacts?: VirtualNetworkFacts;
  readonly publicIps: NonNullable<PreflightContext['publicIps']>;
  readonly isGatewayThere: boolean;
  readonly problems: readonly Problem[];
}

type Look =
  | { readonly outcome: 'there'; readonly resource: JsonObject }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'unknown'; readonly reason: string };

const noAnswer: Look = { outcome: 'unknown', reason: 'Azure gave no answer' };

/** Looks at the virtual network, the gateways in it, the public addresses and the gateway that a plan names. */
export async function lookAround(arm: Pick<Arm, 'readRaw'>, plan: GatewayPlan): Promise<Surroundings> {
  if (!hasAzureNames(plan)) return { publicIps: [], isGatewayThere: false, problems: [] };
  const { resourceIds, virtualNetwork } = plan;
  const networkPath = virtualNetwork.kind === 'existing' ? '/virtualNetwork/resourceId' : '/virtualNetwork/name';
  const [network, gateway, ...addresses] = await Promise.all(
    [resourceIds.virtualNetwork, resourceIds.gateway, ...resourceIds.publicIps].map((id) => look(arm, id)),
  );
  const facts = network?.outcome === 'there' ? await networkFacts(arm, network.resource) : undefined;
  return {
    ...(facts === undefined ? {} : { virtualNetworkFacts: facts }),
    publicIps: addresses.flatMap((address, index) =>
      address.outcome === 'there' ? [addressFacts(resourceIds.publicIps[index] ?? '', address.resource)] : [],
    ),
    isGatewayThere: gateway?.outcome === 'there',
    problems: [
      ...unseen(network, networkPath, resourceIds.virtualNetwork),
      ...(virtualNetwork.kind === 'existing' && network?.outcome === 'absent' ? [noNetwork(virtualNetwork)] : []),
      ...unseen(gateway, '/name', resourceIds.gateway),
      ...addresses.flatMap((address, index) => unseen(address, '/publicIp/name', resourceIds.publicIps[index] ?? '')),
    ],
  };
}

/** A name that Azure does not take is not asked for: it might be a step of a path. */
function hasAzureNames({ name, resourceGroup, virtualNetwork, ipConfigurations }: GatewayPlan): boolean {
  const faults = [
    ...faultsOfName('virtualNetworkGateway', name),
    ...faultsOfName('resourceGroup', resourceGroup),
    ...(virtualNetwork.kind === 'new' ? faultsOfName('virtualNetwork', virtualNetwork.name) : []),
    ...ipConfigurations.flatMap(({ publicIp }) => faultsOfName('publicIp', publicIp.name)),
  ];
  return faults.length === 0;
}

/**
 * A connection that broke is asked a second time: who asked for the look is waiting, and will not come back for one.
 */
async function look(arm: Pick<Arm, 'readRaw'>, resourceId: string): Promise<Look> {
  return (await tryLook(arm, resourceId)) ?? (await tryLook(arm, resourceId)) ?? noAnswer;
}

/** Nothing for a fault of the network or of Azure, which the port throws because it may pass. */
async function tryLook(arm: Pick<Arm, 'readRaw'>, resourceId: string): Promise<Look | undefined> {
  try {
    const read = await arm.readRaw(resourceId);
    if (read.outcome === 'done') return { outcome: 'there', resource: read.value };
    // Azure says so too to whoever has no rights in a subscription.
    if (read.outcome === 'missing' && read.of === 'subscription') return { outcome: 'unknown', reason: read.code };
    return read.outcome === 'missing' ? { outcome: 'absent' } : { outcome: 'unknown', reason: read.code };
  } catch {
    return undefined;
  }
}

function unseen(seen: Look | undefined, path: string, resourceId: string): readonly Problem[] {
  if (seen?.outcome !== 'unknown') return [];
  return [
    {
      path,
      code: 'notLookedAt',
      severity: 'warning',
      message: `${resourceId} could not be looked at (${seen.reason}): whether it is there, and fits, is not known.`,
      fix: 'Check that Gatehouse may read it, or try again.',
    },
  ];
}

function noNetwork({ resourceId }: { readonly resourceId: string }): Problem {
  return {
    path: '/virtualNetwork/resourceId',
    code: 'virtualNetworkMissing',
    severity: 'error',
    message: `Virtual network ${resourceId} does not exist.`,
    fix: 'Correct the id, or plan a network to be made.',
  };
}

async function networkFacts(arm: Pick<Arm, 'readRaw'>, network: JsonObject): Promise<VirtualNetworkFacts> {
  const properties = asObject(network['properties']);
  const subnets = asList(properties['subnets']).map(asObject);
  return {
    location: asText(network['location']),
    addressSpace: texts(asObject(properties['addressSpace'])['addressPrefixes']),
    dnsServers: texts(asObject(properties['dhcpOptions'])['dnsServers']),
    subnets: subnets.map((subnet) => {
      const own = asObject(subnet['properties']);
      const single = asText(own['addressPrefix']);
      return { name: asText(subnet['name']), prefixes: single === '' ? texts(own['addressPrefixes']) : [single] };
    }),
    peerings: asList(properties['virtualNetworkPeerings']).map((item) => {
      const peering = asObject(item);
      const own = asObject(peering['properties']);
      return {
        name: asText(peering['name']),
        addressSpace: [
          ...texts(asObject(own['remoteAddressSpace'])['addressPrefixes']),
          ...texts(asObject(own['remoteVirtualNetworkAddressSpace'])['addressPrefixes']),
        ].filter((range, index, all) => all.indexOf(range) === index),
        usesRemoteGateways: own['useRemoteGateways'] === true,
      };
    }),
    gateways: await Promise.all(gatewayIdsIn(subnets).map((id) => gatewayFacts(arm, id))),
  };
}

/** An IP configuration of a GatewaySubnet is one of a gateway's; an active-active gateway has several. */
function gatewayIdsIn(subnets: readonly JsonObject[]): readonly string[] {
  const configurations = subnets
    .filter((subnet) => isGatewaySubnet(asText(subnet['name'])))
    .flatMap((subnet) => asList(asObject(subnet['properties'])['ipConfigurations']))
    .map((configuration) => asText(asObject(configuration)['id']));
  const ids = configurations.flatMap((id) => /^(.+\/virtualNetworkGateways\/[^/]+)\//i.exec(id)?.[1] ?? []);
  return [...new Map(ids.map((id) => [id.toLowerCase(), id])).values()];
}

async function gatewayFacts(arm: Pick<Arm, 'readRaw'>, resourceId: string): Promise<GatewayFacts> {
  const seen = await look(arm, resourceId);
  if (seen.outcome !== 'there') return { resourceId };
  const gatewayType = asText(asObject(seen.resource['properties'])['gatewayType']);
  return gatewayType === '' ? { resourceId } : { resourceId, gatewayType };
}

function addressFacts(resourceId: string, address: JsonObject): PublicIpFacts {
  const properties = asObject(address['properties']);
  const holders = ['ipConfiguration', 'natGateway'].map((field) => asText(asObject(properties[field])['id']));
  const attachedTo = holders.find((id) => id !== '');
  return {
    resourceId,
    sku: asText(asObject(address['sku'])['name']),
    allocationMethod: asText(properties['publicIPAllocationMethod']),
    ...(attachedTo === undefined ? {} : { attachedTo }),
  };
}

function texts(value: JsonValue | undefined): string[] {
  return asList(value).filter((item) => typeof item === 'string');
}
