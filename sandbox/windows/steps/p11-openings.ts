import { z } from 'zod';
import type { RemoteAccess } from '../machine/remote-access.ts';
import { remoteAccessService, restartRemoteAccess } from '../machine/vpn.ts';
import type { StepEmulator, StepOutcome, WindowsMachine } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';
import { nicAlias, withRemoteAccess } from './p-parameters.ts';
import { noParameters } from './w-parameters.ts';

const nicParameters = z.strictObject({ externalNic: nicAlias });
type NicCall = BoundCall<typeof nicParameters>;
type PlainCall = BoundCall<typeof noParameters>;

export const p11: StepEmulator = {
  perform: bindStep({
    parameters: nicParameters,
    modes: {
      probe: withRemoteAccess(translates),
      apply: withRemoteAccess(translate),
      verify: withRemoteAccess(translates),
      undo: () => ({ ...fine(), message: 'Address translation stays: the traffic of the stack needs it.' }),
    },
  }),
  seconds: { probe: 3, apply: 4, verify: 3, undo: 1 },
  needsElevation: true,
};

export const p12: StepEmulator = {
  perform: bindStep({
    parameters: noParameters,
    modes: {
      probe: withRemoteAccess(letsIn),
      apply: withRemoteAccess(letIn),
      verify: withRemoteAccess(letsIn),
      undo: withRemoteAccess(keepOut),
    },
  }),
  seconds: { probe: 3, apply: 4, verify: 3, undo: 4 },
  needsElevation: true,
};

export const p14: StepEmulator = {
  perform: bindStep({
    parameters: nicParameters,
    modes: {
      probe: withRemoteAccess(isOpen),
      apply: withRemoteAccess(openIt),
      verify: withRemoteAccess(isOpen),
      undo: withRemoteAccess(closeIt),
    },
  }),
  seconds: { probe: 3, apply: 6, verify: 3, undo: 3 },
  needsElevation: true,
};

function translates(call: NicCall, remoteAccess: RemoteAccess): StepOutcome {
  const message = 'Routing and Remote Access does not run, or the external adapter does not translate addresses.';
  return seen(call.mode, isTranslating(call, remoteAccess), message);
}

function translate(call: NicCall, remoteAccess: RemoteAccess): StepOutcome {
  const { machine, parameters } = call;
  if (isTranslating(call, remoteAccess)) return fine();
  if (!machine.nics.some(({ alias }) => alias === parameters.externalNic)) {
    return refused('Precondition', 'The external adapter is gone: it was renamed or removed.');
  }
  if (machine.services[remoteAccessService] !== 'Running') restartRemoteAccess(machine, remoteAccess);
  remoteAccess.natModes[parameters.externalNic] = 'full';
  return changed();
}

function isTranslating({ machine, parameters }: NicCall, { natModes }: RemoteAccess): boolean {
  return machine.services[remoteAccessService] === 'Running' && natModes[parameters.externalNic] === 'full';
}

/** By the policy's condition: its name is in the language of Windows. */
function policyOf({ policies }: RemoteAccess): RemoteAccess['policies'][number] | undefined {
  return policies.find(({ isForRemoteAccess }) => isForRemoteAccess);
}

function noPolicy(): StepOutcome {
  return refused('Precondition', 'There is no network policy for connections to Microsoft Routing and Remote Access.');
}

function letsIn({ mode }: PlainCall, remoteAccess: RemoteAccess): StepOutcome {
  const policy = policyOf(remoteAccess);
  if (policy === undefined) return noPolicy();
  const isSo = policy.isEnabled && policy.grantsAccess;
  return seen(mode, isSo, 'The network policy is off, or denies access.', { policyName: policy.name });
}

function letIn(_call: PlainCall, remoteAccess: RemoteAccess): StepOutcome {
  const policy = policyOf(remoteAccess);
  if (policy === undefined) return noPolicy();
  const facts = { policyName: policy.name };
  if (policy.isEnabled && policy.grantsAccess) return fine(facts);
  policy.isEnabled = true;
  policy.grantsAccess = true;
  return changed(facts);
}

function keepOut(_call: PlainCall, remoteAccess: RemoteAccess): StepOutcome {
  const policy = policyOf(remoteAccess);
  if (policy === undefined) return fine();
  const facts = { policyName: policy.name };
  if (!policy.isEnabled) return fine(facts);
  policy.isEnabled = false;
  return changed(facts);
}

function isOpen({ machine, mode, parameters }: NicCall, { firewallNic }: RemoteAccess): StepOutcome {
  const facts = { isBehindNat: hasPrivateAddress(machine, parameters.externalNic) };
  return seen(mode, firewallNic === parameters.externalNic, 'The firewall is closed for L2TP.', facts);
}

function openIt({ machine, parameters }: NicCall, remoteAccess: RemoteAccess): StepOutcome {
  const facts = { isBehindNat: hasPrivateAddress(machine, parameters.externalNic) };
  if (remoteAccess.firewallNic === parameters.externalNic) return fine(facts);
  remoteAccess.firewallNic = parameters.externalNic;
  return changed(facts);
}

function closeIt(_call: NicCall, remoteAccess: RemoteAccess): StepOutcome {
  if (remoteAccess.firewallNic === undefined) return fine();
  delete remoteAccess.firewallNic;
  return changed();
}

/** RFC 1918 and RFC 6598: whether something translates further out cannot be seen from the machine. */
function hasPrivateAddress({ nics }: WindowsMachine, alias: string): boolean {
  const shared = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;
  return nics.filter((nic) => nic.alias === alias).every(({ address }) => shared.test(address));
}
