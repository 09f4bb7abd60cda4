// Everything comes from the environment: azd hands over its own (`azd env set NAME VALUE`), and without azd it is the shell's. Secrets
// belong into the shell alone: azd would write them to a file.
using 'main.bicep'

@description('Variables that hold a list have its items between commas.')
var listSeparator = ','

param name = readEnvironmentVariable('GATEHOUSE_NAME', 'gatehouse')
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'gatehouse')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')

@description('Without one in the environment the vault’s stays: null writes nothing.')
var administratorKeyGiven = readEnvironmentVariable('GATEHOUSE_ADMINISTRATOR_KEY', '')
param administratorKey = empty(administratorKeyGiven) ? null : administratorKeyGiven

@description('Address and secret together, or neither.')
var webhookGiven = {
  url: readEnvironmentVariable('GATEHOUSE_WEBHOOK_URL', '')
  secret: readEnvironmentVariable('GATEHOUSE_WEBHOOK_SECRET', '')
}
param webhook = empty('${webhookGiven.url}${webhookGiven.secret}') ? null : webhookGiven

@description('An empty variable is an empty list.')
var webhookAllowedHostsGiven = readEnvironmentVariable('GATEHOUSE_WEBHOOK_ALLOWED_HOSTS', '')
param webhookAllowedHosts = empty(webhookAllowedHostsGiven) ? [] : split(webhookAllowedHostsGiven, listSeparator)

param allowEllipticCurves = bool(readEnvironmentVariable('GATEHOUSE_ALLOW_ELLIPTIC_CURVES', 'false'))

param keptDays = {
  idempotency: int(readEnvironmentVariable('GATEHOUSE_KEEP_IDEMPOTENCY_DAYS', '7'))
  events: int(readEnvironmentVariable('GATEHOUSE_KEEP_EVENTS_DAYS', '90'))
  operations: int(readEnvironmentVariable('GATEHOUSE_KEEP_OPERATIONS_DAYS', '365'))
  profiles: int(readEnvironmentVariable('GATEHOUSE_KEEP_PROFILES_DAYS', '30'))
}
param storageRedundancy = readEnvironmentVariable('GATEHOUSE_STORAGE_REDUNDANCY', '')
param existingEventTopicId = readEnvironmentVariable('GATEHOUSE_EXISTING_EVENT_TOPIC_ID', '')

@description('An empty variable is an empty list.')
var alertActionGroupIdsGiven = readEnvironmentVariable('GATEHOUSE_ALERT_ACTION_GROUP_IDS', '')
param alertActionGroupIds = empty(alertActionGroupIdsGiven) ? [] : split(alertActionGroupIdsGiven, listSeparator)

@description('An empty variable is an empty list.')
var gatewayResourceGroupsGiven = readEnvironmentVariable('GATEHOUSE_GATEWAY_RESOURCE_GROUPS', '')
param gatewayResourceGroups = empty(gatewayResourceGroupsGiven) ? [] : split(gatewayResourceGroupsGiven, listSeparator)

param runsCommandsOnArcMachines = bool(readEnvironmentVariable('GATEHOUSE_RUNS_COMMANDS_ON_ARC_MACHINES', 'false'))
param seesAllGateways = bool(readEnvironmentVariable('GATEHOUSE_SEES_ALL_GATEWAYS', 'false'))
param seesRegions = bool(readEnvironmentVariable('GATEHOUSE_SEES_REGIONS', 'false'))
