import { z } from 'zod';
import type { ArmAnswer } from '../ports/arm.ts';
import type { ArmInventory, AttachedAddress } from '../ports/arm-inventory.ts';
import { type ArmRequestsOptions, createArmRequests } from './arm-requests.ts';
import { readMayRead } from './may-see-all.ts';

const subscriptions = 'api-version=2022-12-01';
const resources = 'api-version=2025-04-01';
const network = 'api-version=2026-01-01';
const gatewayType = 'Microsoft.Network/virtualNetworkGateways';
const filter = `$filter=${encodeURIComponent(`resourceType eq '${gatewayType}'`)}`;

const subscriptionRow = z.looseObject({ subscriptionId: z.string().min(1), displayName: z.string().catch('') });
const resourceRow = z.looseObject({ id: z.string().min(1) });
const addressRow = z.looseObject({
  id: z.string().min(1),
  sku: z
    .looseObject({ name: z.string().min(1) })
    .optional()
    .catch(undefined),
  properties: z.looseObject({ ipConfiguration: z.looseObject({ id: z.string() }).nullish().catch(null) }),
});
const onGateway = /^(.+\/virtualNetworkGateways\/[^/]+)\/ipConfigurations\//i;

/** The lists of Resource Manager that reach over resource groups, by bare requests. */
export function createArmInventory(options: ArmRequestsOptions): ArmInventory {
  const requests = createArmRequests(options);

  return {
    listSubscriptions: async () => {
      const answer = await requests.listAll(`/subscriptions?${subscriptions}`, subscriptionRow);
      return mapped(answer, ({ subscriptionId, displayName }) => [{ id: subscriptionId, name: displayName }]);
    },
    listGatewayIds: async (subscriptionId) => {
      const url = `/subscriptions/${subscriptionId}/resources?${filter}&${resources}`;
      return mapped(await requests.listAll(url, resourceRow), ({ id }) => [id]);
    },
    listGatewayAddresses: async (subscriptionId) => {
      const url = `/subscriptions/${subscriptionId}/providers/Microsoft.Network/publicIPAddresses?${network}`;
      return mapped(await requests.listAll(url, addressRow), toAttached);
    },
    maySeeGateways: (subscriptionId) =>
      readMayRead(requests, `/subscriptions/${subscriptionId}`, `${gatewayType}/read`),
  };
}

function toAttached({ id, sku, properties }: z.infer<typeof addressRow>): readonly AttachedAddress[] {
  const gatewayId = onGateway.exec(properties.ipConfiguration?.id ?? '')?.[1];
  return gatewayId === undefined ? [] : [{ id, gatewayId, ...(sku === undefined ? {} : { sku: sku.name }) }];
}

function mapped<From, To>(
  answer: ArmAnswer<readonly From[]>,
  map: (item: From) => readonly To[],
): ArmAnswer<readonly To[]> {
  return answer.outcome === 'done' ? { outcome: 'done', value: answer.value.flatMap((item) => map(item)) } : answer;
}
