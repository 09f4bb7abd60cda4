import { type GatewayPlan, isGatewaySubnet, wantedDnsServers } from '../gateway-plan.ts';
import type { PreflightContext, VirtualNetworkFacts } from './facts.ts';
import { isSameName } from './subject.ts';

/** What the identity has to be let do, in the words of roles, by when. */
export interface NeededActions {
  readonly build: readonly string[];
  /** For the build too, on what is there already: a role there gives them as well, and is not seen at this scope. */
  readonly buildOnExisting: readonly string[];
  /** To serve the gateway once it is built, and to remove it. */
  readonly later: readonly string[];
}

const network = 'Microsoft.Network';
const gateways = `${network}/virtualNetworkGateways`;
const networks = `${network}/virtualNetworks`;
const addresses = `${network}/publicIPAddresses`;
const groups = 'Microsoft.Resources/subscriptions/resourceGroups';
const joinSubnet = `${networks}/subnets/join/action`;
const joinAddress = `${addresses}/join/action`;

/**
 * In the resource group of a plan, or in its subscription where the group is to be made. What is there already has been
 * read, is not made and will not be deleted.
 */
export function actionsInGroup(
  plan: GatewayPlan,
  { isGroupThere, publicIps = [], virtualNetworkFacts }: PreflightContext & { readonly isGroupThere: boolean },
): NeededActions {
  const namesNetwork = plan.virtualNetwork.kind === 'new';
  const makesNetwork = namesNetwork && virtualNetworkFacts === undefined;
  const makesAddresses = publicIps.length < plan.resourceIds.publicIps.length;
  return {
    build: [
      `${groups}/read`,
      ...(isGroupThere ? [] : [`${groups}/write`]),
      ...(makesNetwork ? [`${networks}/read`, `${networks}/write`, joinSubnet] : []),
      ...(makesAddresses ? [`${addresses}/read`, `${addresses}/write`, joinAddress] : []),
      `${gateways}/read`,
      `${gateways}/write`,
      `${gateways}/generatevpnprofile/action`,
    ],
    buildOnExisting: [
      ...(namesNetwork && !makesNetwork
        ? [...(isWritten(plan, virtualNetworkFacts) ? [`${networks}/write`] : []), joinSubnet]
        : []),
      ...(makesAddresses ? [] : [joinAddress]),
    ],
    later: [
      `${gateways}/getVpnClientConnectionHealth/action`,
      `${gateways}/disconnectVirtualNetworkGatewayVpnConnections/action`,
      `${gateways}/delete`,
      ...(makesAddresses ? [`${addresses}/delete`] : []),
      ...(makesNetwork ? [`${networks}/delete`] : []),
    ],
  };
}

/** At a virtual network that a plan names by its id. */
export function actionsAtNetwork(plan: GatewayPlan, facts: VirtualNetworkFacts | undefined): NeededActions {
  const hasGatewaySubnet = facts?.subnets.some(({ name }) => isGatewaySubnet(name)) === true;
  return {
    build: [
      ...(facts === undefined ? [`${networks}/read`] : []),
      ...(isWritten(plan, facts) ? [`${networks}/write`] : []),
      ...(hasGatewaySubnet ? [] : [joinSubnet]),
    ],
    buildOnExisting: hasGatewaySubnet ? [joinSubnet] : [],
    later: [],
  };
}

/** Whether a network that is there lacks anything of the plan, as far as it is known. */
function isWritten({ virtualNetwork }: GatewayPlan, facts: VirtualNetworkFacts | undefined): boolean {
  const dnsServers = wantedDnsServers(virtualNetwork);
  const { subnets = [] } = virtualNetwork;
  if (facts === undefined) return subnets.length > 0 || dnsServers !== undefined;
  const addressSpace = virtualNetwork.kind === 'new' ? virtualNetwork.addressSpace : [];
  return (
    subnets.some(({ name }) => !facts.subnets.some((there) => isSameName(there.name, name))) ||
    addressSpace.some((prefix) => !facts.addressSpace.includes(prefix)) ||
    (dnsServers !== undefined && dnsServers.join() !== facts.dnsServers.join())
  );
}
