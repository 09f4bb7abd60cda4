import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivateJson } from './private-file.ts';
import { StackError } from './stack-error.ts';

const portNames = ['blob', 'queue', 'table', 'identity', 'arm', 'keyVault', 'appVault', 'control', 'runtime'] as const;
export type PortName = (typeof portNames)[number];
export type Ports = Readonly<Record<PortName, number>>;

const portsSchema = z.record(z.enum(portNames), z.int().min(1).max(65_535));

/** Below what systems give to outgoing connections, so that a port kept today is likely to be free tomorrow. */
const firstPort = 20_000;
const lastPort = 32_000;
const triesMax = 200;

/**
 * The ports of the stack in `directory`: chosen at its first start and kept, because ids and operation URLs in the
 * stack's state carry them. `wantedRuntime` replaces the app's port for good. Throws a StackError when one is taken.
 */
export async function ensurePorts(directory: string, wantedRuntime?: number): Promise<Ports> {
  const file = join(directory, 'ports.json');
  const kept = existsSync(file) ? readPorts(directory) : await choosePorts();
  const ports = wantedRuntime === undefined ? kept : { ...kept, runtime: wantedRuntime };
  for (const name of portNames) {
    if (!(await isFree(ports[name]))) throw new StackError(takenMessage(name, ports[name]));
  }
  writePrivateJson(file, ports);
  return ports;
}

/**
 * Reads the ports that the supervisor keeps in `directory`. Throws a StackError when they are not those of this
 * version.
 */
export function readPorts(directory: string): Ports {
  const { data } = portsSchema.safeParse(JSON.parse(readFileSync(join(directory, 'ports.json'), 'utf8')));
  if (data === undefined) {
    throw new StackError(`${directory} is of an earlier version: start anew with another --state folder.`);
  }
  return data;
}

/**
 * A block of ports side by side, each free now. Blocks begin at multiples of their size: two stacks that choose in the
 * same second then collide once in 1,500 times, not once in 190, as with ports chosen one by one.
 */
async function choosePorts(): Promise<Ports> {
  for (let tries = 0; tries <= triesMax; tries += 1) {
    const first = firstPort + randomInt(Math.floor((lastPort - firstPort) / portNames.length)) * portNames.length;
    const block = portNames.map((name, index) => [name, first + index] as const);
    const free = await Promise.all(block.map(([, port]) => isFree(port)));
    if (free.every(Boolean)) return portsSchema.parse(Object.fromEntries(block));
  }
  throw new StackError(`No ${portNames.length} free ports side by side between ${firstPort} and ${lastPort}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

function takenMessage(name: PortName, port: number): string {
  const wayOut = name === 'runtime' ? 'or choose another with --port' : 'or start anew with another --state folder';
  return `Port ${port} of this stack (${name}) is taken by another program: end that program, ${wayOut}.`;
}
