import { asList, asObject, asText } from './gateway-entries.ts';
import { type GatewayPlan, gatewaySubnetName, type PlannedSubnet } from './gateway-plan.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** What stands between a plan and a virtual network that is there already. */
export type NetworkMerge =
  | { readonly outcome: 'equal' }
  | { readonly outcome: 'write'; readonly body: JsonObject }
  | { readonly outcome: 'conflict'; readonly message: string };

/** The body of a virtual network that does not exist yet. */
export function newVirtualNetwork(plan: GatewayPlan): JsonObject {
  const { virtualNetwork } = plan;
  if (virtualNetwork.kind === 'existing') throw new Error('An existing virtual network is not created.');
  return {
    location: plan.location,
    tags: plan.tags,
    properties: {
      addressSpace: { addressPrefixes: virtualNetwork.addressSpace },
      ...(virtualNetwork.dnsServers.length === 0 ? {} : { dhcpOptions: { dnsServers: virtualNetwork.dnsServers } }),
      subnets: virtualNetwork.subnets.map(subnetBody),
    },
  };
}

/**
 * Adds what the plan names and the network lacks. A subnet that was read is never left out of the body, because Azure
 * would delete it; one that has another prefix than planned is a conflict for a person.
 */
export function mergeVirtualNetwork(plan: GatewayPlan, current: JsonObject): NetworkMerge {
  const properties = asObject(current['properties']);
  const present = asList(properties['subnets']).map(asObject);
  if (plan.virtualNetwork.kind === 'existing') {
    return present.some(hasName(gatewaySubnetName))
      ? { outcome: 'equal' }
      : {
          outcome: 'conflict',
          message: `The virtual network has no subnet named ${gatewaySubnetName}. Add one (/27 or larger) and resume.`,
        };
  }
  const { subnets, addressSpace } = plan.virtualNetwork;
  const other = subnets.find(({ name, prefix }) =>
    present.some((subnet) => hasName(name)(subnet) && !prefixesOf(subnet).includes(prefix)),
  );
  if (other !== undefined) {
    return {
      outcome: 'conflict',
      message: `Subnet ${other.name} is there with another prefix than ${other.prefix}. Change the plan to what is there, or the subnet.`,
    };
  }
  const prefixes = asList(asObject(properties['addressSpace'])['addressPrefixes']).filter(
    (prefix) => typeof prefix === 'string',
  );
  const missingPrefixes = addressSpace.filter((prefix) => !prefixes.includes(prefix));
  const missingSubnets = subnets.filter(({ name }) => !present.some(hasName(name)));
  if (missingPrefixes.length === 0 && missingSubnets.length === 0) return { outcome: 'equal' };
  return {
    outcome: 'write',
    body: {
      ...current,
      properties: {
        ...properties,
        addressSpace: { ...asObject(properties['addressSpace']), addressPrefixes: [...prefixes, ...missingPrefixes] },
        subnets: [...present, ...missingSubnets.map(subnetBody)],
      },
    },
  };
}

/** A root that the gateway trusts from its first moment. */
export interface FirstRoot {
  readonly entryName: string;
  readonly publicCertData: string;
}

/** The body of a gateway that does not exist yet. */
export function newGateway(plan: GatewayPlan, roots: readonly FirstRoot[]): JsonObject {
  return {
    location: plan.location,
    tags: plan.tags,
    properties: {
      gatewayType: 'Vpn',
      vpnType: plan.vpnType,
      vpnGatewayGeneration: plan.generation,
      activeActive: plan.activeActive,
      enableBgp: false,
      sku: { name: plan.sku, tier: plan.sku },
      ipConfigurations: plan.ipConfigurations.map(({ name }, index) => ({
        name,
        properties: {
          privateIPAllocationMethod: 'Dynamic',
          subnet: { id: plan.resourceIds.gatewaySubnet },
          publicIPAddress: { id: plan.resourceIds.publicIps[index] ?? '' },
        },
      })),
      vpnClientConfiguration: {
        vpnClientAddressPool: { addressPrefixes: plan.clientAddressPool },
        vpnClientProtocols: plan.protocols,
        vpnAuthenticationTypes: plan.authentication,
        vpnClientRootCertificates: roots.map(({ entryName, publicCertData }) => ({
          name: entryName,
          properties: { publicCertData },
        })),
        vpnClientRevokedCertificates: [],
      },
    },
  };
}

/** In which respects a gateway that is there is not the planned one: in words, empty when it is. */
export function differencesFromPlan(plan: GatewayPlan, gateway: JsonObject): readonly string[] {
  const properties = asObject(gateway['properties']);
  const configuration = asObject(properties['vpnClientConfiguration']);
  const pool = asList(asObject(configuration['vpnClientAddressPool'])['addressPrefixes']);
  return [
    difference('SKU', plan.sku, asText(asObject(properties['sku'])['name'])),
    difference(
      'address pool',
      plan.clientAddressPool.join(', '),
      pool
        .filter((item) => typeof item === 'string')
        .toSorted()
        .join(', '),
    ),
  ].filter((text) => text !== undefined);
}

function difference(what: string, planned: string, found: string): string | undefined {
  return sorted(planned) === sorted(found)
    ? undefined
    : `${what}: planned ${planned}, found ${found === '' ? 'none' : found}`;
}

function sorted(list: string): string {
  return list.toLowerCase().split(', ').toSorted().join(', ');
}

function subnetBody({ name, prefix }: PlannedSubnet): JsonObject {
  return { name, properties: { addressPrefix: prefix } };
}

function hasName(name: string): (subnet: JsonObject) => boolean {
  return (subnet) => asText(subnet['name']).toLowerCase() === name.toLowerCase();
}

/** Azure shows one prefix in one field and several in another. */
function prefixesOf(subnet: JsonObject): readonly JsonValue[] {
  const properties = asObject(subnet['properties']);
  return [properties['addressPrefix'] ?? '', ...asList(properties['addressPrefixes'])];
}
