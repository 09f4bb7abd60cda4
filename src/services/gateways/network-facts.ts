/** What counts for a plan in the bodies that Azure answers with. What is not in a known form is read as not there. */
import { asList, asObject, asText } from '../../domain/gateway-entries.ts';
import { isGatewaySubnet } from '../../domain/gateway-plan.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type {
  PeeringFacts,
  PublicIpFacts,
  RouteTableFacts,
  VirtualNetworkFacts,
} from '../../domain/preflight/facts.ts';

/** Of a virtual network, without what has to be read apart from it. */
export function networkFacts(network: JsonObject): VirtualNetworkFacts {
  const properties = asObject(network['properties']);
  return {
    location: asText(network['location']),
    addressSpace: texts(asObject(properties['addressSpace'])['addressPrefixes']),
    dnsServers: texts(asObject(properties['dhcpOptions'])['dnsServers']),
    subnets: asList(properties['subnets']).map((item) => {
      const subnet = asObject(item);
      const own = asObject(subnet['properties']);
      const single = asText(own['addressPrefix']);
      return { name: asText(subnet['name']), prefixes: single === '' ? texts(own['addressPrefixes']) : [single] };
    }),
    peerings: asList(properties['virtualNetworkPeerings']).map(peeringFacts),
  };
}

function peeringFacts(item: JsonValue): PeeringFacts {
  const peering = asObject(item);
  const own = asObject(peering['properties']);
  const addressSpace = ['remoteAddressSpace', 'remoteVirtualNetworkAddressSpace'].flatMap((field) =>
    texts(asObject(own[field])['addressPrefixes']),
  );
  return {
    name: asText(peering['name']),
    addressSpace: [...new Set(addressSpace)],
    usesRemoteGateways: own['useRemoteGateways'] === true,
  };
}

/** Ids of what stands in the GatewaySubnet of a network, or is attached to it; empty text for none. */
export function gatewaySubnetReferences(network: JsonObject): {
  readonly gatewayIds: readonly string[];
  readonly securityGroupId: string;
  readonly routeTableId: string;
} {
  const subnets = asList(asObject(network['properties'])['subnets']).map(asObject);
  const own = asObject(subnets.find((subnet) => isGatewaySubnet(asText(subnet['name'])))?.['properties']);
  // An IP configuration there is one of a gateway's; an active-active gateway has several.
  const ids = asList(own['ipConfigurations']).flatMap(
    (item) => /^(\/subscriptions\/.+\/virtualNetworkGateways\/[^/]+)\//i.exec(asText(asObject(item)['id']))?.[1] ?? [],
  );
  return {
    gatewayIds: [...new Map(ids.map((id) => [id.toLowerCase(), id])).values()],
    securityGroupId: asText(asObject(own['networkSecurityGroup'])['id']),
    routeTableId: /^\/subscriptions\/.+/i.exec(asText(asObject(own['routeTable'])['id']))?.[0] ?? '',
  };
}

export function routeTableFacts(resourceId: string, table: JsonObject): RouteTableFacts {
  const properties = asObject(table['properties']);
  return {
    resourceId,
    isPropagationDisabled: properties['disableBgpRoutePropagation'] === true,
    routes: asList(properties['routes']).map((item) => {
      const route = asObject(item);
      return { name: asText(route['name']), prefix: asText(asObject(route['properties'])['addressPrefix']) };
    }),
  };
}

export function addressFacts(resourceId: string, address: JsonObject): PublicIpFacts {
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

function texts(value: JsonValue | undefined): readonly string[] {
  return asList(value).filter((item) => typeof item === 'string');
}
