// One account for the application's tables, packages of profiles and files to be fetched, for Durable Functions and for the
// host. Nobody has a key to it. The application makes its tables and its own containers when it starts.
import { tagsType } from 'types.bicep'

@description('Of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region of the account.')
param location string

@description('Of the application.')
param principalId string

@description('Of every resource.')
param tags tagsType

@allowed(['', 'Standard_ZRS', 'Standard_LRS'])
@description('Empty: in three zones where the region has zones, in one place where it has none.')
param redundancy string

@description('Storage does not say where it has zones. It has them where virtual machines do.')
var zones = pickZones('Microsoft.Compute', 'virtualMachines', location)

@description('Built-in roles of the application on the account.')
var roles = [
  // Owner and not Contributor: the host takes leases and keeps its keys in this account.
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor: Durable Functions
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
]

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
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

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
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

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
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

@description('Of the account.')
output name string = account.name
@description('Ends with a slash.')
output blobUrl string = account.properties.primaryEndpoints.blob
@description('Ends with a slash.')
output tableUrl string = account.properties.primaryEndpoints.table
@description('Where the application is published to.')
output packageContainer string = packages.name
