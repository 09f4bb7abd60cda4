/** Sharing VPN access to a stack: the host and the NATVM of the default world. */
import { X509Certificate } from 'node:crypto';
import { finishStart } from '../../../../sandbox/windows/machine/power.ts';
import type { WindowsMachine, WorldDefinition, WorldParts } from '../../../../sandbox/windows/world/records.ts';
import { type Line, type Scenario, type StepRequest, wholeOf } from './scenario.ts';

const administrator = { username: 'Administrator', password: 'Nat-Simulated-1' };
const pool = { addressFrom: '192.168.200.201', addressTo: '192.168.200.230' };
const other = { parameters: { addressFrom: '192.168.200.101', addressTo: '192.168.200.130' } };

/** The first certificate of the default world's host is the stack's root. */
function rootThumbprint({ machines }: WorldDefinition): string {
  const der = machines.find(({ id }) => id === 'azs-host1')?.certificates?.[0]?.certificate ?? '';
  return new X509Certificate(Buffer.from(der, 'base64')).fingerprint.replaceAll(':', '');
}

const requests = (definition: WorldDefinition): Readonly<Record<string, StepRequest>> => ({
  P1: { parameters: { computerName: '192.168.200.1' }, secrets: { credential: administrator } },
  P2: { parameters: { internalAddress: '192.168.200.1' } },
  P4: { parameters: pool },
  P7: { parameters: { keyIsCurrent: true }, secrets: { sharedKey: 'k7Qm-2vXw.9Rt_4LpZ8s' } },
  P10: { parameters: { internalNic: 'Ethernet' } },
  P11: { parameters: { externalNic: 'Ethernet 2' } },
  P13: { parameters: { externalNic: 'Ethernet 2' } },
  P14: { parameters: { externalNic: 'Ethernet 2' } },
  P15: { parameters: { userName: 'ann', resetPassword: false }, secrets: { password: 'Open-Sesame-1' } },
  P15D: { parameters: { userName: 'ann' } },
  P15R: { parameters: { userName: 'ann' } },
  P16: { parameters: { subjectPatterns: ['CN=Nobody*', '*AzureStackSelfSignedRootCert*'] } },
  P17: { parameters: { thumbprint: rootThumbprint(definition), store: 'LocalMachine' } },
  P21: { parameters: { portalFqdn: 'portal.azurestack.local' } },
});

interface Natvm extends WindowsMachine {
  remoteAccess: NonNullable<WindowsMachine['remoteAccess']>;
}

function natvm(how: (machine: Natvm) => void): (world: WorldParts) => void {
  return ({ machines }) => {
    const machine = machines.find(({ id }) => id === 'natvm');
    if (machine?.remoteAccess === undefined) throw new Error('There is no NATVM.');
    how(machine as Natvm);
  };
}

const session = { userName: 'ann', address: '192.168.200.202', connectedAt: '2026-01-01T00:00:00.000Z' };
const annConnects = natvm(({ remoteAccess }) => remoteAccess.sessions.push({ ...session }));
const restarts = natvm((machine) => {
  finishStart(machine, 1_800_000_000_000);
});

const onNatvm = (...lines: readonly Line[]): Scenario => ({ machine: 'natvm', requests, lines });

export const vpnAccessScenarios: Readonly<Record<string, Scenario>> = {
  'the adapters': onNatvm(
    ['P2', 'probe', 'fine'],
    ['P13', 'probe', 'fine'],
    ['P2', 'probe', 'precondition', { parameters: { internalAddress: '192.168.200.9' } }],
    ['P13', 'probe', 'precondition', { parameters: { externalNic: 'Ethernet 3' } }],
    [
      'a third adapter leads out',
      natvm(({ nics }) =>
        nics.push({ alias: 'Ethernet 3', address: '10.1.1.2', prefixLength: 24, gateway: '10.1.1.1', dnsServers: [] }),
      ),
    ],
    ['P2', 'probe', 'precondition'],
    ['it found no address', natvm(({ nics }) => Object.assign(nics.at(-1) ?? {}, { address: '169.254.3.4' }))],
    ['P2', 'probe', 'fine'],
    ['P13', 'probe', 'precondition', { parameters: { externalNic: 'Ethernet 3' } }],
  ),
  'the VPN role': onNatvm(
    ...wholeOf('P4'),
    ['P4', 'apply', 'precondition', { parameters: { addressFrom: '192.168.200.230', addressTo: '192.168.200.201' } }],
    ['P4', 'apply', 'precondition', { parameters: { addressFrom: '192.168.200.1', addressTo: '192.168.200.30' } }],
    ['P4', 'apply', 'changed'],
    ['P4', 'apply', 'changed', other],
    ['P4', 'verify', 'verifyFailed'],
    ['P4', 'probe', 'notDone'],
    ['P4', 'undo', 'changed'],
  ),
  'the site-to-site role and its key': onNatvm(
    ['P7', 'apply', 'toolFailed'],
    ...wholeOf('P5'),
    ['P5', 'apply', 'changed'],
    ['P7', 'probe', 'notDone'],
    ['P7', 'verify', 'verifyFailed'],
    ['P7', 'undo', 'fine'],
    ['P7', 'apply', 'changed'],
    ['P7', 'probe', 'fine'],
    ['P7', 'probe', 'notDone', { parameters: { keyIsCurrent: false } }],
    ['P7', 'verify', 'fine'],
    ['P7', 'apply', 'changed'],
    ['P7', 'undo', 'changed'],
    ['P7', 'verify', 'fine'],
  ),
  'features that wait for a restart': onNatvm(
    ['the features are missing', natvm(({ remoteAccess }) => Object.assign(remoteAccess, { feature: 'absent' }))],
    ['P5', 'probe', 'notDone'],
    ['P5', 'apply', 'toolFailed'],
    ['P4', 'probe', 'notDone'],
    ['P4', 'undo', 'fine'],
    ['C2', 'probe', 'fine'],
    ['P4', 'apply', 'rebootRequired'],
    ['P4', 'verify', 'verifyFailed'],
    ['C2', 'probe', 'notDone'],
    ['C2', 'verify', 'verifyFailed'],
    ['C2', 'apply', 'changed'],
    ['it restarts', restarts],
    ['C2', 'verify', 'fine'],
    ['C2', 'apply', 'changed'],
    ['P4', 'apply', 'changed'],
    ['C2', 'probe', 'fine'],
  ),
  'the whole of it, and back': onNatvm(
    ['P3', 'probe', 'notDone'],
    ['P3', 'verify', 'verifyFailed'],
    ['P3', 'undo', 'fine'],
    ['P8', 'undo', 'fine'],
    ['P10', 'undo', 'fine'],
    ['P3', 'apply', 'changed'],
    ['P3', 'apply', 'fine'],
    ['P3', 'probe', 'fine'],
    ['P3', 'verify', 'fine'],
    ['P4', 'apply', 'changed'],
    ['P5', 'apply', 'changed'],
    ['P6', 'probe', 'notDone'],
    ['P6', 'apply', 'changed'],
    ['P6', 'verify', 'fine'],
    ['P7', 'apply', 'changed'],
    ['P8', 'probe', 'notDone'],
    ['P8', 'verify', 'verifyFailed'],
    ['P8', 'apply', 'changed'],
    ['P8', 'probe', 'fine'],
    ['P8', 'verify', 'fine'],
    ['P6', 'apply', 'changed'],
    ['P10', 'probe', 'notDone'],
    ['P10', 'verify', 'verifyFailed'],
    ['P10', 'apply', 'changed'],
    ['P10', 'probe', 'fine'],
    ['P10', 'verify', 'fine'],
    ['P10', 'apply', 'toolFailed', { parameters: { internalNic: 'Ethernet 9' } }],
    ['P11', 'probe', 'notDone'],
    ['P11', 'verify', 'verifyFailed'],
    ['P11', 'apply', 'precondition', { parameters: { externalNic: 'Ethernet 9' } }],
    ['P11', 'apply', 'changed'],
    ['P11', 'apply', 'fine'],
    ['P11', 'probe', 'fine'],
    ['P11', 'verify', 'fine'],
    ['P11', 'undo', 'fine'],
    ...wholeOf('P12'),
    ['P12', 'apply', 'changed'],
    ...wholeOf('P14'),
    ['P14', 'apply', 'changed'],
    ['P14', 'probe', 'notDone', { parameters: { externalNic: 'Ethernet' } }],
    ['P14', 'apply', 'changed', { parameters: { externalNic: 'Ethernet' } }],
    ['P12', 'undo', 'changed'],
    ['P10', 'undo', 'fine'],
    ['P8', 'undo', 'changed'],
    ['P7', 'undo', 'changed'],
    ['P5', 'undo', 'changed'],
    ['P4', 'undo', 'changed'],
    [
      'the service was stopped by somebody',
      natvm(({ services }) => Object.assign(services, { RemoteAccess: 'Stopped' })),
    ],
    ['P6', 'verify', 'verifyFailed'],
    ['P3', 'undo', 'changed'],
    ['P3', 'probe', 'notDone'],
    ['P11', 'verify', 'fine'],
  ),
  'settings that others made before': onNatvm(
    [
      'the role was there, with addresses from a DHCP server',
      natvm(({ remoteAccess }) =>
        Object.assign(remoteAccess, {
          vpnStatus: 'Installed',
          vpnS2SStatus: 'Installed',
          preferredAdapter: 'Ethernet 2',
        }),
      ),
    ],
    ['P3', 'apply', 'changed'],
    ['P4', 'apply', 'changed'],
    ['P10', 'apply', 'changed'],
    ['P10', 'undo', 'changed'],
    ['P10', 'undo', 'fine'],
    ['P10', 'apply', 'changed'],
    ['P5', 'undo', 'fine'],
    ['P4', 'undo', 'changed'],
    ['P3', 'undo', 'changed'],
    ['P10', 'probe', 'notDone'],
    ['its policy is gone', natvm(({ remoteAccess }) => remoteAccess.policies.splice(0))],
    ['P12', 'probe', 'precondition'],
    ['P12', 'apply', 'precondition'],
    ['P12', 'undo', 'fine'],
    ['the service is stopped', natvm(({ services }) => Object.assign(services, { RemoteAccess: 'Stopped' }))],
    ['P11', 'probe', 'notDone'],
    ['P11', 'apply', 'changed'],
  ),
  'people who may come in': onNatvm(
    ['P4', 'apply', 'changed'],
    ['P15', 'probe', 'notDone'],
    ['P15', 'verify', 'verifyFailed'],
    ['P15', 'undo', 'fine'],
    ['P15', 'apply', 'precondition', { secrets: { password: 'short' } }],
    ['P15', 'apply', 'precondition', { secrets: { password: 'Contains-ann-1' } }],
    ['P15', 'apply', 'changed'],
    ['P15', 'probe', 'fine'],
    ['P15', 'verify', 'fine'],
    ['P15', 'probe', 'notDone', { parameters: { userName: 'ann', resetPassword: true } }],
    ['P15', 'verify', 'fine', { parameters: { userName: 'ann', resetPassword: true } }],
    ['P15', 'apply', 'changed', { secrets: { password: 'Never-Set-1' } }],
    [
      'P15',
      'apply',
      'changed',
      { parameters: { userName: 'ANN', resetPassword: true }, secrets: { password: 'Set-Anew-1' } },
    ],
    ['ann connects', annConnects],
    ['P15', 'undo', 'changed'],
    ['P15', 'undo', 'fine'],
    ['P15', 'apply', 'changed'],
    ['ann connects', annConnects],
    ['P15D', 'probe', 'notDone'],
    ['P15D', 'verify', 'verifyFailed'],
    ['P15D', 'apply', 'changed'],
    ['P15D', 'apply', 'fine'],
    ['P15D', 'verify', 'fine'],
    ['P15R', 'probe', 'notDone'],
    ['P15R', 'verify', 'verifyFailed'],
    ['P15R', 'apply', 'changed'],
    ['P15R', 'apply', 'fine'],
    ['P15R', 'verify', 'fine'],
    ['P15D', 'probe', 'fine'],
    ['ann is still connected', annConnects],
    ['P15D', 'probe', 'notDone'],
    ['P15D', 'apply', 'changed'],
  ),
  'people who are not ours': onNatvm(
    [
      'somebody made an account by hand',
      natvm(({ accounts }) =>
        accounts.push({
          name: 'ann',
          password: 'By-Hand-1',
          isEnabled: true,
          isAdministrator: false,
          isLockedOut: false,
          badLogons: 0,
          description: 'Ann',
        }),
      ),
    ],
    ['P15', 'probe', 'notDone'],
    ['P15', 'undo', 'fine'],
    ['P15D', 'apply', 'precondition'],
    ['P15R', 'apply', 'precondition'],
    ['P15D', 'apply', 'fine', { parameters: { userName: 'Administrator' } }],
    ['P15R', 'apply', 'fine', { parameters: { userName: 'Administrator' } }],
    ['P15', 'apply', 'precondition', { parameters: { userName: 'Administrator', resetPassword: false } }],
    ['P15', 'undo', 'precondition', { parameters: { userName: 'Administrator', resetPassword: false } }],
    ['P15', 'apply', 'changed'],
    ['P15R', 'apply', 'changed'],
  ),
  'the host': {
    machine: 'azs-host1',
    requests,
    lines: [
      ['C1', 'probe', 'fine'],
      ['C2', 'probe', 'fine'],
      ['P21', 'probe', 'fine'],
      ['P21', 'probe', 'notDone', { parameters: { portalFqdn: 'portal.local' } }],
      ['P16', 'probe', 'fine'],
      ['P16', 'probe', 'precondition', { parameters: { subjectPatterns: ['CN=Nobody'] } }],
      ...wholeOf('P17'),
      ['P17', 'apply', 'precondition', { parameters: { thumbprint: 'A'.repeat(40) } }],
      ['P17', 'apply', 'precondition', { parameters: { store: 'CurrentUser' } }],
      ['P17', 'apply', 'changed'],
      ['P17', 'probe', 'notDone', { parameters: { thumbprint: 'A'.repeat(40) } }],
      ['P17', 'undo', 'fine', { parameters: { thumbprint: 'A'.repeat(40) } }],
      ['P1', 'probe', 'notDone'],
      ['P1', 'verify', 'unreachable'],
      ['P1', 'undo', 'fine'],
      ['P1', 'apply', 'authFailed', { secrets: { credential: { ...administrator, password: 'Wrong-1' } } }],
      ['P1', 'probe', 'authFailed', { secrets: { credential: { username: 'nobody', password: 'Wrong-1' } } }],
      ['P1', 'probe', 'fine'],
      ['P1', 'undo', 'changed'],
      ['P1', 'apply', 'changed'],
      ['P1', 'apply', 'fine'],
      ['P1', 'verify', 'fine'],
      ['P1', 'undo', 'changed'],
      ['P1', 'undo', 'fine'],
    ],
  },
  'machines that are too old, or not Windows PowerShell': onNatvm(
    ['C1', 'probe', 'fine'],
    ['it is Nano Server', natvm((machine) => Object.assign(machine, { installation: 'Nano Server' }))],
    ['C1', 'probe', 'precondition'],
    ['it is old', natvm((machine) => Object.assign(machine, { installation: 'Server', osVersion: '6.2.9200' }))],
    ['C1', 'probe', 'precondition'],
    [
      'it is PowerShell 7',
      natvm((machine) => Object.assign(machine, { osVersion: '10.0.14393', powerShellVersion: '7.6.9' })),
    ],
    ['C1', 'probe', 'precondition'],
    ['it is 2012 R2', natvm((machine) => Object.assign(machine, { osVersion: '6.3.9600', powerShellVersion: '4.0' }))],
    ['C1', 'probe', 'fine'],
  ),
};
