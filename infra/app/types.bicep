// What more than one file has to understand in the same way.

@export()
@description('Tags by name.')
type tagsType = {
  @description('Value of a tag.')
  *: string
}

@export()
@description('For how many days what is over is kept before it is removed.')
type keptDaysType = {
  @description('Of a request under an idempotency key, from its begin. A key is replayed for seven days.')
  @minValue(7)
  idempotency: int

  @description('Of a delivered event, from its delivery.')
  @minValue(30)
  events: int

  @description('Of an operation, from its end.')
  @minValue(30)
  operations: int

  @description('Of a profile package, from its making. The newest of a gateway stays.')
  @minValue(1)
  profiles: int
}

@export()
@secure()
@description('Where notices are posted, and what signs them. One is nothing without the other.')
type webhookType = {
  @description('An https address.')
  @minLength(10)
  url: string

  @description('What signs each notice.')
  @minLength(16)
  secret: string
}
