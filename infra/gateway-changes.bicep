// Sends changes of gateways to the application. Azure takes the subscription only when the function that receives is there, so this is
// deployed after each publishing, into the resource group of the topic: hooks/ does it.
@description('Of the topic in this resource group.')
param topicName string

@description('Where the application is.')
param appResourceGroup string

@description('Output of main.bicep.')
param functionAppName string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource receiver 'Microsoft.Web/sites/functions@2025-03-01' existing = {
  scope: resourceGroup(appResourceGroup)
  name: '${functionAppName}/onGatewayChanged'
}

resource gatewayChanges 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  // A topic may serve several applications.
  name: functionAppName
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: receiver.id
        maxEventsPerBatch: 10
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: {
      includedEventTypes: [
        'Microsoft.Resources.ResourceWriteSuccess'
        'Microsoft.Resources.ResourceDeleteSuccess'
      ]
      // Values are compared without case. Actions are left out: the application's own would come back to it.
      advancedFilters: [
        {
          operatorType: 'StringIn'
          key: 'data.operationName'
          values: [
            'Microsoft.Network/virtualNetworkGateways/write'
            'Microsoft.Network/virtualNetworkGateways/delete'
          ]
        }
      ]
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
  }
}
