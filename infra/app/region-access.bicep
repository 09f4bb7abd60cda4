// Lets the application see which regions the subscription has, and how many networks and addresses it may have there: a plan is judged by
// both. Azure asks these rights at the subscription, so that a role in resource groups does not give them.
targetScope = 'subscription'

@description('Of the application.')
param principalId string

@description('Unique in the tenant.')
param roleName string

resource regionSeer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, roleName)
  properties: {
    roleName: roleName
    description: 'Sees regions, and how many network resources there may be in them.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.Network/locations/usages/read'
          'Microsoft.Resources/subscriptions/locations/read'
        ]
      }
    ]
    assignableScopes: [
      subscription().id
    ]
  }
}

resource seesRegions 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, roleName)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: regionSeer.id
  }
}
