import {
  applyPlanDefaults,
  type GatewayPlan,
  type GatewayPlanInput,
  inCanonicalOrder,
  type PlanDefaults,
} from '../../../src/domain/gateway-plan.ts';

/** The plan that would be built from this input. */
export function aCompletePlan(input: GatewayPlanInput, defaults: PlanDefaults): GatewayPlan {
  return inCanonicalOrder(applyPlanDefaults(input, defaults));
}
