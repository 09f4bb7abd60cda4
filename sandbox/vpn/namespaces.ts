import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { addressAt } from './address-plan.ts';
import { runCommand, tryCommand } from './run-command.ts';

/** Benchmarking addresses (RFC 2544): never a VNet's, a pool's or a real gateway's. Each stack has them for itself. */
const internetNetwork = '198.18.0.0';
const internetPrefixLength = 16;
const bridge = 'br0';
const processesEndDeadlineMs = 5_000;

const linksSchema = z.array(z.object({ ifindex: z.int() }));

/** Makes a network namespace with its loopback up. */
export async function createNamespace(name: string): Promise<void> {
  await runCommand('ip', ['netns', 'add', name]);
  await runCommand('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
}

/**
 * Makes the namespace that stands for the Internet: a switch that gateways and clients are plugged into, no way out.
 */
export async function createInternet(name: string): Promise<void> {
  await createNamespace(name);
  await runCommand('ip', ['-n', name, 'link', 'add', bridge, 'type', 'bridge']);
  await runCommand('ip', ['-n', name, 'link', 'set', bridge, 'up']);
}

/**
 * Plugs a namespace into the Internet namespace and returns the address it has there. The address follows from the
 * number that the kernel gave to the new link, so that processes which plug in at the same time need no agreement.
 */
export async function plugIntoInternet(internet: string, namespace: string): Promise<string> {
  const link = `v${namespace.slice(namespace.indexOf('-') + 1)}`;
  await runCommand('ip', [
    '-n',
    internet,
    'link',
    'add',
    link,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    namespace,
  ]);
  const shown = await runCommand('ip', ['-n', internet, '-j', 'link', 'show', link]);
  const index = linksSchema.parse(JSON.parse(shown))[0]?.ifindex ?? 0;
  const address = addressAt(internetNetwork, index);
  await runCommand('ip', ['-n', internet, 'link', 'set', link, 'master', bridge, 'up']);
  await runCommand('ip', ['-n', namespace, 'addr', 'add', `${address}/${internetPrefixLength}`, 'dev', 'eth0']);
  await runCommand('ip', ['-n', namespace, 'link', 'set', 'eth0', 'up']);
  return address;
}

/** The names of this machine's namespaces that begin with `prefix`. */
export async function listNamespaces(prefix: string): Promise<string[]> {
  const listed = await runCommand('ip', ['netns', 'list']);
  return listed
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name !== '' && name.startsWith(prefix));
}

/** Ends the processes of a namespace, then removes it. A namespace that is gone already is no error. */
export async function deleteNamespace(name: string): Promise<void> {
  const deadline = Date.now() + processesEndDeadlineMs;
  // A namespace lives on, nameless, as long as a process is in it: so processes first.
  for (;;) {
    const pids = await processesIn(name);
    if (pids.length === 0) break;
    if (Date.now() > deadline) throw new Error(`namespace ${name}: processes do not end: ${pids.join(', ')}`);
    pids.forEach(killIfAlive);
    await delay(20);
  }
  const end = await tryCommand('ip', ['netns', 'delete', name]);
  if (end.code !== 0 && (await listNamespaces(name)).includes(name)) {
    throw new Error(`namespace ${name}: ${end.stderr.trim()}`);
  }
}

async function processesIn(name: string): Promise<number[]> {
  const end = await tryCommand('ip', ['netns', 'pids', name]);
  return end.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between being listed and being killed.
  }
}
