import { randomUUID } from 'node:crypto';
import type { EventGridEvent } from '../platform/event-grid-event.ts';
import { SeededRandom } from '../platform/seeded-random.ts';
import type { ServiceHost } from '../platform/service-host.ts';
import type { Caller, StoredOperation } from './arm-state.ts';
import type { OperationName } from './operation-names.ts';

/** A change of a resource that ended, in the words of the activity log. */
export interface EndedChange {
  /** Id of the resource or group. */
  readonly resourceId: string;
  readonly operationName: string;
  readonly outcome: 'Success' | 'Failure' | 'Cancel';
  readonly caller: Caller;
  readonly correlationId: string;
}

const gateways = 'Microsoft.Network/virtualNetworkGateways';
const activityNames: Readonly<Record<OperationName, string>> = {
  DeleteResourceGroupOperation: 'Microsoft.Resources/subscriptions/resourceGroups/delete',
  PutVirtualNetworkOperation: 'Microsoft.Network/virtualNetworks/write',
  DeleteVirtualNetworkOperation: 'Microsoft.Network/virtualNetworks/delete',
  PutSubnetOperation: 'Microsoft.Network/virtualNetworks/subnets/write',
  DeleteSubnetOperation: 'Microsoft.Network/virtualNetworks/subnets/delete',
  PutRouteTableOperation: 'Microsoft.Network/routeTables/write',
  PutPublicIpAddressOperation: 'Microsoft.Network/publicIPAddresses/write',
  DeletePublicIpAddressOperation: 'Microsoft.Network/publicIPAddresses/delete',
  PutVirtualNetworkGatewayOperation: `${gateways}/write`,
  PatchVirtualNetworkGatewayOperation: `${gateways}/write`,
  DeleteVirtualNetworkGatewayOperation: `${gateways}/delete`,
  GenerateVpnProfileOperation: `${gateways}/generatevpnprofile/action`,
  GetVpnProfilePackageUrlOperation: `${gateways}/getvpnprofilepackageurl/action`,
  GetVpnClientConnectionHealthOperation: `${gateways}/getVpnClientConnectionHealth/action`,
  DisconnectVpnConnectionsOperation: `${gateways}/disconnectVirtualNetworkGatewayVpnConnections/action`,
  PutRunCommandOperation: 'Microsoft.HybridCompute/machines/runCommands/write',
  DeleteRunCommandOperation: 'Microsoft.HybridCompute/machines/runCommands/delete',
};

export function toEndedChange(operation: StoredOperation): EndedChange {
  const outcomes = { InProgress: 'Success', Succeeded: 'Success', Failed: 'Failure', Canceled: 'Cancel' } as const;
  return {
    resourceId: operation.targetId,
    operationName: activityNames[operation.name],
    outcome: outcomes[operation.status],
    caller: operation.caller,
    correlationId: operation.correlationId,
  };
}

/** The change as Event Grid tells it: who and what, never the resource itself. */
export function toChangeEvent(host: ServiceHost, change: EndedChange): EventGridEvent {
  const id = randomUUID();
  const kind = kindOf(change.operationName);
  const statuses = { Success: 'Succeeded', Failure: 'Failed', Cancel: 'Canceled' } as const;
  return {
    id,
    topic: `/subscriptions/${host.subscriptionId}`,
    subject: withOddCasing(change.resourceId, id),
    eventType: `Microsoft.Resources.Resource${kind}${change.outcome}`,
    eventTime: host.clock.now().toISOString(),
    dataVersion: '2',
    metadataVersion: '1',
    data: {
      authorization: {
        scope: change.resourceId,
        action: change.operationName,
        evidence: { role: 'Network Contributor' },
      },
      claims: claimsOf(host, change.caller),
      correlationId: change.correlationId,
      resourceProvider: change.operationName.split('/')[0],
      resourceUri: change.resourceId,
      operationName: change.operationName,
      status: statuses[change.outcome],
      subscriptionId: host.subscriptionId,
      tenantId: host.tenantId,
    },
  };
}

function kindOf(operationName: string): 'Write' | 'Delete' | 'Action' {
  if (operationName.endsWith('/write')) return 'Write';
  return operationName.endsWith('/delete') ? 'Delete' : 'Action';
}

function claimsOf(host: ServiceHost, caller: Caller): Record<string, string> {
  return {
    aud: 'https://management.azure.com/',
    iss: `https://sts.windows.net/${host.tenantId}/`,
    appid: caller.appId,
    oid: caller.objectId,
    'http://schemas.microsoft.com/identity/claims/objectidentifier': caller.objectId,
    'http://schemas.microsoft.com/identity/claims/tenantid': host.tenantId,
  };
}

/** Subjects do not keep the casing of ids, in Azure neither: comparing them with case is the mistake to find here. */
function withOddCasing(resourceId: string, seed: string): string {
  const randomness = new SeededRandom(seed).next();
  if (randomness < 1 / 3) return resourceId;
  const lower = resourceId.replace('/resourceGroups/', '/resourcegroups/');
  return randomness < 2 / 3 ? lower : lower.replace(/\/resourcegroups\/[^/]+/, (part) => part.toUpperCase());
}
