import { applyPlanDefaults, type GatewayPlanInput } from '../../src/domain/gateway-plan.ts';
import { checkPlan } from '../../src/domain/preflight/check-plan.ts';
import type { PreflightContext } from '../../src/domain/preflight/facts.ts';
import type { Problem } from '../../src/domain/preflight/problem.ts';
import { aGatewayPlan, aSubscriptionId } from './builders/a-gateway-plan.ts';

/** Problems of a plan that is right but for `changes`, each as `severity code path`. */
export function foundProblems(
  changes: Partial<GatewayPlanInput>,
  context: Partial<PreflightContext> = {},
): readonly string[] {
  return describeProblems(problemsOf(aGatewayPlan(changes), context));
}

/** The first problem with this code; fails the test where there is none. */
export function problemNamed(
  code: string,
  changes: Partial<GatewayPlanInput>,
  context: Partial<PreflightContext> = {},
): Problem {
  const problems = problemsOf(aGatewayPlan(changes), context);
  const found = problems.find((problem) => problem.code === code);
  if (found === undefined) throw new Error(`No ${code} among: ${describeProblems(problems).join('; ')}`);
  return found;
}

/** What preflight says of a plan, once its defaults are filled in. */
export function problemsOf(input: GatewayPlanInput, context: Partial<PreflightContext> = {}): readonly Problem[] {
  const { virtualNetworkFacts: facts, region } = context;
  const plan = applyPlanDefaults(input, {
    subscriptionId: aSubscriptionId,
    ...(facts === undefined ? {} : { existingAddressSpace: facts.addressSpace }),
    ...(region?.isOffered === true ? { hasZones: region.hasZones } : {}),
  });
  return checkPlan(plan, context);
}

export function describeProblems(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}
