/** The types that this emulator keeps. */
export type ResourceType = 'virtualNetworks' | 'publicIPAddresses' | 'routeTables' | 'virtualNetworkGateways';

/** Where a resource of Microsoft.Network is. */
export interface ResourceAddress {
  readonly subscriptionId: string;
  readonly group: string;
  readonly type: ResourceType;
  readonly name: string;
}

const pattern =
  /^\/subscriptions\/(?<subscription>[^/]+)\/resourceGroups\/(?<group>[^/]+)\/providers\/Microsoft\.Network\/(?<type>[^/]+)\/(?<name>[^/]+)(?:\/(?<childType>[^/]+)\/(?<child>[^/]+))?$/i;

/** The parts of a Microsoft.Network resource id, or undefined when it has another form. Case is kept. */
export interface ParsedResourceId {
  readonly subscriptionId: string;
  readonly group: string;
  readonly type: string;
  readonly name: string;
  readonly childType?: string;
  readonly child?: string;
}

export function parseResourceId(id: string): ParsedResourceId | undefined {
  const groups = pattern.exec(id)?.groups;
  if (groups === undefined) return undefined;
  const { subscription = '', group = '', type = '', name = '', childType, child } = groups;
  const own = { subscriptionId: subscription, group, type, name };
  return childType === undefined || child === undefined ? own : { ...own, childType, child };
}

export function formatGroupId(subscriptionId: string, group: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}`;
}

export function formatResourceId(address: ResourceAddress): string {
  const group = formatGroupId(address.subscriptionId, address.group);
  return `${group}/providers/Microsoft.Network/${address.type}/${address.name}`;
}

/** Azure compares names and ids without case. */
export function sameId(left: string | undefined, right: string | undefined): boolean {
  return left !== undefined && left.toLowerCase() === right?.toLowerCase();
}
