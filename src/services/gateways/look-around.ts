import { faultsOfName } from '../../domain/azure-names.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import type { PreflightContext } from '../../domain/preflight/facts.ts';
import type { Problem } from '../../domain/preflight/problem.ts';
import type { Arm } from '../../ports/arm.ts';
import { type LookAt, unseen } from './look.ts';
import { lookAtNetwork } from './look-at-network.ts';
import { lookAtScopes } from './look-at-scopes.ts';
import { addressFacts } from './network-facts.ts';

/** The reads of Azure that a plan is judged by. */
export type ArmLooks = Pick<Arm, 'readRaw' | 'readPermissions' | 'readRegions' | 'readUsages'>;

/**
 * What is in Azure where a plan wants to build. What could not be looked at is a warning, and never taken for absent.
 */
export interface Surroundings {
  readonly context: Omit<PreflightContext, 'otherGateways' | 'registration' | 'isGatewayForeign'>;
  readonly isGatewayThere: boolean;
  readonly problems: readonly Problem[];
}

/**
 * Looks at what a plan names (the virtual network and what is in and at it, the public addresses, the gateway) and at
 * what its subscription offers. Some fifteen reads at most, side by side, of which those into the network wait for it.
 */
export async function lookAround(
  looks: { readonly arm: ArmLooks; readonly lookAt: LookAt },
  plan: GatewayPlan,
): Promise<Surroundings> {
  if (!hasAzureNames(plan)) return { context: {}, isGatewayThere: false, problems: [] };
  const { arm, lookAt } = looks;
  const { resourceIds } = plan;
  const [network, gateway, addresses, { problems: ofScopes, ...scopes }] = await Promise.all([
    lookAtNetwork(looks, plan),
    lookAt(() => arm.readRaw(resourceIds.gateway)),
    Promise.all(resourceIds.publicIps.map(async (id) => ({ id, seen: await lookAt(() => arm.readRaw(id)) }))),
    lookAtScopes(looks, plan),
  ]);
  // Each look of a subscription that is not shown would say the same.
  if (ofScopes.some(({ code }) => code === 'subscriptionUnknown')) {
    return { context: {}, isGatewayThere: false, problems: ofScopes };
  }
  return {
    context: {
      ...scopes,
      ...(network.facts === undefined ? {} : { virtualNetworkFacts: network.facts }),
      publicIps: addresses.flatMap(({ id, seen }) => (seen.outcome === 'there' ? [addressFacts(id, seen.value)] : [])),
      toMake: {
        virtualNetworks: Number(network.isAbsent === true && plan.virtualNetwork.kind === 'new'),
        publicIps: addresses.filter(({ seen }) => seen.outcome === 'absent').length,
      },
    },
    isGatewayThere: gateway.outcome === 'there',
    problems: [
      ...network.problems,
      ...unseen(gateway, '/name', resourceIds.gateway),
      ...addresses.flatMap(({ id, seen }) => unseen(seen, '/publicIp/name', id)),
      // Who may do what at a network that is not there is no question any more.
      ...ofScopes.filter(({ path }) => network.isAbsent !== true || path !== '/virtualNetwork/resourceId'),
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
