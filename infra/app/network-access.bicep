// Lets the application build gateways and what they stand on in one resource group.
param principalId string

var networkContributor = '4d97b98b-1d4f-4787-a291-c67834d212e7'

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, networkContributor)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', networkContributor)
  }
}
