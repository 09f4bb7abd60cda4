// The application's identity. It is made apart from the application, so that its rights are there before the first start.
import { tagsType } from 'types.bicep'

@description('Of the identity.')
param name string

@description('Region of the identity.')
param location string

@description('Of every resource.')
param tags tagsType

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('What the application is given as its identity.')
output id string = identity.id

@description('By which the application asks for tokens.')
output clientId string = identity.properties.clientId

@description('To which roles are assigned.')
output principalId string = identity.properties.principalId
