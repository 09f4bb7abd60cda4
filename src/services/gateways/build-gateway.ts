import { AppError, type Problem as ErrorItem } from '../../domain/app-error.ts';
import type { GatewayPlanInput } from '../../domain/gateway-plan.ts';
import type { Problem } from '../../domain/preflight/problem.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { GatewayOperations } from './gateways.ts';
import type { JudgePlan } from './judge-plan.ts';

/**
 * Judges a plan, and begins the build of one that nothing speaks against. ERR_PLAN_REFUSED with everything that is
 * wrong, ERR_CONFLICT where the plan may be right and only a name is taken, or its network is being built on.
 */
export type BuildGateway = (input: GatewayPlanInput, request: IntentRequest) => Promise<OperationRecord>;

export function createBuildGateway({
  judgePlan,
  gatewayOperations,
}: {
  readonly judgePlan: JudgePlan;
  readonly gatewayOperations: Pick<GatewayOperations, 'build' | 'requireUnclaimed'>;
}): BuildGateway {
  return async (input, request) => {
    const { problems, plan } = await judgePlan(input, request.operationId);
    const errors = problems.filter(({ severity }) => severity === 'error');
    if (errors.length === 0) return gatewayOperations.build(plan, request);
    // A network that is only being built on is a matter of waiting, not of another plan.
    if (errors.every(({ code }) => code === 'virtualNetworkHasGateway')) {
      await gatewayOperations.requireUnclaimed(plan, request.operationId);
    }
    throw refusalOf(errors);
  };
}

/** Names that are taken: the plan itself may be right. */
const conflictCodes: ReadonlySet<string> = new Set(['idTaken', 'gatewayRegistered', 'gatewayExists']);

function refusalOf(errors: readonly Problem[]): AppError {
  const problems = errors.map(toErrorItem);
  return errors.every(({ code }) => conflictCodes.has(code))
    ? new AppError('ERR_CONFLICT', errors.map(({ message, fix }) => `${message} ${fix}`).join(' '), { problems })
    : new AppError('ERR_PLAN_REFUSED', `The plan cannot be built: ${errors.length} problems.`, { problems });
}

/** A finding of preflight as an item of an answer's `errors`. */
export function toErrorItem({ path, code, message, fix }: Problem): ErrorItem {
  return { path, code, message, fix };
}
