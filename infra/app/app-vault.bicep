// The vault of the application's own secrets, out of reach of every request. The application reads them by name, with its
// identity, each minute: what is changed here is changed there. What is not given is left as it is.
import { tagsType, webhookType } from 'types.bicep'

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

@description('Without it, the one there stays.')
@secure()
param administratorKey string?

@description('Without it, what is there stays.')
param webhook webhookType?

@description('Built-in role Key Vault Secrets User, and not Officer: nothing that the application does writes here.')
var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
  }

  resource administratorKeySecret 'secrets' = if (administratorKey != null) {
    name: 'administrator-key'
    properties: {
      value: administratorKey
    }
  }

  resource webhookUrlSecret 'secrets' = if (webhook != null) {
    name: 'webhook-url'
    dependsOn: [
      // An address without its secret would be an incomplete setting.
      webhookSecretSecret
    ]
    properties: {
      value: webhook!.url
    }
  }

  resource webhookSecretSecret 'secrets' = if (webhook != null) {
    name: 'webhook-secret'
    properties: {
      value: webhook!.secret
    }
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

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
  }
}

@description('Ends with a slash.')
output url string = vault.properties.vaultUri
