// The vault in which the keys of roots are made and stay, and where the secrets are that requests may name: those of machines
// and stacks. The application's own are in app-vault.bicep. Purge protection cannot be taken back: a root whose key is gone can
// never issue or be renewed again.

import { tagsType } from 'types.bicep'

@description('Of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Region of the vault.')
param location string

@description('Of the application.')
param principalId string

@description('Where it is written down who used the vault.')
param workspaceId string

@description('Of every resource.')
param tags tagsType

@description('Built-in roles of the application on the vault.')
var roles = [
  '12338af0-0e69-4776-bea7-57ae8d297424' // Key Vault Crypto User: sign
  'a4417e6f-fecd-4de8-b567-7b0420556985' // Key Vault Certificates Officer: keys of roots are made as certificates
  // Officer and not User: shared keys and passwords that are made are put here.
  'b86a8fe4-44ce-4948-aee5-eccb2c155cd7' // Key Vault Secrets Officer
]

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      // Keys in hardware modules can be asked for.
      name: 'premium'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(vault.id, principalId, role)
    scope: vault
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

@description('Ends with a slash.')
output url string = vault.properties.vaultUri
