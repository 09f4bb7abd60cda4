import type { Journal } from '../../platform/journal.ts';
import type { ServiceHost } from '../../platform/service-host.ts';
import { type CommandEnd, commandEnd, spoil, timedOut, unreadable } from './answers.ts';
import { type CommandFault, takeFault } from './faults.ts';
import { openSession } from './hop.ts';
import { type Invocation, readInvocation, stepOfScript } from './invocation.ts';
import type { StepCall, StepEmulator, StepOutcome, WindowsMachine, World } from './records.ts';
import { type ReadSecret, resolveSecrets, viaSecret } from './secrets.ts';
import {
  commandKey,
  type CommandWork,
  type HistoryEntry,
  isRunning,
  type StoredCommand,
  type WorldState,
} from './state.ts';

/** What is wrong with a script, as the check over all scripts finds it. */
export interface ScriptFinding {
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

export type CheckScript = (text: string) => readonly ScriptFinding[] | Promise<readonly ScriptFinding[]>;

export interface CommandContext {
  readonly host: Pick<ServiceHost, 'clock' | 'scheduler' | 'speed'> & { readonly journal: Journal };
  readonly state: WorldState;
  readonly save: () => void;
  readonly world: World;
  readonly steps: Readonly<Record<string, StepEmulator>>;
  readonly checkScript: CheckScript;
  readonly readSecret: ReadSecret;
  /** Called when a step was done: a machine may be restarting now. */
  readonly settleMachines: () => void;
  /** Called when a machine lost its power; it comes back after so many seconds, where told. */
  readonly losePower: (machine: WindowsMachine, backAfterSeconds: number | undefined) => void;
}

type KillContext = Pick<CommandContext, 'host'>;

/**
 * A launcher takes so long to read what it is asked, and to open a session to the machine behind. Simulated seconds.
 */
const openingSeconds = 2;
/** PowerShell tries for so long to find a session again that was interrupted. */
const reconnectSeconds = 240;

/** Goes on with a command: at its beginning, and after the stack has started again. */
export function scheduleCommand(context: CommandContext, command: StoredCommand): void {
  const { scheduler } = context.host;
  if (command.state === 'opening') {
    scheduler.at(command.beginsMs + stackMs(context, openingSeconds), () => open(context, command));
  }
  if (command.state === 'working' && command.work !== undefined && command.work.endsAs !== 'never') {
    scheduler.at(command.work.dueMs, () => {
      finish(context, command);
    });
  }
}

/**
 * What becomes of the commands of a machine that is going down. Of those that it ran itself nothing is left that says
 * how they ended; those that another machine runs on it lose their session.
 */
export function loseCommands(context: CommandContext, machineId: string): void {
  for (const command of Object.values(context.state.commands).filter(isRunning)) {
    if (command.machineId === machineId) kill(context, command);
    else if (command.work?.targetId === machineId) breakSession(context, command, command.work);
  }
}

/** Ends one command without a result. */
export function kill(context: KillContext, command: StoredCommand): void {
  command.state = 'gone';
  command.secrets = {};
  journal(context, 'END', command, 500);
}

function breakSession(context: CommandContext, command: StoredCommand, work: CommandWork): void {
  const brokenMs = context.host.clock.nowMs() + stackMs(context, reconnectSeconds);
  command.work = { ...work, endsAs: 'broken', dueMs: Math.min(brokenMs, command.timeoutMs) };
  scheduleCommand(context, command);
}

/** The launcher's part: reads the invocation, resolves the secrets, opens the session; then the step begins. */
async function open(context: CommandContext, command: StoredCommand): Promise<void> {
  if (!isCurrent(context, command, 'opening')) return;
  const findings = await context.checkScript(command.script);
  const opened = await prepare(context, command, findings);
  // It may have been canceled, or its machine gone down, while a secret was read.
  if (!isCurrent(context, command, 'opening')) return;
  if (opened.outcome === 'ended') end(context, command, opened.end);
  else begin(context, command, opened.invocation, opened.target);
  context.save();
}

type Prepared =
  | { readonly outcome: 'ready'; readonly invocation: Invocation; readonly target: WindowsMachine }
  | { readonly outcome: 'ended'; readonly end: CommandEnd };

async function prepare(
  context: CommandContext,
  command: StoredCommand,
  findings: readonly ScriptFinding[],
): Promise<Prepared> {
  const invocation = readInvocation(command.invocation);
  const step = stepOfScript(command.script);
  const [finding] = findings;
  if (finding !== undefined) {
    return { outcome: 'ended', end: unreadable(`At line:${finding.line} ${finding.message} (${finding.rule})`) };
  }
  if (step === undefined || context.steps[step] === undefined) {
    return { outcome: 'ended', end: unreadable('The local stack knows no such step.') };
  }
  if (invocation === undefined) return failed({ step, mode: '' }, 'ToolFailed', 'Invalid JSON primitive.');
  if (invocation.step !== step) {
    return failed(
      { step, mode: invocation.mode },
      'ToolFailed',
      'This script belongs to another step than the one that is asked for.',
    );
  }
  return await hop(context, command, invocation);
}

async function hop(context: CommandContext, command: StoredCommand, invocation: Invocation): Promise<Prepared> {
  const connected = machineOf(context, command.machineId);
  try {
    command.secrets = await resolveSecrets(invocation, {
      values: command.secrets,
      readSecret: connected.arc === undefined ? undefined : context.readSecret,
    });
  } catch (error) {
    return failed(invocation, codeOf(error), error instanceof Error ? error.message : String(error));
  }
  if (invocation.via === undefined) return { outcome: 'ready', invocation, target: connected };
  const credential = command.secrets[viaSecret];
  if (credential === undefined || typeof credential === 'string') {
    return failed(invocation, 'ToolFailed', "Cannot process argument transformation on parameter 'Credential'.");
  }
  const session = openSession(context.world, connected, invocation.via.computerName, credential);
  if (session.outcome === 'refused') return { outcome: 'ended', end: commandEnd(invocation, session.answer) };
  return { outcome: 'ready', invocation, target: session.machine };
}

/** Key Vault's refusals carry the status as a number. */
function codeOf(error: unknown): string {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return status === 401 || status === 403 ? 'AuthFailed' : 'ToolFailed';
}

function failed(answered: { step: string; mode: string }, code: string, message: string): Prepared {
  const outcome: StepOutcome = { ok: false, changed: false, code, facts: {}, message };
  return { outcome: 'ended', end: commandEnd(answered, outcome) };
}

function begin(context: CommandContext, command: StoredCommand, invocation: Invocation, target: WindowsMachine): void {
  const { step, mode } = invocation;
  const fault = takeFault(context.state.faults, { machine: target.id, step, mode });
  const doneMs = command.beginsMs + stackMs(context, durationOf(context, command, invocation, target, fault));
  const isLate = fault?.kind === 'hang' || doneMs > command.timeoutMs;
  const endsAs =
    fault?.kind === 'stuck' ? 'never' : fault?.kind === 'die' ? 'death' : isLate ? ('timeout' as const) : 'done';
  const halfMs = (command.beginsMs + doneMs) / 2;
  const dueMs = endsAs === 'timeout' ? command.timeoutMs : endsAs === 'death' ? halfMs : doneMs;
  command.state = 'working';
  command.work = { step, mode, targetId: target.id, dueMs, endsAs, ...(fault === undefined ? {} : { fault }) };
  context.state.history.push({
    commandId: command.id,
    machine: target.id,
    connectedTo: command.machineId,
    transport: command.transport,
    step,
    mode,
    begun: new Date(command.beginsMs).toISOString(),
  });
  journal(context, 'START', command, 202);
  scheduleCommand(context, command);
}

function durationOf(
  { steps }: CommandContext,
  { script }: StoredCommand,
  { step, mode }: Invocation,
  target: WindowsMachine,
  fault: CommandFault | undefined,
): number {
  const emulator = steps[step];
  const seconds = (emulator?.seconds[mode] ?? openingSeconds) + (emulator?.extraSeconds?.({ mode }, script) ?? 0);
  return seconds * target.slowFactor * (fault?.kind === 'slow' ? fault.factor : 1);
}

function finish(context: CommandContext, command: StoredCommand): void {
  const { work } = command;
  if (work === undefined || !isCurrent(context, command, 'working')) return;
  // Superseded: its session broke before it was done.
  if (work.dueMs > context.host.clock.nowMs()) return;
  const target = machineOf(context, work.targetId);
  if (work.endsAs === 'death') {
    die(context, command, target);
  } else if (work.endsAs === 'broken') {
    endBroken(context, command, work);
  } else if (work.endsAs === 'timeout') {
    // What it did until then is there, as after any other interruption.
    interrupt(context, command, target);
    end(context, command, timedOut);
  } else {
    complete(context, command, target);
  }
  context.settleMachines();
  context.save();
}

function complete(context: CommandContext, command: StoredCommand, target: WindowsMachine): void {
  const { work } = command;
  if (work === undefined) return;
  const outcome = perform(context, command, target);
  const older = olderOutput(context, command);
  end(context, command, spoil(commandEnd(work, outcome), work.fault, older), outcome);
}

function perform(context: CommandContext, command: StoredCommand, target: WindowsMachine): StepOutcome {
  const { fault, step } = command.work ?? {};
  const emulator = context.steps[step ?? ''];
  const denied: StepOutcome = {
    ok: false,
    changed: false,
    code: 'AuthFailed',
    facts: {},
    message: 'Access is denied.',
  };
  const call = callOf(context, command, target);
  if (emulator === undefined || call === undefined || fault?.kind === 'accessDenied') return denied;
  if (emulator.needsElevation === true && !call.isElevated) return denied;
  const asked = fault?.kind === 'fail' ? fault : undefined;
  const done = asked === undefined || asked.isApplied ? emulator.perform(call) : denied;
  if (asked === undefined) return done;
  return { ok: false, changed: false, code: asked.code, facts: {}, message: 'The sandbox was asked for this fault.' };
}

function endBroken(context: CommandContext, command: StoredCommand, work: CommandWork): void {
  const message = 'Processing data from a remote server failed: the network connection has been interrupted.';
  const outcome: StepOutcome = { ok: false, changed: false, code: 'Unreachable', facts: {}, message };
  if (work.dueMs === command.timeoutMs) end(context, command, timedOut);
  else end(context, command, commandEnd(work, outcome), outcome);
}

function die(context: CommandContext, command: StoredCommand, target: WindowsMachine): void {
  const fault = command.work?.fault;
  interrupt(context, command, target);
  context.losePower(target, fault?.kind === 'die' ? fault.seconds : undefined);
}

function interrupt(context: CommandContext, command: StoredCommand, target: WindowsMachine): void {
  const call = callOf(context, command, target);
  if (call !== undefined) context.steps[call.step]?.interrupt?.(call);
}

function callOf(context: CommandContext, command: StoredCommand, machine: WindowsMachine): StepCall | undefined {
  const invocation = readInvocation(command.invocation);
  if (invocation === undefined) return undefined;
  const secrets = Object.fromEntries(Object.entries(command.secrets).filter(([name]) => name in invocation.secrets));
  return {
    step: invocation.step,
    mode: invocation.mode,
    parameters: invocation.parameters,
    secrets,
    machine,
    world: context.world,
    // The session through another machine is that of an administrator of the target.
    isElevated: invocation.via !== undefined || command.isElevated,
    script: command.script,
    begunMs: command.beginsMs,
    nowMs: context.host.clock.nowMs(),
    ...(command.runAs === undefined || invocation.via !== undefined ? {} : { runAs: command.runAs }),
  };
}

function end(context: CommandContext, command: StoredCommand, result: CommandEnd, outcome?: StepOutcome): void {
  command.state = 'ended';
  command.secrets = {};
  command.exitCode = result.exitCode;
  command.output = result.output;
  command.error = result.error;
  const entry = context.state.history.findLast(
    ({ commandId, connectedTo }) => commandId === command.id && connectedTo === command.machineId,
  );
  if (entry !== undefined && command.work !== undefined) note(context, entry, command.work, outcome);
  journal(context, 'END', command, result.exitCode === 0 || result.exitCode === 3010 ? 200 : 500);
}

function note(
  { host }: CommandContext,
  entry: HistoryEntry,
  { dueMs }: CommandWork,
  outcome: StepOutcome | undefined,
): void {
  // The machine's time, however late this process comes to see it.
  entry.ended = new Date(Math.min(dueMs, host.clock.nowMs())).toISOString();
  entry.changed = outcome?.changed ?? false;
  entry.ok = outcome?.ok ?? false;
  entry.code = outcome?.code ?? 'TimedOut';
}

/** What an earlier command on the same machine said last; a line of no step where there was none. */
function olderOutput({ state }: CommandContext, command: StoredCommand): string {
  const earlier = Object.values(state.commands)
    .filter(
      (each) =>
        each !== command &&
        each.machineId === command.machineId &&
        each.state === 'ended' &&
        each.work?.step !== command.work?.step,
    )
    .at(-1);
  const other: StepOutcome = { ok: true, changed: false, code: '', facts: {} };
  return earlier?.output ?? commandEnd({ step: 'X0', mode: 'probe' }, other).output;
}

function journal({ host }: KillContext, method: 'START' | 'END', command: StoredCommand, status: number): void {
  const { step, mode, targetId, fault } = command.work ?? { step: '-', mode: '-', targetId: command.machineId };
  host.journal.add({
    at: host.clock.now().toISOString(),
    service: 'windows',
    method,
    path: `/${targetId}/${step}/${mode}`,
    status,
    ...(fault === undefined ? {} : { fault: fault.kind }),
  });
}

function machineOf({ state }: CommandContext, id: string): WindowsMachine {
  const machine = state.machines.find((each) => each.id === id);
  if (machine === undefined) throw new Error(`There is no machine ${id} any more.`);
  return machine;
}

/** False for a command that was removed, canceled or replaced while something waited. */
function isCurrent({ state }: CommandContext, command: StoredCommand, wanted: StoredCommand['state']): boolean {
  return state.commands[commandKey(command.machineId, command.id)] === command && command.state === wanted;
}

function stackMs({ host }: CommandContext, seconds: number): number {
  return (seconds * 1000) / host.speed;
}
