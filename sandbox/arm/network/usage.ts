import type { ArmContext } from '../arm-call.ts';
import type { StoredResource } from '../arm-state.ts';
import { asObjects, asText, type JsonObject, propertiesOf, referenceOf } from '../json-object.ts';
import { sameId } from '../resource-id.ts';
import { listResources } from '../resource-store.ts';

/** An ipConfiguration of a gateway that holds a subnet or a public IP. */
export interface Use {
  readonly gateway: StoredResource;
  /** Id of the ipConfiguration. */
  readonly id: string;
}

/** The gateway configurations that sit in a subnet. */
export function usersOfSubnet(context: ArmContext, subnetId: string): Use[] {
  return users(context, 'subnet', (id) => sameId(id, subnetId));
}

export function usersOfPublicIp(context: ArmContext, publicIpId: string): Use[] {
  return users(context, 'publicIPAddress', (id) => sameId(id, publicIpId));
}

/** The gateway configurations that sit anywhere in a virtual network. */
export function usersOfVirtualNetwork(context: ArmContext, networkId: string): Use[] {
  const prefix = `${networkId.toLowerCase()}/subnets/`;
  return users(context, 'subnet', (id) => id.toLowerCase().startsWith(prefix));
}

export function ipConfigurationsOf(body: JsonObject): JsonObject[] {
  return asObjects(propertiesOf(body)['ipConfigurations']);
}

function users(context: ArmContext, field: string, isWanted: (id: string) => boolean): Use[] {
  return listResources(context, 'virtualNetworkGateways').flatMap((gateway) =>
    ipConfigurationsOf(gateway.body)
      .filter((configuration) => isWanted(referenceOf(propertiesOf(configuration), field) ?? ''))
      .map((configuration) => ({ gateway, id: asText(configuration['id']) ?? '' })),
  );
}
