import type { EventGridEvent } from '../platform/event-grid-event.ts';

/** What a subscription lets through. */
export interface SubscriptionFilter {
  /** Part of a resource id, compared without case, that the subject has to contain. */
  readonly subjectContains: string;
  readonly operationNames: readonly string[];
}

/**
 * Writes and deletions of gateways. Actions are left out: the app's own would come back to it.
 */
export const gatewayChanges: SubscriptionFilter = {
  subjectContains: '/providers/Microsoft.Network/virtualNetworkGateways/',
  operationNames: ['Microsoft.Network/virtualNetworkGateways/write', 'Microsoft.Network/virtualNetworkGateways/delete'],
};

export function passesFilter(filter: SubscriptionFilter, event: EventGridEvent): boolean {
  const operationName = String(event.data['operationName']).toLowerCase();
  return (
    event.subject.toLowerCase().includes(filter.subjectContains.toLowerCase()) &&
    filter.operationNames.some((name) => name.toLowerCase() === operationName)
  );
}
