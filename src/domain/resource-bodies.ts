import { asList, asObject, asText } from './gateway-entries.ts';
import {
  type GatewayPlan,
  gatewaySubnetName,
  isGatewaySubnet,
  type PlannedSubnet,
  wantedDnsServers,
} from './gateway-plan.ts';
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
 * would delete it; one that has another prefix than planned is a conflict for a person, as are other DNS servers, which
 * everything in the network uses, unless the plan lets them be changed.
 */
export function mergeVirtualNetwork(plan: GatewayPlan, current: JsonObject): NetworkMerge {
  const properties = asObject(current['properties']);
  const present = asList(properties['subnets']).map(asObject);
  const { virtualNetwork } = plan;
  const { subnets = [] } = virtualNetwork;
  if (
    ![...subnets, ...present.map((subnet) => ({ name: asText(subnet['name']) }))].some(({ name }) =>
      isGatewaySubnet(name),
    )
  ) {
    return {
      outcome: 'conflict',
      message: `The virtual network has no subnet named ${gatewaySubnetName}. Add one (/27 or larger) and resume.`,
    };
  }
  const dhcpOptions = asObject(properties['dhcpOptions']);
  const dnsServers = wantedDnsServers(virtualNetwork);
  const isDnsOther = dnsServers !== undefined && !isSameList(dnsServers, asList(dhcpOptions['dnsServers']));
  if (isDnsOther && virtualNetwork.allowForeignVnet !== true) {
    return {
      outcome: 'conflict',
      message: `The DNS servers of the virtual network are other ones than ${dnsServers.join(', ') || "Azure's own"}, and the plan does not let those of a network that was there before be changed (allowForeignVnet). Change them there and resume, or make another plan.`,
    };
  }
  const addressSpace = virtualNetwork.kind === 'new' ? virtualNetwork.addressSpace : [];
  const other = subnets.find(({ name, prefix }) => {
    const shown = present.filter(hasName(name)).flatMap(prefixesOf);
    // One whose range an address manager gives may show none, and is there all the same.
    return shown.length > 0 && !shown.includes(prefix);
  });
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
  if (missingPrefixes.length === 0 && missingSubnets.length === 0 && !isDnsOther) return { outcome: 'equal' };
  return {
    outcome: 'write',
    body: {
      ...current,
      properties: {
        ...properties,
        addressSpace: { ...asObject(properties['addressSpace']), addressPrefixes: [...prefixes, ...missingPrefixes] },
        ...(isDnsOther ? { dhcpOptions: { ...dhcpOptions, dnsServers } } : {}),
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
      ...(plan.customRoutes === undefined ? {} : { customRoutes: { addressPrefixes: plan.customRoutes } }),
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
  return [
    difference('SKU', [plan.sku], [asText(asObject(properties['sku'])['name'])]),
    difference('active-active', [String(plan.activeActive)], [String(properties['activeActive'] === true)]),
    difference('address pool', plan.clientAddressPool, prefixesIn(configuration['vpnClientAddressPool'])),
    difference('custom routes', plan.customRoutes ?? [], prefixesIn(properties['customRoutes'])),
  ].filter((text) => text !== undefined);
}

function prefixesIn(addressSpace: JsonValue | undefined): readonly string[] {
  return asList(asObject(addressSpace)['addressPrefixes']).filter((item) => typeof item === 'string');
}

function difference(what: string, planned: readonly string[], found: readonly string[]): string | undefined {
  return sorted(planned) === sorted(found) ? undefined : `${what}: planned ${said(planned)}, found ${said(found)}`;
}

function sorted(list: readonly string[]): string {
  return list
    .map((item) => item.toLowerCase())
    .toSorted()
    .join(', ');
}

function said(list: readonly string[]): string {
  return list.join(', ') || 'none';
}

function isSameList(left: readonly JsonValue[], right: readonly JsonValue[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
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
  return [properties['addressPrefix'] ?? '', ...asList(properties['addressPrefixes'])].filter(
    (prefix) => prefix !== '',
  );
}
