import { buildGatewayName, removeGatewayName } from '../contracts/build-gateway.ts';
import type { GatewayStories } from '../desk/gateway-stories.ts';
import type { Operations } from '../desk/operations.ts';
import { AppError } from '../domain/app-error.ts';
import type { OperationView } from '../domain/operation.ts';
import type { OperationActionInput, OperationActions } from './operations.ts';

/** What can be done with a story of a whole gateway that failed or was canceled. */
export function storyActions(options: {
  readonly stories: GatewayStories;
  readonly operations: Pick<Operations, 'view'>;
}): Readonly<Record<string, OperationActions>> {
  const { stories } = options;

  async function view(id: string): Promise<OperationView> {
    const found = await options.operations.view(id);
    if (found === undefined) throw new AppError('ERR_NOT_FOUND', `There is no operation ${id}.`);
    return found;
  }

  async function resume({ operation, orchestrations }: OperationActionInput): Promise<OperationView> {
    await stories.resume(operation, orchestrations);
    return view(operation.id);
  }

  async function remove(input: OperationActionInput): Promise<OperationView> {
    const { operation, caller, orchestrations } = input;
    const request = { operationId: input.operationId(), requestedBy: caller.id, orchestrations };
    return view((await stories.remove(operation.target, request)).id);
  }

  return { [buildGatewayName]: { resume, remove }, [removeGatewayName]: { resume } };
}
