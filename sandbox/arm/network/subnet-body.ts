import type { ArmContext } from '../arm-call.ts';
import { asText, type JsonObject, propertiesOf } from '../json-object.ts';
import { usersOfSubnet } from './usage.ts';

/** A subnet as Azure keeps it: what the caller left out filled in, what only Azure may say left out. */
export function withSubnetDefaults(subnet: JsonObject): JsonObject {
  const { ipConfigurations: _readOnly, ...given } = propertiesOf(subnet);
  return {
    ...subnet,
    properties: {
      delegations: [],
      privateEndpointNetworkPolicies: 'Disabled',
      privateLinkServiceNetworkPolicies: 'Enabled',
      ...given,
    },
  };
}

/** A subnet as a GET shows it: with the ipConfigurations that sit in it. */
export function renderSubnet(context: ArmContext, subnet: JsonObject): JsonObject {
  const uses = usersOfSubnet(context, asText(subnet['id']) ?? '');
  if (uses.length === 0) return subnet;
  return { ...subnet, properties: { ...propertiesOf(subnet), ipConfigurations: uses.map(({ id }) => ({ id })) } };
}
