# After each publishing: has changes of gateways sent to the application. azd hands over its environment, outputs of main.bicep
# included. Needs the Azure CLI, logged in (`az login`).
$ErrorActionPreference = 'Stop'
foreach ($name in 'AZURE_SUBSCRIPTION_ID', 'AZURE_RESOURCE_GROUP', 'GATEHOUSE_FUNCTION_APP_NAME', 'GATEHOUSE_EVENT_TOPIC_ID') {
    if (-not [Environment]::GetEnvironmentVariable($name)) { throw "${name}: is not set" }
}
if (-not (Get-Command az -ErrorAction SilentlyContinue)) {
    throw 'Install the Azure CLI and log in with `az login`: https://aka.ms/azure-cli'
}
$infra = Split-Path -Parent $PSScriptRoot
# The topic of a subscription may be in another resource group.
$topic = $env:GATEHOUSE_EVENT_TOPIC_ID.Split('/')
$topicGroup = $topic[4]
$topicName = $topic[-1]
$sites = "/subscriptions/$env:AZURE_SUBSCRIPTION_ID/resourceGroups/$env:AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites"

# Azure takes a while to see what has been published.
az resource wait --exists --interval 10 --timeout 600 --api-version 2025-03-01 `
    --ids "$sites/$env:GATEHOUSE_FUNCTION_APP_NAME/functions/onGatewayChanged"
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
az deployment group create --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $topicGroup `
    --name $env:GATEHOUSE_FUNCTION_APP_NAME --template-file "$infra/gateway-changes.bicep" --output none `
    --parameters "topicName=$topicName" "appResourceGroup=$env:AZURE_RESOURCE_GROUP" `
    "functionAppName=$env:GATEHOUSE_FUNCTION_APP_NAME"
exit $LASTEXITCODE
