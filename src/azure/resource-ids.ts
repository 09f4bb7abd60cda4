/** The parts of an ARM id that the clients ask for separately. */
export interface ResourceIdParts {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** `Microsoft.Network/virtualNetworks`, or empty for a resource group. */
  readonly type: string;
  readonly name: string;
}

const pattern =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)(?:\/providers\/(Microsoft\.Network\/[A-Za-z]+)\/([^/]+))?$/i;

/** Splits the id of a resource group or of a resource directly under one. Throws for anything else: ids are made here. */
export function parseResourceId(resourceId: string): ResourceIdParts {
  const match = pattern.exec(resourceId);
  if (match === null) throw new Error(`Not the id of a resource group or network resource: ${resourceId}`);
  const [, subscriptionId = '', resourceGroup = '', type = '', name = ''] = match;
  return { subscriptionId, resourceGroup, type, name: name === '' ? resourceGroup : name };
}
