// A host and the NATVM behind it, for the steps that share VPN access: commands go in as the application composes them,
// and come out as it reads them.
import type { JournalEntry } from '../../../sandbox/platform/journal.ts';
import type { RemoteAccess } from '../../../sandbox/windows/machine/remote-access.ts';
import { allEmulators } from '../../../sandbox/windows/steps/all-steps.ts';
import type { SecretValue, StepMode, WindowsMachine, WorldDefinition } from '../../../sandbox/windows/world/records.ts';
import type { NewCommand } from '../../../sandbox/windows/world/state.ts';
import {
  openWorld,
  type PollOutcome,
  type WindowsWorld,
  type WorldOptions,
} from '../../../sandbox/windows/world/world.ts';
import type { StepAnswer } from '../../../src/contracts/on-premises/remote-step.ts';
import { findRemoteStep } from '../../../src/contracts/on-premises/step-table.ts';
import type { Transport } from '../../../src/domain/machine.ts';
import { composeCommand } from '../../../src/onprem/compose-command.ts';
import { readAnswer } from '../../../src/onprem/read-answer.ts';
import { aSecretName } from '../a-secret-name.ts';
import { createTestHost, type TestHost } from '../service-host.ts';

export const natAddress = '192.168.200.1';
export const externalAddress = '20.1.2.3';
export const internalNic = 'Ethernet';
export const externalNic = 'Ethernet 2';
export const natAdministrator = { username: 'Administrator', password: 'Nat-Admin-1' };
export const vaultUrl = 'https://vault.example';
/** Longer than any step takes. */
const patienceMs = 1_200_000;

export interface StepRequest {
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Values by the step's own names; the account for the NATVM is there without. */
  readonly secrets?: Readonly<Record<string, SecretValue>>;
  /** Where it acts: behind the host unless told. */
  readonly on?: 'host' | 'natvm';
  /** The account for the NATVM, where it is not the right one. */
  readonly viaCredential?: SecretValue;
  readonly runAs?: { readonly username: string; readonly password: string };
  readonly transport?: Transport;
  readonly timeoutSeconds?: number;
}

export interface MachineWorld {
  readonly test: TestHost;
  readonly vault: Map<string, string>;
  world(): WindowsWorld;
  /** Since the stack's process began. */
  journal(): readonly JournalEntry[];
  host(): WindowsMachine;
  nat(): WindowsMachine;
  remoteAccess(): RemoteAccess;
  /** Begins a step on the host, or through it. */
  start(id: string, step: string, mode: StepMode, request?: StepRequest): ReturnType<WindowsWorld['start']>;
  /** Lets it end, and reads its answer; throws where it is none that the step's contract allows. */
  run(step: string, mode: StepMode, request?: StepRequest): Promise<StepAnswer>;
  /** The same, as the machine leaves it. */
  runRaw(step: string, mode: StepMode, request?: StepRequest): Promise<PollOutcome>;
  /** A new world of these machines. */
  define(change?: (definition: ReturnType<typeof natDefinition>) => void): void;
  /** The stack's process ends and starts again. */
  restart(): void;
  close(): void;
}

export function natDefinition() {
  return {
    machines: [
      {
        id: 'host',
        role: 'host',
        computerName: 'AZS-HOST1',
        ssh: {},
        arc: { resourceGroup: 'onprem', name: 'AZS-HOST1' },
        accounts: [{ name: 'operator', password: 'Oper-Ator-1' }],
        winRm: { trustedHosts: [natAddress] },
      },
      {
        id: 'natvm',
        role: 'natvm',
        computerName: 'NATVM',
        ssh: {},
        accounts: [{ name: 'Administrator', password: natAdministrator.password, isAdministrator: true }],
        lockoutThreshold: 3,
        nics: [
          { alias: internalNic, address: natAddress },
          { alias: externalNic, address: externalAddress, gateway: '20.1.2.1' },
        ],
        services: { RemoteAccess: 'Running' },
        remoteAccess: {
          natModes: { [internalNic]: 'private', [externalNic]: 'full' },
          policies: [{ name: 'Connections to Microsoft Routing and Remote Access server' }],
        },
      },
    ] as [MachineDefinition, MachineDefinition],
    network: {},
  } satisfies WorldDefinition;
}

type MachineDefinition = WorldDefinition['machines'][number];

export async function aMachineWorld(options: Partial<WorldOptions> = {}): Promise<MachineWorld> {
  const test = await createTestHost({ standsStill: true });
  const vault = new Map<string, string>();
  let host = test.host;
  let world = open();
  let runs = 0;

  function open(): WindowsWorld {
    return openWorld(host, {
      steps: allEmulators,
      checkScript: () => [],
      readSecret: (url, name) => {
        const value = vault.get(`${url} ${name}`);
        return value === undefined
          ? Promise.reject(Object.assign(new Error('SecretNotFound'), { statusCode: 404 }))
          : Promise.resolve(value);
      },
      ...options,
    });
  }

  function machine(id: string): WindowsMachine {
    const found = world.machine(id);
    if (found === undefined) throw new Error(`There is no machine ${id}.`);
    return found;
  }

  const start: MachineWorld['start'] = (id, step, mode, request = {}) =>
    world.start('host', commandOf(id, step, mode, request), request.transport ?? 'ssh');

  const runRaw: MachineWorld['runRaw'] = async (step, mode, request) => {
    runs += 1;
    const id = `run-${runs}`;
    const started = start(id, step, mode, request);
    if (started.outcome !== 'started') throw new Error(`It was not started: ${JSON.stringify(started)}`);
    for (let ms = 0; world.poll('host', id).state === 'running' && ms < patienceMs; ms += 1000) {
      await test.advance(1000);
    }
    return world.poll('host', id);
  };

  const run: MachineWorld['run'] = async (step, mode, request) => {
    const ended = await runRaw(step, mode, request);
    if (ended.state !== 'ended') throw new Error(`${step} ${mode} is ${ended.state}`);
    const answer = readAnswer({ output: ended.output, exitCode: ended.exitCode, stepId: step, mode });
    if ('unreadable' in answer) throw new Error(`${answer.unreadable}: ${ended.output}${ended.error}`);
    return answer;
  };

  return {
    test,
    vault,
    world: () => world,
    journal: () => host.journal.list({ service: 'windows' }),
    host: () => machine('host'),
    nat: () => machine('natvm'),
    remoteAccess: () => {
      const { remoteAccess } = machine('natvm');
      if (remoteAccess === undefined) throw new Error('The NATVM has no remote access.');
      return remoteAccess;
    },
    start,
    run,
    runRaw,
    define(change) {
      const definition = natDefinition();
      change?.(definition);
      world.define(definition);
    },
    restart() {
      world.flush();
      host = test.restart();
      world = open();
    },
    close() {
      world.flush();
      test.close();
    },
  };
}

/** What the application sends for this step, with the secrets resolved where the way carries them. */
export function commandOf(id: string, step: string, mode: StepMode, request: StepRequest): NewCommand {
  const { parameters = {}, secrets = {}, on = 'natvm', transport = 'ssh', timeoutSeconds } = request;
  const composed = composeCommand({
    stepId: step,
    mode,
    parameters,
    secrets: Object.fromEntries(Object.keys(secrets).map((name) => [name, aSecretName(step, name)])),
    via: on === 'natvm' ? { computerName: natAddress, credentialSecret: 'account-natvm-administrator' } : undefined,
    transport,
    vaultUrl,
  });
  const carried = transport === 'arc' ? {} : { ...secrets, viaCredential: request.viaCredential ?? natAdministrator };
  return {
    id,
    script: composed.script,
    invocation: composed.invocation,
    secrets: carried,
    runAs: request.runAs,
    timeoutSeconds: timeoutSeconds ?? findRemoteStep(step)?.timeoutSeconds ?? 60,
  };
}
