// Everything that Gatehouse needs around it in one subscription. README.md in this folder says in which order.
targetScope = 'subscription'

import { keptDaysType, tagsType, webhookType } from 'app/types.bicep'

@description('Begins the name of every resource. Small letters and digits, a letter first: what every kind of resource takes.')
@minLength(3)
@maxLength(10)
param name string = 'gatehouse'

@description('What azd calls this deployment. It names the resource group.')
@minLength(1)
@maxLength(64)
param environmentName string = name

@description('Region of the application. Gateways are built wherever their plans say.')
param location string = deployment().location

@description('Key of the first administrator, at least 32 characters. Kept in Key Vault; without it, the one there stays.')
@secure()
@minLength(32)
param administratorKey string?

@description('Where notices are posted and what signs them, both or none. Kept in Key Vault; without it, what is there stays.')
param webhook webhookType?

@description('Hosts with a private address that notices and hooks may be posted to. Those of the Internet need not be named.')
param webhookAllowedHosts string[] = []

@description('Resource groups of this subscription in which gateways may be built. They have to exist. Empty: anywhere in the subscription, new resource groups too.')
param gatewayResourceGroups string[] = []

@description('True to run commands on the Azure Arc machines of this subscription. Machines that are reached over SSH, or by hand, need no right in Azure.')
param runsCommandsOnArcMachines bool = false

@description('True to see all VPN gateways of this subscription and who is connected to them, for the inventory. Not needed where gateways may be built anywhere.')
param seesAllGateways bool = false

@description('True to see the regions of this subscription, and how many networks and addresses it may have there, when a plan is judged. Not needed where gateways may be built anywhere.')
param seesRegions bool = false

@description('True to take signing requests with keys on P-256 and P-384. No page of Azure’s says that gateways take such certificates.')
param allowEllipticCurves bool = false

@description('For how many days what is over is kept before it is removed. What proves a revocation stays longer.')
param keptDays keptDaysType = {
  idempotency: 7
  events: 90
  operations: 365
  profiles: 30
}

@description('Redundancy of the storage account. Empty: in three zones where the region has zones, in one place where it has none.')
@allowed(['', 'Standard_ZRS', 'Standard_LRS'])
param storageRedundancy string = ''

@description('Identifier of the system topic that the events of this subscription have already, because Azure keeps one only. Empty: it has none, and one is made.')
param existingEventTopicId string = ''

@description('Action groups that are told when Event Grid gives up a delivery. The alert is there without any.')
param alertActionGroupIds string[] = []

@description('What a name begins with.')
var letters = 'abcdefghijklmnopqrstuvwxyz'
@description('Of the name.')
var characters = map(range(0, length(name)), i => substring(name, i, 1))
@description('Whether every kind of resource takes the name.')
var isNameFit = contains(letters, characters[0]) && empty(filter(characters, c => !contains('${letters}0123456789', c)))
@description('13 characters: with it, the longest name of a vault has 24.')
var suffix = isNameFit
  ? uniqueString(subscription().id, environmentName, name)
  : fail('The name takes small letters and digits, a letter first')

@description('By which azd finds what belongs to an environment.')
var tags tagsType = {
  'azd-env-name': environmentName
}

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${environmentName}-app'
  location: location
  tags: tags
}

// Roles are assigned under names that come from the identity: Azure refuses to give an assignment another principal, and an identity
// that is made anew is another one. What is foretold of a deployment says less for it.
module identity 'app/identity.bicep' = {
  scope: group
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
  }
}

module monitoring 'app/monitoring.bicep' = {
  scope: group
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    #disable-next-line what-if-short-circuiting // See identity.
    principalId: identity.outputs.principalId
  }
}

module storage 'app/storage.bicep' = {
  scope: group
  params: {
    name: '${name}${suffix}'
    location: location
    tags: tags
    #disable-next-line what-if-short-circuiting // See identity.
    principalId: identity.outputs.principalId
    redundancy: storageRedundancy
  }
}

module vault 'app/vault.bicep' = {
  scope: group
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    #disable-next-line what-if-short-circuiting // See identity.
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module appVault 'app/app-vault.bicep' = {
  scope: group
  params: {
    name: '${name}-app-${take(suffix, 9)}'
    location: location
    tags: tags
    #disable-next-line what-if-short-circuiting // See identity.
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    administratorKey: administratorKey
    webhook: webhook
  }
}

module functionApp 'app/function-app.bicep' = {
  scope: group
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    blobUrl: storage.outputs.blobUrl
    tableUrl: storage.outputs.tableUrl
    packageContainer: storage.outputs.packageContainer
    vaultUrl: vault.outputs.url
    appVaultUrl: appVault.outputs.url
    webhookAllowedHosts: webhookAllowedHosts
    allowEllipticCurves: allowEllipticCurves
    keptDays: keptDays
    insightsConnectionString: monitoring.outputs.connectionString
  }
}

module gatewayRole 'app/gateway-role.bicep' = {
  params: {
    roleName: '${name}-${suffix} gateways'
  }
}

module groupAccess 'app/group-access.bicep' = [
  for groupName in gatewayResourceGroups: {
    scope: resourceGroup(groupName)
    params: {
      #disable-next-line what-if-short-circuiting // See identity.
      principalId: identity.outputs.principalId
      gatewayRoleId: gatewayRole.outputs.id
    }
  }
]

module subscriptionAccess 'app/subscription-access.bicep' = if (empty(gatewayResourceGroups)) {
  params: {
    #disable-next-line what-if-short-circuiting // See identity.
    principalId: identity.outputs.principalId
    gatewayRoleId: gatewayRole.outputs.id
    groupRoleName: '${name}-${suffix} resource groups'
  }
}

module arcMachines 'app/arc-access.bicep' = if (runsCommandsOnArcMachines) {
  params: {
    #disable-next-line what-if-short-circuiting // See identity.
    principalId: identity.outputs.principalId
    roleName: '${name}-${suffix} run commands'
  }
}

module inventoryAccess 'app/inventory-access.bicep' = if (seesAllGateways) {
  params: {
    #disable-next-line what-if-short-circuiting // See identity.
    principalId: identity.outputs.principalId
    roleName: '${name}-${suffix} inventory'
  }
}

module regionAccess 'app/region-access.bicep' = if (seesRegions) {
  params: {
    #disable-next-line what-if-short-circuiting // See identity.
    principalId: identity.outputs.principalId
    roleName: '${name}-${suffix} regions'
  }
}

module events 'app/events.bicep' = {
  scope: group
  params: {
    name: '${name}-gateway-changes'
    tags: tags
    existingTopicId: existingEventTopicId
    deliveriesName: '${name}-${suffix}'
    alertActionGroupIds: alertActionGroupIds
  }
}

@description('Where azd looks for what it publishes to.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Where the package is published to.')
output GATEHOUSE_FUNCTION_APP_NAME string = functionApp.outputs.name

@description('Where changes of gateways come from.')
output GATEHOUSE_EVENT_TOPIC_ID string = events.outputs.topicId

@description('Where the application answers.')
output GATEHOUSE_URL string = functionApp.outputs.url
