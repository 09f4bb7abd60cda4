// Lets the application run commands on the Azure Arc machines of the subscription, and no more: the built-in role that could
// (Azure Connected Machine Resource Administrator) may also delete the machines.
targetScope = 'subscription'

@description('Of the application.')
param principalId string

@description('Unique in the tenant.')
param roleName string

resource commandRunner 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, roleName)
  properties: {
    roleName: roleName
    description: 'Runs commands on Azure Arc machines.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.HybridCompute/machines/read'
          'Microsoft.HybridCompute/machines/runCommands/read'
          'Microsoft.HybridCompute/machines/runCommands/write'
          'Microsoft.HybridCompute/machines/runCommands/delete'
        ]
      }
    ]
    assignableScopes: [
      subscription().id
    ]
  }
}

resource runsCommands 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, roleName)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: commandRunner.id
  }
}
