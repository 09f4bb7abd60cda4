import { isIPv4 } from 'node:net';
import { z } from 'zod';
import type { RemoteAccess } from '../machine/remote-access.ts';
import { endSessions, isWithin, remoteAccessService } from '../machine/vpn.ts';
import type { StepEmulator, StepOutcome, WindowsMachine } from '../world/records.ts';
import { bindStep, type BoundCall, brokenOff, changed, fine, refused, seen } from './connector-step.ts';
import { ipv4, withRemoteAccess } from './p-parameters.ts';
import { noParameters } from './w-parameters.ts';

const parameters = z.strictObject({ addressFrom: ipv4, addressTo: ipv4 });
type Call = BoundCall<typeof parameters>;
type PlainCall = BoundCall<typeof noParameters>;

export const p4: StepEmulator = {
  perform: bindStep({
    parameters,
    modes: {
      probe: withRemoteAccess(isInstalled),
      apply: withRemoteAccess(install),
      verify: withRemoteAccess(isInstalled),
      undo: withRemoteAccess(uninstall),
    },
  }),
  interrupt: bindStep({ parameters, modes: { apply: withRemoteAccess(leaveHalfDone) } }),
  seconds: { probe: 4, apply: 60, verify: 4, undo: 40 },
  needsElevation: true,
};

export const p5: StepEmulator = {
  perform: bindStep({
    parameters: noParameters,
    modes: {
      probe: withRemoteAccess(isSiteToSiteInstalled),
      apply: withRemoteAccess(installSiteToSite),
      verify: withRemoteAccess(isSiteToSiteInstalled),
      undo: withRemoteAccess(uninstallSiteToSite),
    },
  }),
  interrupt: bindStep({ parameters: noParameters, modes: { apply: withRemoteAccess(leaveHalfDone) } }),
  seconds: { probe: 4, apply: 40, verify: 4, undo: 30 },
  needsElevation: true,
};

function isInstalled({ mode, parameters }: Call, { vpnStatus, pool }: RemoteAccess): StepOutcome {
  const isSo = vpnStatus === 'Installed' && pool?.from === parameters.addressFrom && pool.to === parameters.addressTo;
  const facts = pool === undefined ? {} : { addressFrom: pool.from, addressTo: pool.to };
  return seen(mode, isSo, 'The VPN role is not installed, or it has another address pool.', facts);
}

function install(call: Call, remoteAccess: RemoteAccess): StepOutcome {
  const { machine, parameters } = call;
  const looked = isInstalled(call, remoteAccess);
  if (looked.ok) return looked;
  const pool = { from: parameters.addressFrom, to: parameters.addressTo };
  if (!isIPv4(pool.from) || !isIPv4(pool.to)) return refused('ToolFailed', 'An invalid IP address was specified.');
  const problem = poolProblem(machine, pool);
  if (problem !== undefined) return refused('Precondition', problem);
  if (waitsForRestart(machine, remoteAccess)) {
    return {
      ...changed(),
      code: 'RebootRequired',
      message: 'The features are installed and need a restart of the machine.',
    };
  }
  if (remoteAccess.vpnStatus === 'Uninstalled') configure(machine, remoteAccess);
  remoteAccess.vpnStatus = 'Installed';
  remoteAccess.pool = pool;
  return changed(parameters);
}

/** What was there before stays; only its pool is put back. */
function uninstall({ machine }: Call, remoteAccess: RemoteAccess): StepOutcome {
  if (remoteAccess.vpnStatus === 'Uninstalled') return fine();
  const { before } = remoteAccess;
  if (before?.vpnStatus === 'Installed') {
    if (before.pool === undefined) delete remoteAccess.pool;
    else remoteAccess.pool = before.pool;
    return changed();
  }
  remoteAccess.vpnStatus = 'Uninstalled';
  delete remoteAccess.pool;
  deconfigure(machine, remoteAccess);
  return changed();
}

function isSiteToSiteInstalled({ mode }: PlainCall, { vpnS2SStatus }: RemoteAccess): StepOutcome {
  return seen(mode, vpnS2SStatus === 'Installed', 'The site-to-site role is not installed.');
}

function installSiteToSite({ machine }: PlainCall, remoteAccess: RemoteAccess): StepOutcome {
  if (remoteAccess.vpnS2SStatus === 'Installed') return fine();
  if (remoteAccess.feature !== 'installed') {
    return brokenOff('ToolFailed', "The term 'Install-RemoteAccess' is not recognized as the name of a cmdlet.");
  }
  configure(machine, remoteAccess);
  remoteAccess.vpnS2SStatus = 'Installed';
  return changed();
}

function uninstallSiteToSite({ machine }: PlainCall, remoteAccess: RemoteAccess): StepOutcome {
  if (remoteAccess.vpnS2SStatus === 'Uninstalled' || remoteAccess.before?.vpnS2SStatus === 'Installed') return fine();
  remoteAccess.vpnS2SStatus = 'Uninstalled';
  deconfigure(machine, remoteAccess);
  return changed();
}

/** The service is stopped for it and its adapters are out; nothing is installed. */
function leaveHalfDone({ machine }: Pick<Call, 'machine'>, remoteAccess: RemoteAccess): StepOutcome {
  deconfigure(machine, remoteAccess);
  machine.services[remoteAccessService] = 'Stopped';
  return changed();
}

function poolProblem({ nics }: WindowsMachine, pool: { from: string; to: string }): string | undefined {
  if (pool.from === pool.to || !isWithin(pool.to, { ...pool, to: '255.255.255.255' })) {
    return 'The last address of the pool comes before its first.';
  }
  const own = nics.find(({ address }) => isWithin(address, pool));
  return own === undefined ? undefined : `The pool holds ${own.address}, an address of this machine.`;
}

/** Windows' features first: InstallPending lasts until the machine has started again. */
function waitsForRestart(machine: WindowsMachine, remoteAccess: RemoteAccess): boolean {
  if (machine.installer.rebootTimes > 0) machine.installer.rebootTimes -= 1;
  else if (remoteAccess.feature === 'installed') return false;
  remoteAccess.feature = 'pending';
  machine.isRestartPending = true;
  return true;
}

/** Installing configures the service anew: its own clients and the stack's address translation are gone until P11. */
function configure(machine: WindowsMachine, remoteAccess: RemoteAccess): void {
  deconfigure(machine, remoteAccess);
  machine.services[remoteAccessService] = 'Running';
}

function deconfigure(machine: WindowsMachine, remoteAccess: RemoteAccess): void {
  endSessions(remoteAccess);
  remoteAccess.natModes = {};
  if (remoteAccess.vpnStatus === 'Uninstalled' && remoteAccess.vpnS2SStatus === 'Uninstalled') {
    machine.services[remoteAccessService] = 'Stopped';
  }
}
