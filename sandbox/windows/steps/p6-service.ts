import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { RemoteAccess } from '../machine/remote-access.ts';
import { endSessions, remoteAccessService, restartRemoteAccess } from '../machine/vpn.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, brokenOff, changed, fine, refused, seen } from './connector-step.ts';
import { nicAlias, withRemoteAccess } from './p-parameters.ts';
import { noParameters } from './w-parameters.ts';

const keyParameters = z.strictObject({ keyIsCurrent: z.boolean() });
const keySecrets = z.strictObject({ sharedKey: z.string().min(1) });
const adapterParameters = z.strictObject({ internalNic: nicAlias });
type PlainCall = BoundCall<typeof noParameters>;
type KeyCall = BoundCall<typeof keyParameters, typeof keySecrets>;
type AdapterCall = BoundCall<typeof adapterParameters>;

export const p6: StepEmulator = {
  perform: bindStep({
    parameters: noParameters,
    modes: {
      probe: () => refused('NotDone', ''),
      apply: withRemoteAccess(restart),
      verify: ({ machine, mode }) =>
        seen(mode, machine.services[remoteAccessService] === 'Running', 'The service is Stopped.'),
    },
  }),
  interrupt: bindStep({ parameters: noParameters, modes: { apply: withRemoteAccess(stop) } }),
  seconds: { probe: 1, apply: 15, verify: 3 },
  needsElevation: true,
};

export const p7: StepEmulator = {
  perform: bindStep({
    parameters: keyParameters,
    secrets: keySecrets,
    modes: {
      probe: withRemoteAccess(isKeyCurrent),
      apply: withRemoteAccess(setKey),
      verify: withRemoteAccess(isKeySet),
      undo: withRemoteAccess(replaceKey),
    },
  }),
  seconds: { probe: 3, apply: 4, verify: 3, undo: 4 },
  needsElevation: true,
};

export const p8: StepEmulator = {
  perform: bindStep({
    parameters: noParameters,
    modes: {
      probe: withRemoteAccess(hasType),
      apply: withRemoteAccess(setType),
      verify: withRemoteAccess(hasType),
      undo: withRemoteAccess(restoreType),
    },
  }),
  seconds: { probe: 3, apply: 4, verify: 3, undo: 4 },
  needsElevation: true,
};

export const p10: StepEmulator = {
  perform: bindStep({
    parameters: adapterParameters,
    modes: {
      probe: withRemoteAccess(isPreferred),
      apply: withRemoteAccess(prefer),
      verify: withRemoteAccess(isPreferred),
      undo: withRemoteAccess(preferAsBefore),
    },
  }),
  seconds: { probe: 3, apply: 4, verify: 3, undo: 4 },
  needsElevation: true,
};

function restart({ machine }: PlainCall, remoteAccess: RemoteAccess): StepOutcome {
  restartRemoteAccess(machine, remoteAccess);
  return changed();
}

/** Between stopping and starting. */
function stop({ machine }: PlainCall, remoteAccess: RemoteAccess): StepOutcome {
  endSessions(remoteAccess);
  machine.services[remoteAccessService] = 'Stopped';
  return changed();
}

function isKeyCurrent({ mode, parameters }: KeyCall, { sharedKey }: RemoteAccess): StepOutcome {
  return seen(mode, sharedKey !== undefined && parameters.keyIsCurrent, '');
}

function isKeySet({ mode }: KeyCall, { sharedKey }: RemoteAccess): StepOutcome {
  return seen(mode, sharedKey !== undefined, 'The tunnels do not ask for a shared key.');
}

function setKey({ secrets }: KeyCall, remoteAccess: RemoteAccess): StepOutcome {
  // The cmdlet changes a role's settings: there have to be some.
  if (remoteAccess.vpnS2SStatus === 'Uninstalled') {
    return brokenOff('ToolFailed', 'Set-VpnAuthProtocol: the site-to-site VPN role is not installed.');
  }
  remoteAccess.sharedKey = secrets.sharedKey;
  return changed();
}

/** Certificates want one that the machine may not have: a key that nobody knows keeps others out as well. */
function replaceKey(_call: KeyCall, remoteAccess: RemoteAccess): StepOutcome {
  if (remoteAccess.sharedKey === undefined) return fine();
  remoteAccess.sharedKey = randomBytes(48).toString('base64');
  return { ...changed(), message: 'The shared key is replaced by one that nobody knows.' };
}

function hasType({ mode }: PlainCall, { routerType }: RemoteAccess): StepOutcome {
  return seen(mode, routerType === 'lananddd', 'Another router type is set.');
}

function setType(_call: PlainCall, remoteAccess: RemoteAccess): StepOutcome {
  remoteAccess.routerType = 'lananddd';
  return changed();
}

function restoreType(_call: PlainCall, remoteAccess: RemoteAccess): StepOutcome {
  const { before } = remoteAccess;
  if (before === undefined) return { ...fine(), message: 'The earlier router type is not known: it stays as it is.' };
  remoteAccess.routerType = before.routerType;
  return changed();
}

function isPreferred({ mode, parameters }: AdapterCall, { preferredAdapter }: RemoteAccess): StepOutcome {
  return seen(mode, preferredAdapter === parameters.internalNic, 'Another adapter is preferred.');
}

function prefer({ machine, parameters }: AdapterCall, remoteAccess: RemoteAccess): StepOutcome {
  if (!machine.nics.some(({ alias }) => alias === parameters.internalNic)) {
    return brokenOff('ToolFailed', 'The system cannot find the file specified.');
  }
  remoteAccess.preferredAdapter = parameters.internalNic;
  return changed();
}

function preferAsBefore(_call: AdapterCall, remoteAccess: RemoteAccess): StepOutcome {
  const before = remoteAccess.before?.preferredAdapter;
  if (before === undefined) return { ...fine(), message: 'No adapter was preferred before.' };
  if (remoteAccess.preferredAdapter === before) return fine();
  remoteAccess.preferredAdapter = before;
  return changed();
}
