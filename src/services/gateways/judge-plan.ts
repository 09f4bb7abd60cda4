import {
  applyPlanDefaults,
  type GatewayPlan,
  type GatewayPlanInput,
  inCanonicalOrder,
} from '../../domain/gateway-plan.ts';
import { checkPlan } from '../../domain/preflight/check-plan.ts';
import { checkPlanParts, type PlanParts, toWholePlan } from '../../domain/preflight/check-plan-parts.ts';
import type { PreflightContext, Registration } from '../../domain/preflight/facts.ts';
import type { Problem } from '../../domain/preflight/problem.ts';
import { rootKeys } from '../../stores/records/certificates.ts';
import { gatewayKeys, gatewayPartition, resourceKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { freeGatewayId } from './free-gateway-id.ts';
import { createLookAt } from './look.ts';
import { type ArmLooks, lookAround } from './look-around.ts';

export interface PlanJudgement {
  readonly problems: readonly Problem[];
  /** The plan as it would be built: with its defaults, those that depend on the existing virtual network included. */
  readonly plan: GatewayPlan;
}

/**
 * Judges a plan by itself, by what is in Azure where it wants to build, by the other gateways and by the roots there
 * are. With the id of an operation, what that operation has registered or made already is no obstacle to it.
 */
export type JudgePlan = (input: GatewayPlanInput, operationId?: string) => Promise<PlanJudgement>;

export function createJudgePlan(options: {
  readonly arm: ArmLooks;
  readonly stores: Stores;
  readonly subscriptionId: string;
  readonly wait: (ms: number) => Promise<void>;
}): JudgePlan {
  const { arm, stores, subscriptionId } = options;
  const lookAt = createLookAt(options.wait);

  async function registrationOf({ id, resourceIds }: GatewayPlan): Promise<Registration> {
    const isTaken = (await stores.gateways.get(gatewayKeys(id))) !== undefined;
    const holder = (await stores.gatewayResources.get(resourceKeys(resourceIds.gateway)))?.record.gatewayId;
    return {
      ...(isTaken ? { freeId: await freeGatewayId(stores, id) } : {}),
      ...(holder === undefined || holder === id ? {} : { registeredAs: holder }),
    };
  }

  return async (input, operationId) => {
    const named = applyPlanDefaults(input, { subscriptionId });
    const [around, others, registration, roots, own] = await Promise.all([
      lookAround({ arm, lookAt }, named),
      otherGateways(stores, named.id),
      registrationOf(named),
      missingRoots(stores, input.rootIds),
      stores.gateways.get(gatewayKeys(named.id)),
    ]);
    const isRepeated = operationId !== undefined && own?.record.lastOperationId === operationId;
    const isKnown = own?.record.resourceId === named.resourceIds.gateway || registration.registeredAs !== undefined;
    const { virtualNetworkFacts, region } = around.context;
    // The pool of clients stays out of a network that was there before, and the zones are those of the region, once
    // these are known.
    const plan = applyPlanDefaults(input, {
      subscriptionId,
      ...(virtualNetworkFacts === undefined ? {} : { existingAddressSpace: virtualNetworkFacts.addressSpace }),
      ...(region?.isOffered === true ? { hasZones: region.hasZones } : {}),
    });
    const context: PreflightContext = {
      ...around.context,
      otherGateways: others,
      ...(isRepeated ? {} : { registration, isGatewayForeign: around.isGatewayThere && !isKnown }),
    };
    return {
      problems: [...checkPlan(plan, context), ...around.problems, ...roots],
      plan: inCanonicalOrder(plan),
    };
  };
}

/**
 * Judges what is right in a plan whose shape is not: its errors that do not depend on the `faults` (JSON Pointers).
 * Azure is not asked.
 */
export type JudgePlanParts = (parts: PlanParts, faults: readonly string[]) => Promise<readonly Problem[]>;

export function createJudgePlanParts({
  stores,
  subscriptionId,
}: {
  readonly stores: Pick<Stores, 'gateways' | 'roots'>;
  readonly subscriptionId: string;
}): JudgePlanParts {
  return async (parts, faults) => {
    const { id } = applyPlanDefaults(toWholePlan(parts), { subscriptionId });
    const [others, roots] = await Promise.all([otherGateways(stores, id), missingRoots(stores, parts.rootIds)]);
    return [...checkPlanParts(parts, faults, { subscriptionId, otherGateways: others }), ...roots];
  };
}

async function otherGateways(
  stores: Pick<Stores, 'gateways'>,
  id: string,
): Promise<NonNullable<PreflightContext['otherGateways']>> {
  const rows = await stores.gateways.list(gatewayPartition);
  return rows
    .map(({ record }) => record)
    .filter((record) => record.id !== id && record.state !== 'removed')
    .map(({ id: otherId, resourceId, plan }) => ({
      id: otherId,
      resourceId,
      virtualNetworkId: plan.resourceIds.virtualNetwork,
      clientAddressPool: plan.clientAddressPool,
    }));
}

async function missingRoots(
  stores: Pick<Stores, 'roots'>,
  rootIds: readonly string[] = [],
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const [index, id] of rootIds.entries()) {
    const root = (await stores.roots.get(rootKeys(id)))?.record;
    const issuerRootId = root?.issuerRootId;
    if (issuerRootId !== undefined && !rootIds.includes(issuerRootId)) {
      problems.push({
        path: `/rootIds/${index}`,
        code: 'issuerNotTrusted',
        severity: 'error',
        message: `Root ${issuerRootId}, which has signed the intermediate ${id}, is not in the list.`,
        fix: `Name ${issuerRootId} too.`,
      });
    }
    if (root?.certificate !== undefined) continue;
    const message = `Root ${id} does not exist.`;
    problems.push({
      path: `/rootIds/${index}`,
      code: 'rootUnknown',
      severity: 'error',
      message,
      fix: 'Create it with POST /api/roots, or leave it out.',
    });
  }
  return problems;
}
