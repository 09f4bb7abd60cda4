import { type GatewayPlan, wantedDnsServers } from '../gateway-plan.ts';

/** What the identity has to be let do, in the words of roles, by when. */
export interface NeededActions {
  readonly build: readonly string[];
  /** To serve the gateway once it is built, and to remove it. */
  readonly later: readonly string[];
}

const network = 'Microsoft.Network';
const gateways = `${network}/virtualNetworkGateways`;
const networks = `${network}/virtualNetworks`;
const addresses = `${network}/publicIPAddresses`;
const groups = 'Microsoft.Resources/subscriptions/resourceGroups';

/** In the resource group of a plan, or in its subscription where the group is to be made. */
export function actionsInGroup({ virtualNetwork }: GatewayPlan, isGroupThere: boolean): NeededActions {
  const makesNetwork = virtualNetwork.kind === 'new';
  return {
    build: [
      `${groups}/read`,
      ...(isGroupThere ? [] : [`${groups}/write`]),
      ...(makesNetwork ? [`${networks}/read`, `${networks}/write`, `${networks}/subnets/join/action`] : []),
      `${addresses}/read`,
      `${addresses}/write`,
      `${addresses}/join/action`,
      `${gateways}/read`,
      `${gateways}/write`,
      `${gateways}/generatevpnprofile/action`,
    ],
    later: [
      `${gateways}/getVpnClientConnectionHealth/action`,
      `${gateways}/disconnectVirtualNetworkGatewayVpnConnections/action`,
      `${gateways}/delete`,
      `${addresses}/delete`,
      ...(makesNetwork ? [`${networks}/delete`] : []),
    ],
  };
}

/** At a virtual network that is there already. */
export function actionsAtNetwork({ virtualNetwork }: GatewayPlan): NeededActions {
  const isWritten = virtualNetwork.subnets !== undefined || wantedDnsServers(virtualNetwork) !== undefined;
  return {
    build: [`${networks}/read`, ...(isWritten ? [`${networks}/write`] : []), `${networks}/subnets/join/action`],
    later: [],
  };
}
