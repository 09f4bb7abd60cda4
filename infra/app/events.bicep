// Tells the application of every change of a gateway in the subscription, whoever made it. A system topic in `global` can have no
// identity (Azure refuses it), so nothing can be kept of what Event Grid gives up: an alert says so, and the application's hourly
// look at each gateway finds what it missed.
param name string
param functionAppId string
param isPackagePublished bool
param alertActionGroupIds string[]

resource topic 'Microsoft.EventGrid/systemTopics@2022-06-15' = {
  name: name
  // Events of a subscription belong to no region.
  location: 'global'
  properties: {
    source: subscription().id
    topicType: 'Microsoft.Resources.Subscriptions'
  }
}

resource gatewayChanges 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2022-06-15' = if (isPackagePublished) {
  parent: topic
  name: 'gateway-changes'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${functionAppId}/functions/onGatewayChanged'
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

// Event Grid does not try again after 400, 401, 403 and 413, and after a day.
resource droppedDeliveries 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-dropped'
  location: 'global'
  properties: {
    description: 'Changes of gateways were not delivered to Gatehouse. It sees them at its hourly look.'
    severity: 2
    enabled: true
    scopes: [
      topic.id
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dropped'
          metricNamespace: 'Microsoft.EventGrid/systemTopics'
          metricName: 'DroppedEventCount'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Total'
        }
      ]
    }
    actions: [
      for id in alertActionGroupIds: {
        actionGroupId: id
      }
    ]
  }
}
