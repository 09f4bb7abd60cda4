// What building, serving and removing gateways takes, and no more. test/witness/traffic.witness.ts runs the application with these
// actions alone, and knows what each is for.
targetScope = 'subscription'

@description('Unique in the tenant.')
param roleName string

resource gatewayBuilder 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, roleName)
  properties: {
    roleName: roleName
    description: 'Builds VPN gateways with their networks and addresses, serves and removes them.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.Authorization/permissions/read'
          'Microsoft.Network/ddosProtectionPlans/join/action'
          'Microsoft.Network/localNetworkGateways/write'
          'Microsoft.Network/locations/operationResults/read'
          'Microsoft.Network/locations/operations/read'
          'Microsoft.Network/locations/usages/read'
          'Microsoft.Network/natGateways/join/action'
          'Microsoft.Network/networkManagers/ipamPools/associateResourcesToPool/action'
          'Microsoft.Network/networkSecurityGroups/join/action'
          'Microsoft.Network/publicIPAddresses/delete'
          'Microsoft.Network/publicIPAddresses/join/action'
          'Microsoft.Network/publicIPAddresses/read'
          'Microsoft.Network/publicIPAddresses/write'
          'Microsoft.Network/routeTables/join/action'
          'Microsoft.Network/routeTables/read'
          'Microsoft.Network/serviceEndpointPolicies/join/action'
          'Microsoft.Network/virtualNetworkGateways/delete'
          'Microsoft.Network/virtualNetworkGateways/disconnectVirtualNetworkGatewayVpnConnections/action'
          'Microsoft.Network/virtualNetworkGateways/generatevpnprofile/action'
          'Microsoft.Network/virtualNetworkGateways/getVpnClientConnectionHealth/action'
          'Microsoft.Network/virtualNetworkGateways/listRadiusSecrets/action'
          'Microsoft.Network/virtualNetworkGateways/read'
          'Microsoft.Network/virtualNetworkGateways/write'
          'Microsoft.Network/virtualNetworks/delete'
          'Microsoft.Network/virtualNetworks/peer/action'
          'Microsoft.Network/virtualNetworks/read'
          'Microsoft.Network/virtualNetworks/subnets/join/action'
          'Microsoft.Network/virtualNetworks/subnets/read'
          'Microsoft.Network/virtualNetworks/subnets/write'
          'Microsoft.Network/virtualNetworks/write'
          'Microsoft.Resources/subscriptions/locations/read'
          'Microsoft.Resources/subscriptions/resourceGroups/read'
          'Microsoft.Resources/subscriptions/resourceGroups/resources/read'
        ]
      }
    ]
    assignableScopes: [
      subscription().id
    ]
  }
}

@description('To be assigned where gateways are built.')
output id string = gatewayBuilder.id
