import { canReachMachine, machinesBehind } from '../connector/network.ts';
import { type Credential, signInToMachine } from '../machine/accounts.ts';
import { isUp } from '../machine/model.ts';
import type { StepOutcome, WindowsMachine, World } from './records.ts';

export type Hop =
  | { readonly outcome: 'there'; readonly machine: WindowsMachine; readonly isElevated: boolean }
  | { readonly outcome: 'refused'; readonly answer: StepOutcome };

/**
 * `New-PSSession -ComputerName -Credential` from one machine to another: the client's TrustedHosts first, then the way,
 * then the account, which has to be an administrator's there.
 */
export function openSession(world: World, from: WindowsMachine, computerName: string, credential: Credential): Hop {
  const prefix = `Connecting to remote server ${computerName} failed with the following error message : `;
  const [target] = machinesBehind(world, computerName);
  if (!mayTry(from, target, computerName)) {
    return refuse(
      'Unreachable',
      `${prefix}The WinRM client cannot process the request. If the authentication scheme is different from Kerberos, or if the client computer is not joined to a domain, then HTTPS transport must be used or the destination machine must be added to the TrustedHosts configuration setting.`,
    );
  }
  if (target === undefined || !isUp(target) || !canReachMachine(world, from, target.id)) {
    return refuse('Unreachable', `${prefix}WinRM cannot complete the operation. Verify that the computer exists.`);
  }
  const signIn = signInToMachine(world, target, credential);
  if (signIn.outcome === 'refused') return refuse('AuthFailed', prefix + signIn.message);
  if (!signIn.isAdministrator) return refuse('AuthFailed', `${prefix}Access is denied.`);
  return { outcome: 'there', machine: target, isElevated: true };
}

/** Kerberos needs names of one domain; anything else has to be trusted by name beforehand. */
function mayTry(from: WindowsMachine, target: WindowsMachine | undefined, computerName: string): boolean {
  const name = computerName.toLowerCase();
  const isAddress = /^[\d.]+$/.test(name);
  if (!isAddress && from.domain !== undefined && from.domain === target?.domain) return true;
  return from.winRm.trustedHosts.some((host) => host === '*' || host.toLowerCase() === name);
}

function refuse(code: string, message: string): Hop {
  return { outcome: 'refused', answer: { ok: false, changed: false, code, facts: {}, message } };
}
