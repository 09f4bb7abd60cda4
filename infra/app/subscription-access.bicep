// Lets the application build gateways anywhere in the subscription. That takes resource groups too, which are a role of their own. It
// may read everything: a group is deleted only when nothing in it can be hidden from the application.
targetScope = 'subscription'

@description('Of the application.')
param principalId string

@description('The role that builds gateways.')
param gatewayRoleId string

@description('Of the role that makes resource groups; unique in the tenant.')
param groupRoleName string

resource buildsGateways 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, 'gateways')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: gatewayRoleId
  }
}

resource resourceGroupMaker 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, groupRoleName)
  properties: {
    roleName: groupRoleName
    description: 'Makes resource groups, sees what is in them, and deletes them.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          '*/read'
          'Microsoft.Resources/subscriptions/resourceGroups/delete'
          'Microsoft.Resources/subscriptions/resourceGroups/write'
        ]
      }
    ]
    assignableScopes: [
      subscription().id
    ]
  }
}

resource makesResourceGroups 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, groupRoleName)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: resourceGroupMaker.id
  }
}
