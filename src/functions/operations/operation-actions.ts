import { AppError } from '../../domain/app-error.ts';
import type { OperationView } from '../../domain/operation.ts';
import type { GatewayOperations } from '../../services/gateways/gateways.ts';
import type { Procedures } from '../../services/on-premises/procedures.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { OperationActionInput, OperationActions } from './operations.ts';

/** What can be done with operations that failed or were canceled. */
export function operationActions(options: {
  readonly gatewayOperations: GatewayOperations;
  readonly procedures: Pick<Procedures, 'resume'>;
  readonly operations: Pick<Operations, 'view'>;
}): OperationActions {
  const { gatewayOperations } = options;

  async function view(id: string): Promise<OperationView> {
    const found = await options.operations.view(id);
    if (found === undefined) throw new AppError('ERR_NOT_FOUND', `There is no operation ${id}.`);
    return found;
  }

  async function resume({ operation, orchestrations }: OperationActionInput): Promise<OperationView> {
    await gatewayOperations.resume(operation, orchestrations);
    return view(operation.id);
  }

  async function remove(input: OperationActionInput): Promise<OperationView> {
    const { operation, caller, orchestrations } = input;
    const request = { operationId: input.operationId(), requestedBy: caller.id, orchestrations };
    return view((await gatewayOperations.remove(operation.target, request, operation)).id);
  }

  async function resumeOnMachines({ operation, orchestrations }: OperationActionInput): Promise<OperationView> {
    await options.procedures.resume(operation, orchestrations);
    return view(operation.id);
  }

  return {
    resume: { gatewayOperations: resume, procedures: resumeOnMachines },
    remove: { gatewayOperations: remove },
  };
}
