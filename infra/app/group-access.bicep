// Lets the application build gateways and what they stand on in one resource group.
@description('Of the application.')
param principalId string

@description('The role that builds gateways.')
param gatewayRoleId string

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, 'gateways')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: gatewayRoleId
  }
}
