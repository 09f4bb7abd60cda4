import type { ServiceResponse } from '../platform/https-service.ts';
import { type ArmCall, type ArmContext, param } from './arm-call.ts';
import { refuseAtGateway } from './arm-refusal.ts';
import { asText, type JsonObject } from './json-object.ts';

const regionsWithZones = [
  'australiaeast austriaeast belgiumcentral brazilsouth canadacentral centralindia centralus chilecentral eastasia eastus',
  'eastus2 francecentral germanywestcentral indonesiacentral israelcentral italynorth japaneast japanwest koreacentral',
  'malaysiawest mexicocentral newzealandnorth northeurope norwayeast polandcentral qatarcentral southafricanorth',
  'southcentralus southeastasia spaincentral swedencentral switzerlandnorth uaenorth uksouth westeurope westus2 westus3',
].flatMap((line) => line.split(' '));
const regionsWithoutZones = [
  'australiacentral australiasoutheast canadaeast koreasouth northcentralus southindia ukwest westcentralus westus',
].flatMap((line) => line.split(' '));
const regions = [...regionsWithZones, ...regionsWithoutZones].toSorted();

/** Whether a known region, in the form that Azure answers with, has availability zones. */
export function hasZones(location: string): boolean {
  return regionsWithZones.includes(location);
}

/**
 * The location of a body in the form that Azure answers with: `East US` becomes `eastus`. Refuses one that is missing
 * or unknown.
 */
export function readLocation(body: JsonObject, resourceType: string): string {
  const given = asText(body['location']);
  if (given === undefined || given === '') {
    throw refuseAtGateway(400, 'LocationRequired', 'The location property is required for this definition.');
  }
  const normal = given.toLowerCase().replaceAll(' ', '');
  if (regions.includes(normal)) return normal;
  throw refuseAtGateway(
    400,
    'LocationNotAvailableForResourceType',
    `The provided location '${given}' is not available for resource type '${resourceType}'. List of available regions for the resource type is '${regions.join(',')}'.`,
  );
}

/** The regions of the subscription, as far as this stack has them. */
export function listLocations(_context: ArmContext, call: ArmCall): ServiceResponse {
  const subscription = `/subscriptions/${param(call, 'subscriptionId')}`;
  const value = regions.map((name) => ({
    id: `${subscription}/locations/${name}`,
    name,
    type: 'Region',
    displayName: name,
    regionalDisplayName: name,
    metadata: { regionType: 'Physical', regionCategory: hasZones(name) ? 'Recommended' : 'Other' },
    ...(hasZones(name)
      ? {
          availabilityZoneMappings: ['1', '2', '3'].map((zone) => ({
            logicalZone: zone,
            physicalZone: `${name}-az${zone}`,
          })),
        }
      : {}),
  }));
  return { status: 200, body: { value } };
}
