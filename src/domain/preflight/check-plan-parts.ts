import { applyPlanDefaults, type GatewayPlanInput, type PlanDefaults } from '../gateway-plan.ts';
import { checkPlan } from './check-plan.ts';
import type { PreflightContext } from './facts.ts';
import type { Problem } from './problem.ts';

/** The parts of a plan that are of the right shape; lists are whole or missing. */
export type PlanParts = { readonly [K in keyof GatewayPlanInput]?: GatewayPlanInput[K] | undefined };

/**
 * The errors of a plan whose shape is not right everywhere, as far as they do not depend on what is wrong. `faults` are
 * JSON Pointers of the places that are wrong or missing, `''` for the plan as a whole.
 */
export function checkPlanParts(
  parts: PlanParts,
  faults: readonly string[],
  { subscriptionId, ...context }: PreflightContext & Pick<PlanDefaults, 'subscriptionId'>,
): readonly Problem[] {
  const places = new Set(faults);
  const around = new Set(faults.flatMap(placesAbove));
  const isKnown = (path: string): boolean =>
    !around.has(path) && ![path, ...placesAbove(path), ''].some((place) => places.has(place));
  return checkPlan(applyPlanDefaults(toWholePlan(parts), { subscriptionId }), context).filter(
    ({ severity, path, restsOn = [] }) => severity === 'error' && [path, ...restsOn].every(isKnown),
  );
}

/** The plan with something that no rule minds where a field has to be. */
export function toWholePlan(parts: PlanParts): GatewayPlanInput {
  return {
    ...parts,
    name: parts.name ?? 'gateway',
    location: parts.location ?? 'eastus',
    resourceGroup: parts.resourceGroup ?? 'group',
    virtualNetwork: { name: 'network', ...parts.virtualNetwork },
  };
}

/** Of `/a/b/c`: `/a/b` and `/a`. */
function placesAbove(pointer: string): readonly string[] {
  const tokens = pointer.split('/').slice(1, -1);
  return tokens.map((_token, index) => `/${tokens.slice(0, index + 1).join('/')}`);
}
