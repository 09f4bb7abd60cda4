import { asObject, asText } from '../../domain/gateway-entries.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { GatewayFacts, VirtualNetworkFacts } from '../../domain/preflight/facts.ts';
import type { Problem } from '../../domain/preflight/problem.ts';
import type { Arm } from '../../ports/arm.ts';
import { type LookAt, unseen } from './look.ts';
import { gatewaySubnetReferences, networkFacts, routeTableFacts } from './network-facts.ts';

interface NetworkLooks {
  readonly arm: Pick<Arm, 'readRaw'>;
  readonly lookAt: LookAt;
}

/** Azure puts one VPN gateway and one for ExpressRoute into a network. */
const gatewaysLookedAtMax = 4;

/** Neither facts nor `isAbsent` where it could not be looked at. */
export interface NetworkLook {
  readonly facts?: VirtualNetworkFacts;
  readonly isAbsent?: true;
  readonly problems: readonly Problem[];
}

/** The virtual network of a plan, with the gateways in it and what is attached to its GatewaySubnet. */
export async function lookAtNetwork(
  { arm, lookAt }: NetworkLooks,
  { resourceIds, virtualNetwork }: GatewayPlan,
): Promise<NetworkLook> {
  const id = resourceIds.virtualNetwork;
  const isExisting = virtualNetwork.kind === 'existing';
  const path = isExisting ? '/virtualNetwork/resourceId' : '/virtualNetwork/name';
  const seen = await lookAt(() => arm.readRaw(id));
  switch (seen.outcome) {
    case 'there':
      return lookIntoNetwork({ arm, lookAt }, path, seen.value);
    case 'absent':
      return { isAbsent: true, problems: isExisting ? [noNetwork(path, id)] : [] };
    case 'unknown':
      return { problems: unseen(seen, path, id) };
  }
}

function noNetwork(path: string, id: string): Problem {
  return {
    path,
    code: 'virtualNetworkMissing',
    severity: 'error',
    message: `Virtual network ${id} does not exist.`,
    fix: 'Correct the id, or plan a network to be made.',
  };
}

/** The gateways in the network, and the route table that its GatewaySubnet has. */
async function lookIntoNetwork({ arm, lookAt }: NetworkLooks, path: string, network: JsonObject): Promise<NetworkLook> {
  const { gatewayIds, securityGroupId, routeTableId } = gatewaySubnetReferences(network);
  const [table, gateways] = await Promise.all([
    routeTableId === '' ? undefined : lookAt(() => arm.readRaw(routeTableId)),
    Promise.all(gatewayIds.slice(0, gatewaysLookedAtMax).map((id) => gatewayFacts({ arm, lookAt }, id))),
  ]);
  return {
    facts: {
      ...networkFacts(network),
      gateways,
      gatewaySubnet: {
        ...(securityGroupId === '' ? {} : { securityGroupId }),
        ...(table?.outcome === 'there' ? { routeTable: routeTableFacts(routeTableId, table.value) } : {}),
      },
    },
    problems: unseen(table, path, `The route table ${routeTableId} of the GatewaySubnet`),
  };
}

async function gatewayFacts({ arm, lookAt }: NetworkLooks, resourceId: string): Promise<GatewayFacts> {
  const seen = await lookAt(() => arm.readRaw(resourceId));
  const gatewayType = seen.outcome === 'there' ? asText(asObject(seen.value['properties'])['gatewayType']) : '';
  return gatewayType === '' ? { resourceId } : { resourceId, gatewayType };
}
