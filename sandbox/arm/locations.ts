import { refuseAtGateway } from './arm-refusal.ts';
import { asText, type JsonObject } from './json-object.ts';

const regions = [
  'australiacentral australiaeast australiasoutheast austriaeast belgiumcentral brazilsouth canadacentral canadaeast',
  'centralindia centralus chilecentral eastasia eastus eastus2 francecentral germanywestcentral indonesiacentral',
  'israelcentral italynorth japaneast japanwest koreacentral koreasouth malaysiawest mexicocentral newzealandnorth',
  'northcentralus northeurope norwayeast polandcentral qatarcentral southafricanorth southcentralus southeastasia',
  'southindia spaincentral swedencentral switzerlandnorth uaenorth uksouth ukwest westcentralus westeurope westus',
  'westus2 westus3',
].flatMap((line) => line.split(' '));

/**
 * The location of a body in the form that Azure answers with: `East US` becomes `eastus`. Refuses one that is missing or
 * unknown.
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
