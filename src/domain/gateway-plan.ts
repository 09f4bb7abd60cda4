import { type AddressRange, compareRanges, overlaps, parseAddressRange } from './address-range.ts';
import { networkResourceId, normaliseLocation, resourceGroupId, slugOf } from './azure-names.ts';
import { hasZones } from './azure-regions.ts';
import {
  type AuthenticationMethod,
  authenticationMethods,
  type GatewayPlanInput,
  type TunnelProtocol,
  tunnelProtocols,
  usualClientAddressPool,
} from './gateway-plan-schema.ts';
import { type GatewayGeneration, type GatewaySku, usualGeneration } from './gateway-sku.ts';

export { type GatewayPlanInput, gatewayPlanSchema } from './gateway-plan-schema.ts';

/** Azure finds the gateway's subnet by this name. */
export const gatewaySubnetName = 'GatewaySubnet';

export interface PlannedSubnet {
  readonly name: string;
  readonly prefix: string;
}

export type PlannedVirtualNetwork =
  | {
      readonly kind: 'new';
      readonly name: string;
      readonly addressSpace: readonly string[];
      readonly dnsServers: readonly string[];
      readonly subnets: readonly PlannedSubnet[];
      readonly allowForeignVnet?: true;
    }
  | {
      readonly kind: 'existing';
      readonly resourceId: string;
      /** Absent: as they are there. */
      readonly dnsServers?: readonly string[];
      /** Those that it is to have, whatever else it has. */
      readonly subnets?: readonly PlannedSubnet[];
      readonly allowForeignVnet?: true;
    };

export interface PlannedPublicIp {
  readonly name: string;
  readonly allocationMethod: 'Static' | 'Dynamic';
  readonly sku: 'Standard' | 'Basic';
  readonly zones: readonly ('1' | '2' | '3')[];
}

/** Entry n of the gateway's IP configurations uses public IP address n of the plan. */
export interface PlannedIpConfiguration {
  readonly name: string;
  readonly publicIp: PlannedPublicIp;
}

export interface PlannedResourceIds {
  readonly resourceGroup: string;
  readonly virtualNetwork: string;
  readonly gatewaySubnet: string;
  readonly publicIps: readonly string[];
  readonly gateway: string;
}

/** A plan with every default filled in and every Azure id known in advance. */
export interface GatewayPlan {
  readonly id: string;
  readonly subscriptionId: string;
  readonly name: string;
  readonly location: string;
  readonly resourceGroup: string;
  readonly virtualNetwork: PlannedVirtualNetwork;
  readonly ipConfigurations: readonly PlannedIpConfiguration[];
  readonly sku: GatewaySku;
  readonly generation: GatewayGeneration;
  readonly vpnType: 'RouteBased' | 'PolicyBased';
  readonly activeActive: boolean;
  readonly clientAddressPool: readonly string[];
  /** Absent: none. */
  readonly customRoutes?: readonly string[];
  readonly protocols: readonly TunnelProtocol[];
  readonly authentication: readonly AuthenticationMethod[];
  readonly rootIds: readonly string[];
  readonly onPremisesRanges: readonly string[];
  readonly expectedUsers?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly resourceIds: PlannedResourceIds;
}

export interface PlanDefaults {
  readonly subscriptionId: string;
  /** Address space of the existing virtual network that the plan names, once it has been read. */
  readonly existingAddressSpace?: readonly string[];
  /** Whether the region has availability zones for the subscription, where Azure said so. */
  readonly hasZones?: boolean;
}

/**
 * Fills in the defaults, with every list in the order it was given: problems point into the lists by index. Never
 * throws for input of the schema's shape; whether the plan can be built is preflight's to say.
 */
export function applyPlanDefaults(input: GatewayPlanInput, defaults: PlanDefaults): GatewayPlan {
  const subscriptionId = input.subscriptionId ?? defaults.subscriptionId;
  const virtualNetwork = planVirtualNetwork(input.virtualNetwork);
  const ipConfigurations = planIpConfigurations(input, defaults);
  const sku = input.sku ?? 'VpnGw1AZ';
  const onPremisesRanges = input.onPremisesRanges ?? [];
  const addressSpace =
    virtualNetwork.kind === 'new' ? virtualNetwork.addressSpace : (defaults.existingAddressSpace ?? []);
  return {
    id: input.id ?? slugOf(input.name),
    subscriptionId,
    name: input.name,
    location: normaliseLocation(input.location),
    resourceGroup: input.resourceGroup,
    virtualNetwork,
    ipConfigurations,
    sku,
    generation: input.generation ?? usualGeneration(sku),
    vpnType: input.vpnType ?? 'RouteBased',
    activeActive: input.activeActive ?? false,
    clientAddressPool:
      input.clientAddressPool ?? defaultPool([...addressSpace, ...onPremisesRanges, ...(input.customRoutes ?? [])]),
    ...(input.customRoutes === undefined ? {} : { customRoutes: input.customRoutes }),
    protocols: input.protocols ?? ['IkeV2', 'OpenVPN'],
    authentication: input.authentication ?? ['Certificate'],
    rootIds: input.rootIds ?? [],
    onPremisesRanges,
    ...(input.expectedUsers === undefined ? {} : { expectedUsers: input.expectedUsers }),
    tags: input.tags ?? {},
    resourceIds: planResourceIds({ ...input, subscriptionId }, virtualNetwork, ipConfigurations),
  };
}

/**
 * Azure tells names apart by their letters alone: whoever writes the subnet's name in another case means the same one.
 */
export function isGatewaySubnet(name: string): boolean {
  return name.toLowerCase() === gatewaySubnetName.toLowerCase();
}

function planVirtualNetwork(input: GatewayPlanInput['virtualNetwork']): PlannedVirtualNetwork {
  const { resourceId, dnsServers, subnets } = input;
  const allowed = input.allowForeignVnet === true ? { allowForeignVnet: true as const } : {};
  if (resourceId !== undefined) {
    return {
      kind: 'existing',
      resourceId,
      ...(dnsServers === undefined ? {} : { dnsServers }),
      ...(subnets === undefined ? {} : { subnets: subnets.map(planSubnet) }),
      ...allowed,
    };
  }
  return {
    kind: 'new',
    name: input.name ?? '',
    addressSpace: input.addressSpace ?? [],
    dnsServers: dnsServers ?? [],
    subnets: (subnets ?? []).map(planSubnet),
    ...allowed,
  };
}

function planSubnet({ name, prefix }: PlannedSubnet): PlannedSubnet {
  return { name: isGatewaySubnet(name) ? gatewaySubnetName : name, prefix };
}

/**
 * The DNS servers that a plan wants a virtual network to have, also where it is there already; undefined where it does
 * not say.
 */
export function wantedDnsServers(network: PlannedVirtualNetwork): readonly string[] | undefined {
  return network.kind === 'new' && network.dnsServers.length === 0 ? undefined : network.dnsServers;
}

// An active-active gateway that serves point-to-site clients needs a third address beside its two instances' own.
function planIpConfigurations(
  input: GatewayPlanInput,
  { hasZones: isZonal = hasZones(normaliseLocation(input.location)) }: PlanDefaults,
): readonly PlannedIpConfiguration[] {
  const publicIpName = input.publicIp?.name ?? `${input.name}-pip`;
  const configurationName = input.ipConfigurationName ?? 'gwipconf';
  const usualZones = isZonal === false ? [] : (['1', '2', '3'] as const);
  const suffixes = input.activeActive === true ? ['', '2', '3'] : [''];
  return suffixes.map((suffix) => ({
    name: `${configurationName}${suffix}`,
    publicIp: {
      name: `${publicIpName}${suffix}`,
      allocationMethod: input.publicIp?.allocationMethod ?? 'Static',
      sku: input.publicIp?.sku ?? 'Standard',
      zones: input.publicIp?.zones ?? usualZones,
    },
  }));
}

function planResourceIds(
  scope: { readonly subscriptionId: string; readonly resourceGroup: string; readonly name: string },
  virtualNetwork: PlannedVirtualNetwork,
  ipConfigurations: readonly PlannedIpConfiguration[],
): PlannedResourceIds {
  const virtualNetworkId =
    virtualNetwork.kind === 'existing'
      ? virtualNetwork.resourceId
      : networkResourceId(scope, 'virtualNetworks', virtualNetwork.name);
  return {
    resourceGroup: resourceGroupId(scope),
    virtualNetwork: virtualNetworkId,
    gatewaySubnet: `${virtualNetworkId}/subnets/${gatewaySubnetName}`,
    publicIps: ipConfigurations.map(({ publicIp }) => networkResourceId(scope, 'publicIPAddresses', publicIp.name)),
    gateway: networkResourceId(scope, 'virtualNetworkGateways', scope.name),
  };
}

// No other pool is made up in its place: clients keep routes to the pool, so whoever plans the network chooses it.
function defaultPool(inUse: readonly string[]): readonly string[] {
  const pool = rangeOf(usualClientAddressPool);
  const isTaken = inUse.some((text) => {
    const range = rangeOf(text);
    return range !== undefined && pool !== undefined && overlaps(range, pool);
  });
  return isTaken ? [] : [usualClientAddressPool];
}

/** The plan with what has no order of its own in one order, so that equal plans are equal text. */
export function inCanonicalOrder(plan: GatewayPlan): GatewayPlan {
  const { virtualNetwork } = plan;
  return {
    ...plan,
    virtualNetwork: {
      ...virtualNetwork,
      ...(virtualNetwork.kind === 'existing'
        ? {}
        : { addressSpace: virtualNetwork.addressSpace.toSorted(compareRangeTexts) }),
      ...(virtualNetwork.subnets === undefined
        ? {}
        : { subnets: virtualNetwork.subnets.toSorted((a, b) => compareRangeTexts(a.prefix, b.prefix)) }),
    },
    clientAddressPool: plan.clientAddressPool.toSorted(compareRangeTexts),
    ...(plan.customRoutes === undefined ? {} : { customRoutes: plan.customRoutes.toSorted(compareRangeTexts) }),
    protocols: tunnelProtocols.filter((protocol) => plan.protocols.includes(protocol)),
    authentication: authenticationMethods.filter((method) => plan.authentication.includes(method)),
    onPremisesRanges: plan.onPremisesRanges.toSorted(compareRangeTexts),
    tags: Object.fromEntries(Object.entries(plan.tags).toSorted(([a], [b]) => compareTexts(a, b))),
  };
}

// Text that is no range sorts last and by itself, so that the order is total whatever the plan says.
function compareRangeTexts(a: string, b: string): number {
  const [left, right] = [rangeOf(a), rangeOf(b)];
  if (left !== undefined && right !== undefined) return compareRanges(left, right);
  if (left === undefined && right === undefined) return compareTexts(a, b);
  return left === undefined ? 1 : -1;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function rangeOf(text: string): AddressRange | undefined {
  const parsed = parseAddressRange(text);
  return parsed.outcome === 'parsed' ? parsed.range : undefined;
}
