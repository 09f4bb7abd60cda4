// The application on Flex Consumption. Settings are those of src/config/settings.ts. None is a
// secret or a reference to one: a reference that is not resolved yet is given to the application as its own text.
import { keptDaysType, tagsType } from 'types.bicep'

@description('Of the application and of its plan.')
@maxLength(60)
param name string

@description('Region of both.')
param location string

@description('Of every resource.')
param tags tagsType

@description('The identity that the application has.')
param identityId string

@description('By which the application asks for tokens.')
param identityClientId string

@description('Account of the host and of Durable Functions.')
param storageAccountName string

@description('Of profile packages and of files to be fetched.')
param blobUrl string

@description('Of the application’s tables.')
param tableUrl string

@description('Where the application is published to.')
param packageContainer string

@description('The vault of roots and of the secrets that requests may name.')
param vaultUrl string

@description('The vault of the application’s own secrets.')
param appVaultUrl string

@description('Hosts with a private address that notices and hooks may be posted to.')
param webhookAllowedHosts string[]

@description('Takes keys on P-256 and P-384, though Azure documents RSA only.')
param allowEllipticCurves bool

@description('For how many days what is over is kept.')
param keptDays keptDaysType

@description('Where telemetry goes.')
param insightsConnectionString string

@description('All that the host and the application read.')
var settings = {
  GATEHOUSE_TABLE_URL: tableUrl
  GATEHOUSE_BLOB_URL: blobUrl
  GATEHOUSE_VAULT_URL: vaultUrl
  GATEHOUSE_APP_VAULT_URL: appVaultUrl
  GATEHOUSE_ARM_URL: environment().resourceManager
  GATEHOUSE_SUBSCRIPTION_ID: subscription().subscriptionId
  GATEHOUSE_WEBHOOK_ALLOWED_HOSTS: join(webhookAllowedHosts, ',')
  GATEHOUSE_KEEP_IDEMPOTENCY_DAYS: string(keptDays.idempotency)
  GATEHOUSE_KEEP_EVENTS_DAYS: string(keptDays.events)
  GATEHOUSE_KEEP_OPERATIONS_DAYS: string(keptDays.operations)
  GATEHOUSE_KEEP_PROFILES_DAYS: string(keptDays.profiles)
  GATEHOUSE_ALLOW_ELLIPTIC_CURVES: allowEllipticCurves ? 'true' : 'false'
  // host.json takes the name of the task hub from here.
  GATEHOUSE_TASK_HUB: 'Gatehouse'
  // Which identity the application's credential is, and whose changes of gateways are its own.
  AZURE_CLIENT_ID: identityClientId
  AzureWebJobsStorage__accountName: storageAccountName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // By this tag azd finds what it publishes the service `app` of azure.yaml to.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      runtime: {
        name: 'node'
        version: '22'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobUrl}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
        // Timers of orchestrations do not wake an application that has been scaled to nothing.
        alwaysReady: [
          {
            name: 'durable'
            instanceCount: 1
          }
        ]
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: settings
  }

  // Publishing with a user name and a password would pass by every role.
  resource noFtp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource noBasicScm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

@description('Of the application.')
output name string = site.name
@description('Where the application answers.')
output url string = 'https://${site.properties.defaultHostName}'
