/** Runs the VPN emulator as the stack does, as a process, against a control API of the test's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type PublishedGateway, readPublishedGateways } from '../../../sandbox/vpn/published-gateways.ts';
import { tryCommand } from '../../../sandbox/vpn/run-command.ts';

/** These say only that something hangs: none is about how fast the machine is. */
const readyDeadlineMs = 90_000;
const conditionDeadlineMs = 90_000;
const exitDeadlineMs = 90_000;
const pollMs = 50;

export interface VpnProcess {
  readonly pid: number;
  /** What its namespaces' names begin with. */
  readonly prefix: string;
  /** Waits until clients can connect to the gateway. */
  gateway(resourceId: string): Promise<PublishedGateway>;
  /** Sends the signal and waits for the end; returns the exit code, null when killed. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** Closes the pipe that it watches, as a parent's death would, and waits for the end. */
  orphan(): Promise<number | null>;
}

/** Starts the process and waits for its ready line. */
export async function startVpnProcess(directory: string, controlUrl: string): Promise<VpnProcess> {
  const child = spawn(process.execPath, [resolve('sandbox/vpn/main.ts')], {
    env: { PATH: process.env['PATH'], SANDBOX_DIR: directory, SANDBOX_CONTROL_URL: controlUrl },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(() => {
    if (child.exitCode !== null) throw new Error(`the VPN emulator ended with ${child.exitCode}: ${output}`);
    return output.includes('"ready":true');
  }, readyDeadlineMs);
  const internet = readPublishedGateways(directory).internetNamespace;
  return {
    pid: child.pid ?? 0,
    prefix: internet.slice(0, internet.indexOf('-') + 1),
    gateway: (resourceId) => waitForGateway(directory, resourceId, () => output),
    end: (signal) => {
      child.kill(signal);
      return waitForExit(child);
    },
    orphan: () => {
      child.stdin.end();
      return waitForExit(child);
    },
  };
}

/** Waits until `condition` holds; rejects after the deadline. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  deadlineMs = conditionDeadlineMs,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not so within ${deadlineMs} ms: ${condition.toString()}`);
    await delay(pollMs);
  }
}

/** True when a process with this id runs; one that has ended and waits to be asked how does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Ids of the processes in a namespace. */
export async function processesIn(namespace: string): Promise<number[]> {
  const { stdout } = await tryCommand('ip', ['netns', 'pids', namespace]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

async function waitForGateway(directory: string, resourceId: string, output: () => string): Promise<PublishedGateway> {
  let found: PublishedGateway | undefined;
  await until(() => {
    found = readPublishedGateways(directory).gateways.find((gateway) => gateway.resourceId === resourceId);
    return found !== undefined;
  }).catch((error: unknown) => {
    throw new Error(`no gateway ${resourceId}: ${output()}`, { cause: error });
  });
  if (found === undefined) throw new Error(`no gateway ${resourceId}`);
  return found;
}

/** Null also when it did not end in time and was killed. */
async function waitForExit(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const timer = setTimeout(() => child.kill('SIGKILL'), exitDeadlineMs);
  await new Promise((end) => child.once('exit', end));
  clearTimeout(timer);
  return child.exitCode;
}
