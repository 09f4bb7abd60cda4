import type { ServiceResponse } from '../../platform/https-service.ts';
import { type ArmCall, type ArmContext, param } from '../arm-call.ts';
import type { StoredResource } from '../arm-state.ts';
import { asObject, asText, propertiesOf } from '../json-object.ts';
import { readLocation } from '../locations.ts';
import type { ResourceType } from '../resource-id.ts';
import { listResources } from '../resource-store.ts';

interface Counted {
  readonly name: string;
  readonly localizedName: string;
  readonly type: ResourceType;
  readonly limit: number;
  readonly counts?: (resource: StoredResource) => boolean;
}

const counted: readonly Counted[] = [
  { name: 'VirtualNetworks', localizedName: 'Virtual Networks', type: 'virtualNetworks', limit: 1000 },
  {
    name: 'StaticPublicIPAddresses',
    localizedName: 'Static Public IP Addresses',
    type: 'publicIPAddresses',
    limit: 1000,
    counts: (resource) => isBasic(resource) && propertiesOf(resource.body)['publicIPAllocationMethod'] === 'Static',
  },
  {
    name: 'PublicIPAddresses',
    localizedName: 'Public IP Addresses - Basic',
    type: 'publicIPAddresses',
    limit: 1000,
    counts: isBasic,
  },
  { name: 'RouteTables', localizedName: 'Route Tables', type: 'routeTables', limit: 200 },
  {
    name: 'StandardSkuPublicIpAddresses',
    localizedName: 'Standard Sku Public IP Addresses',
    type: 'publicIPAddresses',
    limit: 1000,
    counts: (resource) => !isBasic(resource),
  },
];

function isBasic({ body }: StoredResource): boolean {
  return asText(asObject(body['sku'])['name']) !== 'Standard';
}

/** What the subscription has in a region of what it may have there. */
export function listUsages(context: ArmContext, call: ArmCall): ServiceResponse {
  const location = readLocation({ location: param(call, 'location') }, 'locations/usages');
  const value = counted.map(({ name, localizedName, type, limit, counts = () => true }) => ({
    id: `/subscriptions/${param(call, 'subscriptionId')}/providers/Microsoft.Network/locations/${location}/usages/${name}`,
    unit: 'Count',
    currentValue: listResources(context, type).filter(
      (resource) => resource.body['location'] === location && counts(resource),
    ).length,
    limit,
    name: { value: name, localizedValue: localizedName },
  }));
  return { status: 200, body: { value } };
}
