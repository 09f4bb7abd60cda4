// Logs and metrics, written with the application's identity alone.
import { tagsType } from 'types.bicep'

@description('Of the workspace and of what writes to it.')
param name string

@description('Region of both.')
param location string

@description('Of the application.')
param principalId string

@description('Of every resource.')
param tags tagsType

@description('Built-in role Monitoring Metrics Publisher: the application writes its own telemetry.')
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 90
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
  }
}

@description('Where the vaults write who used them.')
output workspaceId string = workspace.id
@description('Not a secret: without a token nothing can be written.')
output connectionString string = insights.properties.ConnectionString
