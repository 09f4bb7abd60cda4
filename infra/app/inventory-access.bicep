// Lets the application see every VPN gateway of the subscription, and who is connected to it. It changes nothing: the one action makes
// Azure list the sessions. It is deployed by itself where other subscriptions are to be seen too: see ../README.md.
targetScope = 'subscription'

@description('Of the application.')
param principalId string

@description('Unique in the tenant.')
param roleName string

resource gatewaySeer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, roleName)
  properties: {
    roleName: roleName
    description: 'Sees VPN gateways, their public addresses, and who is connected.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.Authorization/permissions/read'
          'Microsoft.Network/locations/operationResults/read'
          'Microsoft.Network/publicIPAddresses/read'
          'Microsoft.Network/virtualNetworkGateways/getVpnClientConnectionHealth/action'
          'Microsoft.Network/virtualNetworkGateways/read'
          'Microsoft.Resources/subscriptions/read'
          'Microsoft.Resources/subscriptions/resources/read'
        ]
      }
    ]
    assignableScopes: [
      subscription().id
    ]
  }
}

resource seesGateways 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, roleName)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: gatewaySeer.id
  }
}
