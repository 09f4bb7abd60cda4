/** The long-running operations that this emulator has; the names appear in Azure's own error texts. */
export type OperationName =
  | 'DeleteResourceGroupOperation'
  | 'PutVirtualNetworkOperation'
  | 'DeleteVirtualNetworkOperation'
  | 'PutSubnetOperation'
  | 'DeleteSubnetOperation'
  | 'PutRouteTableOperation'
  | 'PutPublicIpAddressOperation'
  | 'DeletePublicIpAddressOperation'
  | 'PutVirtualNetworkGatewayOperation'
  | 'PatchVirtualNetworkGatewayOperation'
  | 'DeleteVirtualNetworkGatewayOperation'
  | 'GenerateVpnProfileOperation'
  | 'GetVpnProfilePackageUrlOperation'
  | 'GetVpnClientConnectionHealthOperation'
  | 'DisconnectVpnConnectionsOperation'
  | 'PutRunCommandOperation'
  | 'DeleteRunCommandOperation';
