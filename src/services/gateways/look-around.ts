import { faultsOfName } from '../../domain/azure-names.ts';
import { asObject, asText } from '../../domain/gateway-entries.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { GatewayFacts, PreflightContext, VirtualNetworkFacts } from '../../domain/preflight/facts.ts';
import type { Problem } from '../../domain/preflight/problem.ts';
import type { Arm } from '../../ports/arm.ts';
import { look, unseen } from './look.ts';
import { addressFacts, gatewaySubnetReferences, networkFacts, routeTableFacts } from './network-facts.ts';

/** The reads of Azure that a plan is judged by. */
export type ArmLooks = Pick<Arm, 'readRaw'>;

/**
 * What is in Azure where a plan wants to build. What could not be looked at is a warning, and never taken for absent.
 */
export interface Surroundings {
  readonly virtualNetworkFacts?: VirtualNetworkFacts;
  readonly publicIps: NonNullable<PreflightContext['publicIps']>;
  readonly isGatewayThere: boolean;
  readonly problems: readonly Problem[];
}

/** Azure puts one VPN gateway and one for ExpressRoute into a network. */
const gatewaysLookedAtMax = 4;

/** Looks at the virtual network and what is in and at it, the public addresses and the gateway that a plan names. */
export async function lookAround(arm: ArmLooks, plan: GatewayPlan): Promise<Surroundings> {
  if (!hasAzureNames(plan)) return { publicIps: [], isGatewayThere: false, problems: [] };
  const { resourceIds } = plan;
  const [network, gateway, addresses] = await Promise.all([
    lookAtNetwork(arm, plan),
    look(() => arm.readRaw(resourceIds.gateway)),
    Promise.all(resourceIds.publicIps.map(async (id) => ({ id, seen: await look(() => arm.readRaw(id)) }))),
  ]);
  return {
    ...(network.facts === undefined ? {} : { virtualNetworkFacts: network.facts }),
    publicIps: addresses.flatMap(({ id, seen }) => (seen.outcome === 'there' ? [addressFacts(id, seen.value)] : [])),
    isGatewayThere: gateway.outcome === 'there',
    problems: [
      ...network.problems,
      ...unseen(gateway, '/name', resourceIds.gateway),
      ...addresses.flatMap(({ id, seen }) => unseen(seen, '/publicIp/name', id)),
    ],
  };
}

/** A name that Azure does not take is not asked for: it might be a step of a path. */
function hasAzureNames({ name, resourceGroup, virtualNetwork, ipConfigurations }: GatewayPlan): boolean {
  const faults = [
    ...faultsOfName('virtualNetworkGateway', name),
    ...faultsOfName('resourceGroup', resourceGroup),
    ...(virtualNetwork.kind === 'new' ? faultsOfName('virtualNetwork', virtualNetwork.name) : []),
    ...ipConfigurations.flatMap(({ publicIp }) => faultsOfName('publicIp', publicIp.name)),
  ];
  return faults.length === 0;
}

interface NetworkLook {
  readonly facts?: VirtualNetworkFacts;
  readonly problems: readonly Problem[];
}

async function lookAtNetwork(arm: ArmLooks, { resourceIds, virtualNetwork }: GatewayPlan): Promise<NetworkLook> {
  const id = resourceIds.virtualNetwork;
  const isExisting = virtualNetwork.kind === 'existing';
  const path = isExisting ? '/virtualNetwork/resourceId' : '/virtualNetwork/name';
  const seen = await look(() => arm.readRaw(id));
  switch (seen.outcome) {
    case 'there':
      return lookIntoNetwork(arm, path, seen.value);
    case 'absent':
      return { problems: isExisting ? [noNetwork(path, id)] : [] };
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
async function lookIntoNetwork(arm: ArmLooks, path: string, network: JsonObject): Promise<NetworkLook> {
  const { gatewayIds, securityGroupId, routeTableId } = gatewaySubnetReferences(network);
  const [table, gateways] = await Promise.all([
    routeTableId === '' ? undefined : look(() => arm.readRaw(routeTableId)),
    Promise.all(gatewayIds.slice(0, gatewaysLookedAtMax).map((id) => gatewayFacts(arm, id))),
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

async function gatewayFacts(arm: ArmLooks, resourceId: string): Promise<GatewayFacts> {
  const seen = await look(() => arm.readRaw(resourceId));
  const gatewayType = seen.outcome === 'there' ? asText(asObject(seen.value['properties'])['gatewayType']) : '';
  return gatewayType === '' ? { resourceId } : { resourceId, gatewayType };
}
