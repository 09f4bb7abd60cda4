import { isLocationName } from '../../domain/azure-names.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import type { PreflightContext, RegionFacts, RightsFacts } from '../../domain/preflight/facts.ts';
import type { Problem } from '../../domain/preflight/problem.ts';
import type { Arm, Region } from '../../ports/arm.ts';
import { type Look, type LookAt, unanswered } from './look.ts';

interface ScopeLooks {
  readonly arm: Pick<Arm, 'readPermissions' | 'readRegions' | 'readUsages'>;
  readonly lookAt: LookAt;
}

/** What the subscription and the scopes of a plan offer: regions, numbers and rights. Whatever is there has these. */
export interface ScopeFacts extends Pick<PreflightContext, 'region' | 'usages' | 'groupRights' | 'networkRights'> {
  readonly problems: readonly Problem[];
}

export async function lookAtScopes(looks: ScopeLooks, plan: GatewayPlan): Promise<ScopeFacts> {
  const { arm, lookAt } = looks;
  const subscription = `/subscriptions/${plan.subscriptionId}`;
  const [regions, usages, group, network] = await Promise.all([
    lookAtRegions(looks, subscription),
    isLocationName(plan.location) ? lookAt(() => arm.readUsages(subscription, plan.location)) : undefined,
    lookAtGroupRights(looks, plan.resourceIds.resourceGroup, subscription),
    plan.virtualNetwork.kind === 'existing' ? lookAtRights(looks, plan.resourceIds.virtualNetwork) : undefined,
  ]);
  if (isUnknownSubscription(regions)) return { problems: [unknownSubscription(plan.subscriptionId)] };
  return {
    ...(regions.outcome === 'there' ? { region: regionFacts(regions.value, plan.location) } : {}),
    ...(usages?.outcome === 'there' ? { usages: usages.value } : {}),
    ...(group.outcome === 'there' ? { groupRights: group.value } : {}),
    ...(network?.outcome === 'there' ? { networkRights: network.value } : {}),
    problems: [
      ...unanswered(regions, '/location', `The list of regions of ${subscription}`),
      ...unanswered(usages, '/location', `What ${subscription} may have in ${plan.location}`),
      ...unanswered(group, '/resourceGroup', `What the identity may do in ${plan.resourceIds.resourceGroup}`),
      ...unanswered(
        network,
        '/virtualNetwork/resourceId',
        `What the identity may do at ${plan.resourceIds.virtualNetwork}`,
      ),
    ],
  };
}

/** One answer that there is no such subscription proves nothing: it is asked for twice. */
async function lookAtRegions({ arm, lookAt }: ScopeLooks, subscription: string): Promise<Look<readonly Region[]>> {
  const first = await lookAt(() => arm.readRegions(subscription));
  return isUnknownSubscription(first) ? lookAt(() => arm.readRegions(subscription)) : first;
}

function isUnknownSubscription(seen: Look<unknown>): boolean {
  return seen.outcome === 'unknown' && ['SubscriptionNotFound', 'InvalidSubscriptionId'].includes(seen.reason);
}

function unknownSubscription(id: string): Problem {
  return {
    path: '/subscriptionId',
    code: 'subscriptionUnknown',
    severity: 'error',
    message: `Azure shows Gatehouse's identity no subscription ${id}.`,
    fix: 'Correct the id, or give the application a role in that subscription.',
  };
}

function regionFacts(regions: readonly Region[], location: string): RegionFacts {
  const found = regions.find(({ name }) => name.toLowerCase() === location);
  return { isOffered: found !== undefined, hasZones: found?.hasZones === true };
}

async function lookAtRights({ arm, lookAt }: ScopeLooks, scope: string): Promise<Look<RightsFacts>> {
  const seen = await lookAt(() => arm.readPermissions(scope));
  return seen.outcome === 'there' ? { outcome: 'there', value: { scope, permissions: seen.value } } : seen;
}

/** A group that is still to be made has the rights of its subscription. */
async function lookAtGroupRights(
  looks: ScopeLooks,
  group: string,
  subscription: string,
): Promise<Look<NonNullable<PreflightContext['groupRights']>>> {
  const inGroup = await lookAtRights(looks, group);
  const isGroupThere = inGroup.outcome !== 'absent' || inGroup.of !== 'resourceGroup';
  const seen = isGroupThere ? inGroup : await lookAtRights(looks, subscription);
  return seen.outcome === 'there' ? { outcome: 'there', value: { ...seen.value, isGroupThere } } : seen;
}
