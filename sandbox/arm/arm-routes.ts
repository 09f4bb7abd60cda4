import type { ArmHandler } from './arm-call.ts';
import { startDisconnect, startHealth } from './gateways/connection-health.ts';
import { deleteGateway, getGateway, listGateways, patchGateway, putGateway } from './gateways/gateways.ts';
import { startPackageUrl, startProfile } from './gateways/generate-profile.ts';
import { listRadiusSecrets } from './gateways/radius-secrets.ts';
import { listGroupResources, listSubscriptionResources } from './group-resources.ts';
import { getMachine } from './hybrid-compute/machines.ts';
import { deleteRunCommand, getRunCommand, listRunCommands, putRunCommand } from './hybrid-compute/run-commands.ts';
import { listLocations } from './locations.ts';
import {
  deletePublicIpAddress,
  getPublicIpAddress,
  listPublicIpAddresses,
  putPublicIpAddress,
} from './network/public-ip-addresses.ts';
import { getRouteTable, putRouteTable } from './network/route-tables.ts';
import { deleteSubnet, getSubnet, listSubnets, putSubnet } from './network/subnets.ts';
import { listUsages } from './network/usages.ts';
import {
  deleteVirtualNetwork,
  getVirtualNetwork,
  listVirtualNetworks,
  patchVirtualNetwork,
  putVirtualNetwork,
} from './network/virtual-networks.ts';
import { listGroupPermissions, listNetworkPermissions, listSubscriptionPermissions } from './permissions.ts';
import { readOperation, readOperationResult } from './read-operation.ts';
import {
  deleteResourceGroup,
  getResourceGroup,
  headResourceGroup,
  listResourceGroups,
  putResourceGroup,
  readGroupDeletion,
} from './resource-groups.ts';
import type { Namespace, Route } from './route-table.ts';
import { listSubscriptions } from './subscriptions.ts';

const subscription = '/subscriptions/{subscriptionId}';
const group = `${subscription}/resourceGroups/{resourceGroupName}`;
const network = `${group}/providers/Microsoft.Network`;
const virtualNetwork = `${network}/virtualNetworks/{name}`;
const subnets = `${network}/virtualNetworks/{virtualNetworkName}/subnets`;
const publicIp = `${network}/publicIPAddresses/{name}`;
const routeTable = `${network}/routeTables/{name}`;
const gateway = `${network}/virtualNetworkGateways/{name}`;
const location = `${subscription}/providers/Microsoft.Network/locations/{location}`;

const machine = `${group}/providers/Microsoft.HybridCompute/machines/{machineName}`;
const runCommand = `${machine}/runCommands/{runCommandName}`;
const hybridLocation = `${subscription}/providers/Microsoft.HybridCompute/locations/{location}`;

type Row = readonly [operationId: string, method: Route['method'], template: string, handle: ArmHandler];

const resourcesRows: readonly Row[] = [
  ['ResourceGroups_CreateOrUpdate', 'PUT', group, putResourceGroup],
  ['ResourceGroups_Get', 'GET', group, getResourceGroup],
  ['ResourceGroups_CheckExistence', 'HEAD', group, headResourceGroup],
  ['ResourceGroups_Delete', 'DELETE', group, deleteResourceGroup],
  ['ResourceGroups_List', 'GET', `${subscription}/resourceGroups`, listResourceGroups],
  ['Resources_List', 'GET', `${subscription}/resources`, listSubscriptionResources],
  ['Resources_ListByResourceGroup', 'GET', `${group}/resources`, listGroupResources],
  ['OperationResults_Get', 'GET', `${subscription}/operationresults/{job}`, readGroupDeletion],
];

const networkRows: readonly Row[] = [
  ['Operations_Get', 'GET', `${location}/operations/{operationId}`, readOperation],
  ['OperationResults_Get', 'GET', `${location}/operationResults/{operationId}`, readOperationResult],
  ['VirtualNetworks_CreateOrUpdate', 'PUT', virtualNetwork, putVirtualNetwork],
  ['VirtualNetworks_Get', 'GET', virtualNetwork, getVirtualNetwork],
  ['VirtualNetworks_UpdateTags', 'PATCH', virtualNetwork, patchVirtualNetwork],
  ['VirtualNetworks_Delete', 'DELETE', virtualNetwork, deleteVirtualNetwork],
  ['VirtualNetworks_List', 'GET', `${network}/virtualNetworks`, listVirtualNetworks],
  [
    'VirtualNetworks_ListAll',
    'GET',
    `${subscription}/providers/Microsoft.Network/virtualNetworks`,
    listVirtualNetworks,
  ],
  ['Subnets_CreateOrUpdate', 'PUT', `${subnets}/{subnetName}`, putSubnet],
  ['Subnets_Get', 'GET', `${subnets}/{subnetName}`, getSubnet],
  ['Subnets_Delete', 'DELETE', `${subnets}/{subnetName}`, deleteSubnet],
  ['Subnets_List', 'GET', subnets, listSubnets],
  ['PublicIPAddresses_CreateOrUpdate', 'PUT', publicIp, putPublicIpAddress],
  ['PublicIPAddresses_Get', 'GET', publicIp, getPublicIpAddress],
  ['PublicIPAddresses_Delete', 'DELETE', publicIp, deletePublicIpAddress],
  [
    'PublicIPAddresses_ListAll',
    'GET',
    `${subscription}/providers/Microsoft.Network/publicIPAddresses`,
    listPublicIpAddresses,
  ],
  ['PublicIPAddresses_List', 'GET', `${network}/publicIPAddresses`, listPublicIpAddresses],
  ['Usages_List', 'GET', `${location}/usages`, listUsages],
  ['RouteTables_CreateOrUpdate', 'PUT', routeTable, putRouteTable],
  ['RouteTables_Get', 'GET', routeTable, getRouteTable],
  ['VirtualNetworkGateways_CreateOrUpdate', 'PUT', gateway, putGateway],
  ['VirtualNetworkGateways_Get', 'GET', gateway, getGateway],
  ['VirtualNetworkGateways_UpdateTags', 'PATCH', gateway, patchGateway],
  ['VirtualNetworkGateways_Delete', 'DELETE', gateway, deleteGateway],
  ['VirtualNetworkGateways_List', 'GET', `${network}/virtualNetworkGateways`, listGateways],
  ['VirtualNetworkGateways_GenerateVpnProfile', 'POST', `${gateway}/generatevpnprofile`, startProfile],
  ['VirtualNetworkGateways_GetVpnProfilePackageUrl', 'POST', `${gateway}/getvpnprofilepackageurl`, startPackageUrl],
  [
    'VirtualNetworkGateways_GetVpnclientConnectionHealth',
    'POST',
    `${gateway}/getVpnClientConnectionHealth`,
    startHealth,
  ],
  [
    'VirtualNetworkGateways_DisconnectVirtualNetworkGatewayVpnConnections',
    'POST',
    `${gateway}/disconnectVirtualNetworkGatewayVpnConnections`,
    startDisconnect,
  ],
  ['VirtualNetworkGateways_ListRadiusSecrets', 'POST', `${gateway}/listRadiusSecrets`, listRadiusSecrets],
];

const subscriptionsRows: readonly Row[] = [
  ['Subscriptions_List', 'GET', '/subscriptions', listSubscriptions],
  ['Subscriptions_ListLocations', 'GET', `${subscription}/locations`, listLocations],
];

const authorizationRows: readonly Row[] = [
  [
    'Permissions_ListForSubscription',
    'GET',
    `${subscription}/providers/Microsoft.Authorization/permissions`,
    listSubscriptionPermissions,
  ],
  [
    'Permissions_ListForResourceGroup',
    'GET',
    `${group}/providers/Microsoft.Authorization/permissions`,
    listGroupPermissions,
  ],
  [
    'Permissions_ListForResource',
    'GET',
    `${virtualNetwork}/providers/Microsoft.Authorization/permissions`,
    listNetworkPermissions,
  ],
];

const hybridRows: readonly Row[] = [
  ['OperationStatus_Get', 'GET', `${hybridLocation}/operationStatus/{operationId}`, readOperation],
  ['OperationResults_Get', 'GET', `${hybridLocation}/operationResults/{operationId}`, readOperationResult],
  ['Machines_Get', 'GET', machine, getMachine],
  ['MachineRunCommands_CreateOrUpdate', 'PUT', runCommand, putRunCommand],
  ['MachineRunCommands_Get', 'GET', runCommand, getRunCommand],
  ['MachineRunCommands_Delete', 'DELETE', runCommand, deleteRunCommand],
  ['MachineRunCommands_List', 'GET', `${machine}/runCommands`, listRunCommands],
];

/** Everything that this emulator does; what is not here is answered with 501. */
export const armRoutes: readonly Route[] = [
  ...toRoutes('Microsoft.Resources', resourcesRows),
  ...toRoutes('Microsoft.Resources/subscriptions', subscriptionsRows),
  ...toRoutes('Microsoft.Network', networkRows),
  ...toRoutes('Microsoft.HybridCompute', hybridRows),
  ...toRoutes('Microsoft.Authorization', authorizationRows),
];

function toRoutes(namespace: Namespace, rows: readonly Row[]): Route[] {
  return rows.map(([operationId, method, template, handle]) => ({ operationId, namespace, method, template, handle }));
}
