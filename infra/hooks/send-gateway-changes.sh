#!/bin/sh
# After each publishing: has changes of gateways sent to the application. azd hands over its environment, outputs of main.bicep
# included. Needs the Azure CLI, logged in (`az login`).
set -eu
: "${AZURE_SUBSCRIPTION_ID:?is not set}" "${AZURE_RESOURCE_GROUP:?is not set}"
: "${GATEHOUSE_FUNCTION_APP_NAME:?is not set}" "${GATEHOUSE_EVENT_TOPIC_ID:?is not set}"
command -v az >/dev/null || {
  echo 'Install the Azure CLI and log in with `az login`: https://aka.ms/azure-cli' >&2
  exit 1
}
infra=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# The topic of a subscription may be in another resource group.
topic_group=${GATEHOUSE_EVENT_TOPIC_ID#/subscriptions/*/resource[Gg]roups/}
topic_group=${topic_group%%/*}
sites=/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.Web/sites

# Azure takes a while to see what has been published.
az resource wait --exists --interval 10 --timeout 600 --api-version 2025-03-01 \
  --ids "$sites/$GATEHOUSE_FUNCTION_APP_NAME/functions/onGatewayChanged"
az deployment group create --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$topic_group" \
  --name "$GATEHOUSE_FUNCTION_APP_NAME" --template-file "$infra/gateway-changes.bicep" --output none \
  --parameters "topicName=${GATEHOUSE_EVENT_TOPIC_ID##*/}" "appResourceGroup=$AZURE_RESOURCE_GROUP" \
  "functionAppName=$GATEHOUSE_FUNCTION_APP_NAME"
