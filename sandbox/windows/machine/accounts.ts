import { signInToDomain } from '../connector/accounts.ts';
import type { WindowsMachine, World } from '../world/records.ts';
import type { Account } from './model.ts';

export interface Credential {
  readonly username: string;
  readonly password: string;
}

/** Windows says no more to a stranger than: wrong name or password (1326), disabled (1331), locked (1909). */
export type MachineSignIn =
  | { readonly outcome: 'signedIn'; readonly isAdministrator: boolean }
  | { readonly outcome: 'refused'; readonly message: string };

/**
 * A network logon at a machine, with a local account (`name`, `MACHINE\name`, `.\name`) or with one of a domain. A
 * wrong password counts: accounts lock, in reality and here.
 */
export function signInToMachine(
  world: Pick<World, 'domains'>,
  machine: WindowsMachine,
  credential: Credential,
): MachineSignIn {
  const name = localName(machine, credential.username);
  if (name === undefined) return signInAsDomainUser(world, machine, credential);
  const account = accountNamed(machine, name);
  const fault = account === undefined ? 1326 : tryPassword(machine, account, credential.password);
  if (account === undefined || fault !== undefined) return denied(fault ?? 1326);
  return { outcome: 'signedIn', isAdministrator: account.isAdministrator };
}

/** The local account of that name; Windows does not mind the case. */
export function accountNamed({ accounts }: WindowsMachine, name: string): Account | undefined {
  return accounts.find((account) => account.name.toLowerCase() === name.toLowerCase());
}

/** Windows' error where the password is not the account's, or the account may not log on. */
export function tryPassword(
  { lockoutThreshold }: WindowsMachine,
  account: Account,
  password: string,
): 1326 | 1331 | 1909 | undefined {
  if (account.isLockedOut) return 1909;
  if (account.password !== password) {
    account.badLogons += 1;
    account.isLockedOut = lockoutThreshold > 0 && account.badLogons >= lockoutThreshold;
    return 1326;
  }
  if (!account.isEnabled) return 1331;
  account.badLogons = 0;
  return undefined;
}

/** The account's name where it is one of this machine. */
function localName({ computerName }: WindowsMachine, username: string): string | undefined {
  const [qualifier = '', name] = username.split('\\', 2);
  if (name === undefined) return username.includes('@') ? undefined : username;
  return ['.', 'localhost', computerName.toLowerCase()].includes(qualifier.toLowerCase()) ? name : undefined;
}

function signInAsDomainUser(
  world: Pick<World, 'domains'>,
  machine: WindowsMachine,
  credential: Credential,
): MachineSignIn {
  const signIn = signInToDomain(world, credential);
  if (signIn.outcome === 'refused') return { outcome: 'refused', message: signIn.answer.message ?? '' };
  const name = `${signIn.domain.netBiosName}\\${signIn.account.name}`.toLowerCase();
  const isAdministrator = machine.administrators.some((each) => each.toLowerCase() === name);
  return { outcome: 'signedIn', isAdministrator };
}

function denied(windowsError: 1326 | 1331 | 1909): MachineSignIn {
  const texts = {
    1326: 'The user name or password is incorrect (1326).',
    1331: 'This account is currently disabled (1331).',
    1909: 'The referenced account is currently locked out (1909).',
  };
  return { outcome: 'refused', message: texts[windowsError] };
}
