import { randomBytes, timingSafeEqual } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { stdinMaxBytes } from './ssh-server.ts';
import type { ShellAnswer } from './windows-shell.ts';

/** What the shim sends: the id of its connection, the command line, and standard input in base64. */
const askedSchema = z.strictObject({ connection: z.string(), commandLine: z.string(), stdin: z.base64() });
export type Asked = z.infer<typeof askedSchema>;

export interface ShimRoute {
  /** The file, readable by this user alone, from which a shim reads where the route is and its key. */
  readonly file: string;
  close(): Promise<void>;
}

const bodyMaxBytes = 2 * stdinMaxBytes;

/**
 * Opens the route, plain HTTP on loopback, by which the shims that sshd starts ask what their machines answer. `ask`
 * answers undefined when the connection is gone: the shim then says nothing.
 */
export async function openShimRoute(
  directory: string,
  ask: (asked: Asked) => Promise<ShellAnswer | undefined>,
): Promise<ShimRoute> {
  const key = randomBytes(32).toString('base64url');
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing, key, ask);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const file = join(directory, 'shim-route.json');
  const { port } = server.address() as AddressInfo;
  writeFileSync(file, JSON.stringify({ url: `http://127.0.0.1:${port}/`, key }), { mode: 0o600 });
  return {
    file,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  key: string,
  ask: (asked: Asked) => Promise<ShellAnswer | undefined>,
): Promise<void> {
  try {
    if (!isKey(incoming.headers['x-shim-key'], key)) {
      outgoing.writeHead(403).end();
      return;
    }
    const asked = askedSchema.parse(JSON.parse(await readBody(incoming)));
    const answered = await ask(asked);
    if (answered === undefined) outgoing.writeHead(410).end();
    else outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answered));
  } catch (error) {
    console.error('windows: the shim was not answered', error);
    outgoing.writeHead(500).end();
  }
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += (chunk as Buffer).length;
    if (length > bodyMaxBytes) throw new Error('The shim sent too much.');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isKey(given: string | string[] | undefined, key: string): boolean {
  if (typeof given !== 'string') return false;
  const [left, right] = [Buffer.from(given), Buffer.from(key)];
  return left.length === right.length && timingSafeEqual(left, right);
}
