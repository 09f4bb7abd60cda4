// One account for the application's tables, packages of profiles and files to be fetched, for Durable Functions and for the
// host. Nobody has a key to it. The application makes its tables and its own containers when it starts.
@minLength(3)
@maxLength(24)
param name string
param location string
param principalId string

@allowed(['', 'Standard_ZRS', 'Standard_LRS'])
@description('Empty: in three zones where the region has zones, in one place where it has none.')
param redundancy string

// Storage does not say where it has zones. It has them where virtual machines do.
var zones = pickZones('Microsoft.Compute', 'virtualMachines', location)

var roles = [
  // Owner and not Contributor: the host takes leases and keeps its keys in this account.
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor: Durable Functions
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
]

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  kind: 'StorageV2'
  sku: {
    name: !empty(redundancy) ? redundancy : empty(zones) ? 'Standard_LRS' : 'Standard_ZRS'
  }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    // A file that was fetched or has expired has to be gone: nothing that was deleted or overwritten is kept.
    deleteRetentionPolicy: {
      enabled: false
    }
    isVersioningEnabled: false
  }
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'app-package'
  properties: {
    publicAccess: 'None'
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(account.id, principalId, role)
    scope: account
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

output name string = account.name
output blobUrl string = account.properties.primaryEndpoints.blob
output tableUrl string = account.properties.primaryEndpoints.table
output packageContainer string = packages.name
