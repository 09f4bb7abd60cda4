import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { askAzurite } from '../azurite/azurite-process.ts';
import { buildExtension } from '../runtime/durable-extension/build.ts';
import { type ChildOptions, type RunningChild, startChild } from './child-process.ts';
import { durableClientFile } from './durable-choice.ts';
import { keepChild, type KeptChild } from './kept-child.ts';
import { lockDirectory } from './lock-file.ts';
import type { StackOptions } from './options.ts';
import { azuriteChild, cloudChild, extensionChild, runtimeChild, vpnChild } from './stack-children.ts';
import { StackError } from './stack-error.ts';
import { describeStack, readWindowsInfo, type StackInfo, writeStackInfo } from './stack-info.ts';
import { planStack, type StackPlan } from './stack-plan.ts';

/**
 * Sum of what may follow one another below fifteen seconds: the app first, then what it calls, then where it stores.
 */
const graceMs = { runtime: 6000, extension: 6000, vpn: 6000, cloud: 3000, azurite: 5000 };

export interface StackCallbacks {
  readonly say: (line: string) => void;
  /** Called once, when all parts serve. */
  readonly onReady: (info: StackInfo) => void;
  /** Why the VPN part cannot run here, or undefined when it can. */
  readonly vpnUnavailableReason: () => string | undefined;
}

interface Parts {
  readonly stopping: AbortController;
  azurite?: RunningChild;
  cloud?: RunningChild;
  runtime?: KeptChild;
  extension?: KeptChild;
  vpn?: RunningChild;
}

/**
 * Runs a stack until `stopped` settles or a part of it dies; ends every child and frees the folder in each case. Throws
 * a StackError that says what died or why it did not start.
 */
export async function runStack(
  options: StackOptions,
  root: string,
  stopped: Promise<void>,
  callbacks: StackCallbacks,
): Promise<void> {
  const unlock = lockDirectory(options.directory);
  const stackFile = join(options.directory, 'stack.json');
  const parts: Parts = { stopping: new AbortController() };
  try {
    rmSync(stackFile, { force: true });
    await Promise.race([stopped, startAndWatch(await planStack(options, root), parts, callbacks)]);
  } finally {
    await stopParts(parts);
    rmSync(stackFile, { force: true });
    unlock();
  }
}

async function startAndWatch(plan: StackPlan, parts: Parts, callbacks: StackCallbacks): Promise<never> {
  const extension = plan.options.durable === 'extension' ? await build(plan, parts, callbacks) : undefined;
  callbacks.say('starting storage');
  parts.azurite = startPart(parts, azuriteChild(plan));
  await parts.azurite.ready;
  await askAzurite(plan.ports, readFileSync(plan.ca.caFile, 'utf8'));
  callbacks.say('starting the emulators of Azure');
  parts.cloud = startPart(parts, cloudChild(plan));
  await parts.cloud.ready;
  refuseWhenStopping(parts);
  callbacks.say('starting the Functions host with the application');
  await startHost(plan, parts, extension);
  await startVpn(plan, parts, callbacks);
  callbacks.onReady(writeInfo(plan, parts));
  throw await firstDeath(parts);
}

async function build(plan: StackPlan, parts: Parts, callbacks: StackCallbacks): Promise<string> {
  callbacks.say('building the Durable Task extension, unless it is built');
  try {
    return await buildExtension(join(plan.root, 'dist'), parts.stopping.signal);
  } catch (error) {
    throw new StackError(error instanceof Error ? error.message : String(error));
  }
}

/** The runtime, and with it the real extension if wanted: each waits for the other before it says that it is ready. */
async function startHost(plan: StackPlan, parts: Parts, extension: string | undefined): Promise<void> {
  const onRestart = (): void => {
    writeInfo(plan, parts);
  };
  rmSync(durableClientFile(plan.options.directory), { force: true });
  parts.runtime = keepChild(() => runtimeChild(plan), onRestart);
  if (extension !== undefined) parts.extension = keepChild(() => extensionChild(plan, extension), onRestart);
  await Promise.all([parts.runtime.ready, parts.extension?.ready]);
}

async function startVpn(plan: StackPlan, parts: Parts, callbacks: StackCallbacks): Promise<void> {
  if (!plan.options.with.includes('vpn')) return;
  const reason = callbacks.vpnUnavailableReason();
  if (reason !== undefined) {
    callbacks.say(`VPN gateways are left out: ${reason}`);
    return;
  }
  callbacks.say('starting VPN gateways');
  parts.vpn = startPart(parts, vpnChild(plan));
  await parts.vpn.ready;
}

function startPart(parts: Parts, options: ChildOptions): RunningChild {
  refuseWhenStopping(parts);
  return startChild(options);
}

/** A stop may come between two starts; what starts after it would be left over. */
function refuseWhenStopping(parts: Parts): void {
  if (parts.stopping.signal.aborted) throw new StackError('The stack was stopped while it started.');
}

async function firstDeath(parts: Parts): Promise<StackError> {
  const deaths = [parts.azurite, parts.cloud, parts.vpn].flatMap((child) =>
    child === undefined
      ? []
      : [child.exited.then(({ code, signal }) => diedError(child, signal ?? `exit ${code ?? '?'}`))],
  );
  const kept = [parts.runtime, parts.extension].flatMap((child) => (child === undefined ? [] : [child.gaveUp]));
  return await Promise.race([...deaths, ...kept]);
}

function diedError(child: RunningChild, how: string): StackError {
  return new StackError(`${child.name} died (${how}), so the stack ends:\n${child.tail()}`);
}

function writeInfo(plan: StackPlan, parts: Parts): StackInfo {
  const running = [parts.azurite, parts.cloud, parts.runtime?.current(), parts.extension?.current(), parts.vpn];
  const processes = Object.fromEntries(
    running.flatMap((child) => (child === undefined ? [] : [[child.name, child.pid] as const])),
  );
  const { directory } = plan.options;
  const windows = plan.options.with.includes('windows') ? readWindowsInfo(directory) : undefined;
  const info = describeStack({ ...plan, caFile: plan.ca.caFile, processes, windows });
  writeStackInfo(directory, info);
  return info;
}

async function stopParts(parts: Parts): Promise<void> {
  parts.stopping.abort();
  await Promise.all([
    parts.runtime?.stop(graceMs.runtime),
    parts.extension?.stop(graceMs.extension),
    parts.vpn?.stop(graceMs.vpn),
  ]);
  await parts.cloud?.stop(graceMs.cloud);
  await parts.azurite?.stop(graceMs.azurite);
}
