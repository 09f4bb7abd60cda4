import type { OperationDefinition } from './arm-call.ts';
import { disconnectDefinition, healthDefinition } from './gateways/connection-health.ts';
import { deleteGatewayDefinition, patchGatewayDefinition, putGatewayDefinition } from './gateways/gateways.ts';
import { packageUrlDefinition, profileDefinition } from './gateways/generate-profile.ts';
import { deleteRunCommandDefinition, putRunCommandDefinition } from './hybrid-compute/run-command-operations.ts';
import { deletePublicIpAddressDefinition, putPublicIpAddressDefinition } from './network/public-ip-addresses.ts';
import { putRouteTableDefinition } from './network/route-tables.ts';
import { deleteSubnetDefinition, putSubnetDefinition } from './network/subnets.ts';
import { deleteVirtualNetworkDefinition, putVirtualNetworkDefinition } from './network/virtual-networks.ts';
import type { OperationName } from './operation-names.ts';
import { deleteGroupDefinition } from './resource-groups.ts';

export const operationDefinitions: Readonly<Record<OperationName, OperationDefinition>> = {
  DeleteResourceGroupOperation: deleteGroupDefinition,
  PutVirtualNetworkOperation: putVirtualNetworkDefinition,
  DeleteVirtualNetworkOperation: deleteVirtualNetworkDefinition,
  PutSubnetOperation: putSubnetDefinition,
  DeleteSubnetOperation: deleteSubnetDefinition,
  PutRouteTableOperation: putRouteTableDefinition,
  PutPublicIpAddressOperation: putPublicIpAddressDefinition,
  DeletePublicIpAddressOperation: deletePublicIpAddressDefinition,
  PutVirtualNetworkGatewayOperation: putGatewayDefinition,
  PatchVirtualNetworkGatewayOperation: patchGatewayDefinition,
  DeleteVirtualNetworkGatewayOperation: deleteGatewayDefinition,
  GenerateVpnProfileOperation: profileDefinition,
  GetVpnProfilePackageUrlOperation: packageUrlDefinition,
  GetVpnClientConnectionHealthOperation: healthDefinition,
  DisconnectVpnConnectionsOperation: disconnectDefinition,
  PutRunCommandOperation: putRunCommandDefinition,
  DeleteRunCommandOperation: deleteRunCommandDefinition,
};
