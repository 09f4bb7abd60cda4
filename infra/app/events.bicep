// Where Azure tells of every change of a gateway in the subscription, whoever made it. The subscription that sends them to the
// application is in ../gateway-changes.bicep: the function has to be there first. A system topic in `global` can have no identity
// (Azure refuses it), so nothing can be kept of what Event Grid gives up: an alert says so, and the application's hourly look at each
// gateway finds what it missed.
import { tagsType } from 'types.bicep'

@description('Of the topic.')
param name string

@description('Of every resource.')
param tags tagsType

@description('Of a system topic that the subscription has already; empty where one is to be made.')
param existingTopicId string

@description('What the event subscription of ../gateway-changes.bicep is called.')
param deliveriesName string

@description('Told when a delivery is given up.')
param alertActionGroupIds string[]

@description('What the identifier of a system topic of this subscription ends with.')
var topicPattern = '/providers/microsoft.eventgrid/systemtopics/'
@description('Another kind of topic, or one elsewhere, never sees a change of these gateways.')
var isTopicFit = startsWith(toLower(existingTopicId), '${toLower(subscription().id)}/') && contains(
  toLower(existingTopicId),
  topicPattern
)
@description('Of the topic that there is, or is to be.')
var topicId = empty(existingTopicId)
  ? topic.id
  : isTopicFit ? existingTopicId : fail('existingEventTopicId is no system topic of this subscription')

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (empty(existingTopicId)) {
  name: name
  // Events of a subscription belong to no region.
  location: 'global'
  tags: tags
  properties: {
    source: subscription().id
    topicType: 'Microsoft.Resources.Subscriptions'
  }
}

// Event Grid does not try again after 400, 401, 403 and 413, and after a day.
resource droppedDeliveries 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: '${name}-dropped'
  location: 'global'
  tags: tags
  properties: {
    description: 'Changes of gateways were not delivered to Gatehouse. It sees them at its hourly look.'
    severity: 2
    enabled: true
    scopes: [
      topicId
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
          // Others may receive from the same topic.
          dimensions: [
            {
              name: 'EventSubscriptionName'
              operator: 'Include'
              values: [
                deliveriesName
              ]
            }
          ]
        }
      ]
    }
    actions: [
      for id in alertActionGroupIds: {
        #disable-next-line use-resource-id-functions // The identifiers are a parameter; the rule does not see it through the loop.
        actionGroupId: id
      }
    ]
  }
}

@description('To subscribe at.')
output topicId string = topicId
