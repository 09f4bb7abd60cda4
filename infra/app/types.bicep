// What more than one file has to understand in the same way.

@export()
@secure()
@description('Where notices are posted, and what signs them. One is nothing without the other.')
type webhookType = {
  @description('An https address.')
  @minLength(10)
  url: string

  @minLength(16)
  secret: string
}
