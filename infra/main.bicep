// Everything that Gatehouse needs around it in one subscription. README.md in this folder says in which order.
targetScope = 'subscription'

@description('Begins the name of every resource.')
@minLength(3)
@maxLength(12)
param name string = 'gatehouse'

@description('Region of the application. Gateways are built wherever their plans say.')
param location string = deployment().location

@description('Key of the first administrator, at least 32 characters. Kept in Key Vault; without it, the one there stays.')
@secure()
@minLength(32)
param administratorKey string?

@description('Where notices are posted; empty for nowhere.')
param webhookUrl string = ''

@description('Signs what is posted there, at least 16 characters. Kept in Key Vault; needed when webhookUrl is given.')
@secure()
param webhookSecret string = ''

@description('Resource groups of this subscription in which gateways may be built. They have to exist. Empty: anywhere in the subscription, new resource groups too.')
param gatewayResourceGroups string[] = []

@description('True to run commands on the Azure Arc machines of this subscription. Machines that are reached over SSH, or by hand, need no right in Azure.')
param runsCommandsOnArcMachines bool = false

@description('True once the package has been published: a subscription to events needs the function that takes them.')
param isPackagePublished bool = false

var suffix = uniqueString(subscription().id, name)

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${name}-app'
  location: location
}

module identity 'app/identity.bicep' = {
  scope: group
  params: {
    name: '${name}-${suffix}'
    location: location
  }
}

module monitoring 'app/monitoring.bicep' = {
  scope: group
  params: {
    name: '${name}-${suffix}'
    location: location
    principalId: identity.outputs.principalId
  }
}

module storage 'app/storage.bicep' = {
  scope: group
  params: {
    // Letters and digits only, at most 24.
    name: take('${replace(toLower(name), '-', '')}${suffix}', 24)
    location: location
    principalId: identity.outputs.principalId
  }
}

module vault 'app/vault.bicep' = {
  scope: group
  params: {
    // At most 24 characters.
    name: take('${name}-${suffix}', 24)
    location: location
    principalId: identity.outputs.principalId
    administratorKey: administratorKey
    webhookSecret: webhookSecret
  }
}

module functionApp 'app/function-app.bicep' = {
  scope: group
  params: {
    name: '${name}-${suffix}'
    location: location
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    blobUrl: storage.outputs.blobUrl
    tableUrl: storage.outputs.tableUrl
    packageContainer: storage.outputs.packageContainer
    vaultUrl: vault.outputs.url
    administratorKeySecretUrl: vault.outputs.administratorKeySecretUrl
    webhookUrl: webhookUrl
    webhookSecretUrl: vault.outputs.webhookSecretUrl
    insightsConnectionString: monitoring.outputs.connectionString
  }
}

module networkOfGroup 'app/network-access.bicep' = [
  for groupName in gatewayResourceGroups: {
    scope: resourceGroup(groupName)
    params: {
      principalId: identity.outputs.principalId
    }
  }
]

module networkOfSubscription 'app/subscription-access.bicep' = if (empty(gatewayResourceGroups)) {
  params: {
    principalId: identity.outputs.principalId
    roleName: '${name}-${suffix} resource groups'
  }
}

module arcMachines 'app/arc-access.bicep' = if (runsCommandsOnArcMachines) {
  params: {
    principalId: identity.outputs.principalId
    roleName: '${name}-${suffix} run commands'
  }
}

module events 'app/events.bicep' = {
  scope: group
  params: {
    name: '${name}-gateway-changes'
    storageAccountName: storage.outputs.name
    deadLetterContainer: storage.outputs.deadLetterContainer
    functionAppId: functionApp.outputs.id
    isPackagePublished: isPackagePublished
  }
}

output resourceGroupName string = group.name
output functionAppName string = functionApp.outputs.name
output url string = functionApp.outputs.url
