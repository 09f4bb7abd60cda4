import type { GatewayPlanInput } from '../../src/domain/gateway-plan.ts';
import { checkPlan } from '../../src/domain/preflight/check-plan.ts';
import type { Problem } from '../../src/domain/preflight/problem.ts';
import type { PreflightContext } from '../../src/domain/preflight/subject.ts';
import { aGatewayPlan, aPreflightContext } from './builders/a-gateway-plan.ts';

/** Problems of a plan that is right but for `changes`, each as `severity code path`. */
export function foundProblems(
  changes: Partial<GatewayPlanInput>,
  context: Partial<PreflightContext> = {},
): readonly string[] {
  return describeProblems(checkPlan(aGatewayPlan(changes), aPreflightContext(context)));
}

/** The first problem with this code; fails the test where there is none. */
export function problemNamed(
  code: string,
  changes: Partial<GatewayPlanInput>,
  context: Partial<PreflightContext> = {},
): Problem {
  const problems = checkPlan(aGatewayPlan(changes), aPreflightContext(context));
  const found = problems.find((problem) => problem.code === code);
  if (found === undefined) throw new Error(`No ${code} among: ${describeProblems(problems).join('; ')}`);
  return found;
}

export function describeProblems(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}
