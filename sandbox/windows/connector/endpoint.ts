import { type Credential, refused } from '../steps/connector-step.ts';
import type { StepCall, StepOutcome } from '../world/records.ts';
import { signInToDomain } from './accounts.ts';
import { refusalOfBlocks } from './exposed-commands.ts';
import { canReachMachine, machinesBehind } from './network.ts';

export interface EndpointRequest {
  readonly computerName: string;
  readonly authentication: 'Credssp' | 'Default';
  readonly credential: Credential;
}

export type OpenedEndpoint =
  | { readonly outcome: 'opened'; readonly hasAzurePackCommand: boolean }
  | { readonly outcome: 'refused'; readonly answer: StepOutcome };

/**
 * A session to the configuration PrivilegedEndpoint, as New-PSSession opens it. CredSSP is judged on this side, before
 * a password leaves the machine; then the way there, then the account.
 */
export function openPrivilegedEndpoint(
  call: Pick<StepCall, 'world' | 'machine' | 'script'>,
  request: EndpointRequest,
): OpenedEndpoint {
  const { world, machine } = call;
  const { privilegedEndpoint } = world.connector;
  if (request.authentication === 'Credssp' && !mayDelegate(call, request.computerName)) {
    return refuse(
      'ToolFailed',
      'The WinRM client cannot process the request. A computer policy does not allow the delegation of the user credentials to the target computer.',
    );
  }
  const target = machinesBehind(world, request.computerName).find(({ role }) => role === 'ercs');
  if (target === undefined || !canReachMachine(world, machine, target.id)) {
    return refuse('Unreachable', `WinRM cannot complete the operation: ${request.computerName} does not answer.`);
  }
  const signIn = signInToDomain(world, request.credential);
  if (signIn.outcome === 'refused') return signIn;
  const name = `${signIn.domain.netBiosName}\\${signIn.account.name}`.toLowerCase();
  if (!privilegedEndpoint.operators.some((operator) => operator.toLowerCase() === name)) {
    return refuse('AuthFailed', `Connecting to ${request.computerName} failed: Access is denied (5).`);
  }
  const refusal = refusalOfBlocks(call.script);
  if (refusal !== undefined) return refuse('ToolFailed', refusal);
  return { outcome: 'opened', hasAzurePackCommand: privilegedEndpoint.hasAzurePackCommand };
}

function mayDelegate({ world, machine }: Pick<StepCall, 'world' | 'machine'>, computerName: string): boolean {
  if (world.connector.privilegedEndpoint.isCredSspRefusedByPolicy) return false;
  return machine.winRm.credSspDelegates.includes(computerName.toLowerCase());
}

function refuse(code: string, message: string): OpenedEndpoint {
  return { outcome: 'refused', answer: refused(code, message) };
}
