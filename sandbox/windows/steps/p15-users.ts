import { z } from 'zod';
import { accountNamed } from '../machine/accounts.ts';
import type { Account } from '../machine/model.ts';
import { disconnect } from '../machine/vpn.ts';
import type { StepEmulator, StepOutcome, WindowsMachine } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';
import { localUserName } from './p-parameters.ts';

const addParameters = z.strictObject({ userName: localUserName, resetPassword: z.boolean() });
const addSecrets = z.strictObject({ password: z.string() });
const parameters = z.strictObject({ userName: localUserName });
type AddCall = BoundCall<typeof addParameters, typeof addSecrets>;
type Call = BoundCall<typeof parameters>;

/** Only accounts with this description are touched. */
const mark = 'VPN user of Gatehouse';

export const p15: StepEmulator = {
  perform: bindStep({
    parameters: addParameters,
    secrets: addSecrets,
    modes: {
      probe: unlessPrivileged(isLetIn),
      apply: unlessPrivileged(letIn),
      verify: unlessPrivileged(isLetIn),
      undo: unlessPrivileged(close),
    },
  }),
  seconds: { probe: 2, apply: 4, verify: 2, undo: 3 },
  needsElevation: true,
};

export const p15d: StepEmulator = {
  perform: bindStep({ parameters, modes: { probe: isShut, apply: shut, verify: isShut } }),
  seconds: { probe: 2, apply: 4, verify: 2 },
  needsElevation: true,
};

export const p15r: StepEmulator = {
  perform: bindStep({ parameters, modes: { probe: isGone, apply: remove, verify: isGone } }),
  seconds: { probe: 2, apply: 4, verify: 2 },
  needsElevation: true,
};

/** Administrators and built-in accounts are never made VPN users. */
function unlessPrivileged(
  act: (call: AddCall, account: Account | undefined) => StepOutcome,
): (call: AddCall) => StepOutcome {
  return (call) => {
    const account = accountNamed(call.machine, call.parameters.userName);
    if (account?.isAdministrator === true) {
      return refused(
        'Precondition',
        'This account is built in or belongs to an administrator: it is given no VPN access.',
      );
    }
    return act(call, account);
  };
}

function isLetIn({ mode, parameters }: AddCall, account: Account | undefined): StepOutcome {
  const isSo = isOurs(account) && account?.isEnabled === true && (mode === 'verify' || !parameters.resetPassword);
  return seen(mode, isSo, '', { isEnabled: account?.isEnabled ?? false });
}

function letIn({ machine, parameters, secrets }: AddCall, account: Account | undefined): StepOutcome {
  const setsPassword = !isOurs(account) || parameters.resetPassword;
  if (setsPassword && !meetsPolicy(machine, secrets.password, parameters.userName)) {
    return refused('Precondition', 'The password does not meet the policy of this machine (2245).', {
      isEnabled: account?.isEnabled ?? false,
    });
  }
  const kept = account ?? addAccount(machine, parameters.userName);
  kept.description = mark;
  kept.isEnabled = true;
  if (setsPassword) kept.password = secrets.password;
  return changed({ isEnabled: true });
}

function close({ machine }: AddCall, account: Account | undefined): StepOutcome {
  if (account === undefined || !isOurs(account) || !account.isEnabled) {
    return fine({ isEnabled: account?.isEnabled ?? false });
  }
  account.isEnabled = false;
  hangUp(machine, account.name);
  return changed({ isEnabled: false });
}

function isShut(call: Call): StepOutcome {
  const { machine, mode, parameters } = call;
  const account = accountNamed(machine, parameters.userName);
  const isOpen = account?.isEnabled === true;
  if (isOpen && !isOurs(account)) return leftAlone(account);
  return seen(mode, !isOpen && !hasSession(machine, parameters.userName), 'The user can still connect.');
}

function shut(call: Call): StepOutcome {
  const { machine, parameters } = call;
  const looked = isShut(call);
  if (looked.ok || looked.code === 'Precondition') return looked;
  const account = accountNamed(machine, parameters.userName);
  if (account !== undefined) account.isEnabled = false;
  hangUp(machine, parameters.userName);
  return changed();
}

function isGone({ machine, mode, parameters }: Call): StepOutcome {
  const account = accountNamed(machine, parameters.userName);
  if (account !== undefined && !isOurs(account)) return leftAlone(account);
  return seen(mode, account === undefined, 'The account is still there.');
}

function remove(call: Call): StepOutcome {
  const { machine, parameters } = call;
  const looked = isGone(call);
  if (looked.ok || looked.code === 'Precondition') return looked;
  hangUp(machine, parameters.userName);
  machine.accounts = machine.accounts.filter((each) => each !== accountNamed(machine, parameters.userName));
  return changed();
}

/** A privileged account was never let in, so there is nothing to take back. */
function leftAlone(account: Account): StepOutcome {
  const message = 'This account was not made by Gatehouse for VPN: it is not changed.';
  return account.isAdministrator ? { ...fine(), message } : refused('Precondition', message);
}

function isOurs(account: Account | undefined): boolean {
  return account?.description === mark;
}

/** A plain member of Users. */
function addAccount(machine: WindowsMachine, name: string): Account {
  const account: Account = {
    name,
    password: '',
    isEnabled: true,
    isAdministrator: false,
    isLockedOut: false,
    badLogons: 0,
    description: mark,
  };
  machine.accounts.push(account);
  return account;
}

function hasSession({ remoteAccess }: WindowsMachine, userName: string): boolean {
  const wanted = userName.toLowerCase();
  return remoteAccess?.sessions.some((session) => session.userName.toLowerCase() === wanted) ?? false;
}

function hangUp({ remoteAccess }: WindowsMachine, userName: string): void {
  if (remoteAccess !== undefined) disconnect(remoteAccess, userName);
}

/** Windows' own rules of complexity: three kinds of characters of four, and not the user's name. */
function meetsPolicy({ passwordPolicy }: WindowsMachine, password: string, userName: string): boolean {
  if (password.length < passwordPolicy.minimumLength) return false;
  if (!passwordPolicy.isComplexityRequired) return true;
  const kinds = [/\p{Lu}/u, /\p{Ll}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password));
  const holdsName = userName.length > 2 && password.toLowerCase().includes(userName.toLowerCase());
  return kinds.length >= 3 && !holdsName;
}
