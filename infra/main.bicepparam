// An example. Secrets come from the environment of whoever deploys and are written nowhere.
using 'main.bicep'

param name = 'gatehouse'
param location = 'westeurope'
// Without one in the environment the vault's stays: null writes nothing.
var administratorKeyGiven = readEnvironmentVariable('GATEHOUSE_ADMINISTRATOR_KEY', '')
param administratorKey = empty(administratorKeyGiven) ? null : administratorKeyGiven
// Address and secret together, or neither.
var webhookGiven = {
  url: readEnvironmentVariable('GATEHOUSE_WEBHOOK_URL', '')
  secret: readEnvironmentVariable('GATEHOUSE_WEBHOOK_SECRET', '')
}
param webhook = empty('${webhookGiven.url}${webhookGiven.secret}') ? null : webhookGiven
param webhookAllowedHosts = []
param keptDays = {
  idempotency: 7
  events: 90
  operations: 365
  profiles: 30
}
param storageRedundancy = ''
param alertActionGroupIds = []
param gatewayResourceGroups = []
param runsCommandsOnArcMachines = false
param isPackagePublished = bool(readEnvironmentVariable('GATEHOUSE_IS_PUBLISHED', 'false'))
