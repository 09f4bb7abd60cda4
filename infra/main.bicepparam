// An example. Secrets come from the environment of whoever deploys and are written nowhere.
using 'main.bicep'

param name = 'gatehouse'
param location = 'westeurope'
param administratorKey = readEnvironmentVariable('GATEHOUSE_ADMINISTRATOR_KEY')
param webhookUrl = readEnvironmentVariable('GATEHOUSE_WEBHOOK_URL', '')
param webhookSecret = readEnvironmentVariable('GATEHOUSE_WEBHOOK_SECRET', '')
param gatewayResourceGroups = []
param runsCommandsOnArcMachines = false
param isPackagePublished = bool(readEnvironmentVariable('GATEHOUSE_IS_PUBLISHED', 'false'))
