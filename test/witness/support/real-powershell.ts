/**
 * Single machines for the real PowerShell: steps and files are run on one, and each test says what its machine is like.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type WindowsMachine, worldDefinitionSchema, type WorldParts } from '../../../sandbox/windows/world/records.ts';
import type { StepMode } from '../../../src/contracts/on-premises/remote-step.ts';
import { composeCommand } from '../../../src/onprem/compose-command.ts';
import { readAnswer } from '../../../src/onprem/read-answer.ts';
import type { PackageArchive } from './connector-package.ts';
import { type PowerShellProcess, type ScriptRun, startPowerShellProcess } from './powershell-process.ts';

const sqlAdministrator = 'CONTOSO\\sqladmin';
const dataFileSecret = 'gatehouse-data-file-witness';

export interface StepRun {
  readonly ok: boolean;
  readonly changed: boolean;
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly message: string;
  readonly exitCode: number;
  /** Everything that the script said, the answer included. */
  readonly said: string;
  /** Cmdlets that were called to change something, in order. */
  readonly calls: readonly string[];
}

/** How many calls of a cmdlet until one throws. */
export type Failing = Readonly<Record<string, number>>;

/** Who runs a file, and what they answer when it asks. An administrator where nothing is said. */
export type FileRun = Pick<ScriptRun, 'runAs' | 'isElevated' | 'typed' | 'failing'>;

/** A machine of its own: what one test leaves on it no other sees. */
export interface RealMachine {
  run(
    stepId: string,
    mode: StepMode,
    parameters: Readonly<Record<string, unknown>>,
    more?: { readonly failing: Failing },
  ): Promise<StepRun>;
  /** Runs a script that lies on the machine, with the real network; what it said, or throws what it threw. */
  runFile(path: string, parameters?: Readonly<Record<string, unknown>>, more?: FileRun): Promise<string>;
  /** Changes the machine, or the world round it. */
  change(how: (machine: WindowsMachine, world: WorldParts) => void): void;
  /** The machine as it is now. */
  state(): WindowsMachine;
  /** Has a package to download at that address, and no other. */
  offer(uri: string, archive: PackageArchive): void;
  write(path: string, content: string | Uint8Array): void;
  /** Undefined where there is no such file. */
  read(path: string): string | undefined;
  remove(path: string): void;
  /** Names in a folder; none where there is no such folder. */
  list(path: string): readonly string[];
}

export interface RealPowerShell {
  /** What the real parser has against the texts, by name, line and words. */
  parse(texts: Readonly<Record<string, string>>): Promise<readonly string[]>;
  /** What somebody types as a data file is `typed`. */
  machine(changes?: Partial<WindowsMachine>, typed?: string): RealMachine;
  /** Roots that its TLS trusts from now on, as PEM. Only before its first connection. */
  trust(pem: string): void;
  end(): Promise<void>;
}

export async function startPowerShell(): Promise<RealPowerShell> {
  const powershell = await startPowerShellProcess();
  let count = 0;
  return {
    parse: (texts) => powershell.parse(texts),
    machine: (changes = {}, typed = '') => {
      count += 1;
      return machineAt(powershell, join(powershell.folder, `world-${count}`), changes, typed);
    },
    trust: (pem) => {
      writeFileSync(join(powershell.folder, 'roots.pem'), pem);
    },
    end: () => powershell.end(),
  };
}

/** A machine of WAP with a domain, a store of its own, and names that resolve. */
function worldWith(changes: Partial<WindowsMachine>): WorldParts {
  const names = ['portal.contoso.com', 'api.contoso.com', 'portal.local.azurestack.external'];
  return worldDefinitionSchema.parse({
    machines: [{ id: 'machine', role: 'wap', computerName: 'WITNESS', domain: 'contoso.com', ...changes }],
    domains: [{ dnsName: 'contoso.com', netBiosName: 'CONTOSO', accounts: [{ name: 'sqladmin', password: '' }] }],
    network: { names: Object.fromEntries(names.map((name) => [name, '192.0.2.1'])) },
    connector: {
      azureStack: { portalFqdn: '', realm: '', signingCertificate: '' },
      sqlServers: { sql1: { machineId: 'machine', sysadmins: [sqlAdministrator] } },
    },
  });
}

function machineAt(
  powershell: PowerShellProcess,
  root: string,
  changes: Partial<WindowsMachine>,
  typed: string,
): RealMachine {
  mkdirSync(join(root, 'packages'), { recursive: true });
  let world = worldWith(changes);
  const place = (path: string): string => join(root, 'machine', path.replace(/^C:\\/, '').replaceAll('\\', '/'));
  const state = (): WindowsMachine => {
    const [machine] = world.machines;
    if (machine === undefined) throw new Error('There is no machine.');
    return machine;
  };
  const runScript = async (script: string, more: object) => {
    const ran = await powershell.run({ root, world, machine: 'machine', script, ...more });
    world = worldDefinitionSchema.parse(ran.world);
    return ran;
  };
  return {
    state,
    change: (how) => {
      how(state(), world);
    },
    run: async (stepId, mode, parameters, { failing } = { failing: {} }) => {
      // What a person types in answer to a prompt is the way in for secrets that needs neither Azure nor DPAPI.
      const secrets = stepId === 'W26' ? { content: dataFileSecret } : {};
      const command = { stepId, mode, parameters, secrets, transport: 'manual', vaultUrl: '' } as const;
      const { script, invocation } = composeCommand(command);
      const file = join(root, `${stepId}.ps1`);
      writeFileSync(file, script);
      const ran = await runScript(file, {
        parameters: { Invocation: invocation },
        typed: { [dataFileSecret]: typed },
        runAs: sqlAdministrator,
        failing,
      });
      const answer = readAnswer({ output: ran.output, exitCode: ran.exitCode, stepId, mode });
      const said = [...ran.streams, ran.output].join('\n');
      if ('unreadable' in answer) throw new Error(`${stepId} ${mode}: ${answer.unreadable}\n${said}`);
      const { ok, changed, code, message = '' } = answer;
      return { ok, changed, code, facts: answer.facts, message, exitCode: ran.exitCode, said, calls: ran.calls };
    },
    runFile: async (path, parameters = {}, more = {}) => {
      const { exitCode, streams } = await runScript(place(path), { parameters, hasNetwork: true, ...more });
      if (exitCode !== 0) throw new Error(streams.join('\n'));
      return streams.join('\n');
    },
    offer: (uri, { sha256, bytes }) => {
      writeFileSync(join(root, 'packages', sha256), bytes);
      world.connector.packages = [
        { uri, sha256, sizeBytes: 1, kind: 'connector', version: '1.0', signature: 'NotSigned' },
      ];
    },
    write: (path, content) => {
      mkdirSync(dirname(place(path)), { recursive: true });
      writeFileSync(place(path), content);
    },
    read: (path) => (existsSync(place(path)) ? readFileSync(place(path), 'utf8') : undefined),
    remove: (path) => {
      rmSync(place(path), { recursive: true, force: true });
    },
    list: (path) => (existsSync(place(path)) ? readdirSync(place(path)).sort() : []),
  };
}
