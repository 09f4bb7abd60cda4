import { buildGatewayName, removeGatewayName } from '../contracts/build-gateway.ts';
import { connectCloudsName, disconnectCloudsName, verifyConnectorName } from '../contracts/connectors.ts';
import { checkMachineName, closeVpnAccessName, openVpnAccessName, setVpnUserName } from '../contracts/vpn-access.ts';
import type { GatewayStories } from '../desk/gateway-stories.ts';
import type { OnPremisesStories } from '../desk/on-premises-stories.ts';
import type { Operations } from '../desk/operations.ts';
import { AppError } from '../domain/app-error.ts';
import type { OperationView } from '../domain/operation.ts';
import type { OperationActionInput, OperationActions } from './operations.ts';

/** The stories that run on machines. */
const machineStoryKinds: readonly string[] = [
  checkMachineName,
  openVpnAccessName,
  closeVpnAccessName,
  setVpnUserName,
  connectCloudsName,
  verifyConnectorName,
  disconnectCloudsName,
];

/** What can be done with a story that failed or was canceled. */
export function storyActions(options: {
  readonly stories: GatewayStories;
  readonly machineStories: Pick<OnPremisesStories, 'resume'>;
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

  async function resumeOnMachines({ operation, orchestrations }: OperationActionInput): Promise<OperationView> {
    await options.machineStories.resume(operation, orchestrations);
    return view(operation.id);
  }

  const onMachines = machineStoryKinds.map((kind) => [kind, { resume: resumeOnMachines }] as const);
  return {
    ...Object.fromEntries(onMachines),
    [buildGatewayName]: { resume, remove },
    [removeGatewayName]: { resume },
  };
}
