import type { RemoteAccess, RemoteAccessSettings } from '../machine/remote-access.ts';
import { remoteAccessService, restartRemoteAccess } from '../machine/vpn.ts';
import type { StepEmulator, StepOutcome, WindowsMachine } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, seen } from './connector-step.ts';
import { withRemoteAccess } from './p-parameters.ts';
import { noParameters } from './w-parameters.ts';

type Call = BoundCall<typeof noParameters>;

const folder = 'C:\\ProgramData\\Gatehouse\\vpn-access\\before';

export const p3: StepEmulator = {
  perform: bindStep({
    parameters: noParameters,
    modes: {
      probe: withRemoteAccess(isKept),
      apply: withRemoteAccess(keep),
      verify: withRemoteAccess(isKept),
      undo: withRemoteAccess(restore),
    },
  }),
  seconds: { probe: 2, apply: 10, verify: 2, undo: 10 },
  needsElevation: true,
};

function isKept({ mode }: Call, { before }: RemoteAccess): StepOutcome {
  return seen(
    mode,
    before !== undefined,
    'No earlier settings are saved on this machine.',
    before === undefined ? {} : { folder },
  );
}

function keep({ machine }: Call, remoteAccess: RemoteAccess): StepOutcome {
  if (remoteAccess.before !== undefined) return fine({ folder });
  remoteAccess.before = settingsOf(machine, remoteAccess);
  return changed({ folder });
}

/** Types, adapters, address translation and policies. Roles and the shared key are in no dump. */
function restore({ machine }: Call, remoteAccess: RemoteAccess): StepOutcome {
  const { before } = remoteAccess;
  if (before === undefined) return fine();
  remoteAccess.routerType = before.routerType;
  remoteAccess.natModes = { ...before.natModes };
  if (before.preferredAdapter === undefined) delete remoteAccess.preferredAdapter;
  else remoteAccess.preferredAdapter = before.preferredAdapter;
  for (const policy of remoteAccess.policies) {
    Object.assign(policy, before.policies.find(({ name }) => name === policy.name) ?? {});
  }
  if (before.isServiceRunning && machine.services[remoteAccessService] !== 'Running') {
    restartRemoteAccess(machine, remoteAccess);
  }
  delete remoteAccess.before;
  return changed();
}

function settingsOf(machine: WindowsMachine, remoteAccess: RemoteAccess): RemoteAccessSettings {
  const { vpnStatus, vpnS2SStatus, pool, routerType, preferredAdapter, natModes, policies } = remoteAccess;
  return structuredClone({
    vpnStatus,
    vpnS2SStatus,
    routerType,
    natModes,
    isServiceRunning: machine.services[remoteAccessService] === 'Running',
    policies: policies.map(({ name, isEnabled, grantsAccess }) => ({ name, isEnabled, grantsAccess })),
    ...(pool === undefined ? {} : { pool }),
    ...(preferredAdapter === undefined ? {} : { preferredAdapter }),
  });
}
