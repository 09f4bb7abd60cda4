import { randomInt } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { openStateFile } from '../../platform/state-file.ts';

/** Below the ports that stacks choose for their servers, and far below those of outgoing connections. */
const firstPort = 10_000;
const lastPort = 20_000;
const triesMax = 100;

export interface PortList {
  /** A server on loopback for this machine: on the port that it had before, else on one that is kept from now on. */
  listen(
    machineId: string,
    accept: (socket: Socket) => void,
  ): Promise<{ readonly server: Server; readonly port: number }>;
  flush(): void;
}

/** The machines' ports, kept in the file at `path`: what a test or a person wrote down stays true after a restart. */
export function openPortList(path: string): PortList {
  const file = openStateFile<Record<string, number>>(path, () => ({}));

  async function listen(machineId: string, accept: (socket: Socket) => void) {
    const kept = file.value[machineId];
    if (kept !== undefined) return { server: await listenOn(kept, accept), port: kept };
    for (let tries = 1; ; tries += 1) {
      const port = randomInt(firstPort, lastPort);
      try {
        const server = await listenOn(port, accept);
        file.value[machineId] = port;
        file.save();
        return { server, port };
      } catch (error) {
        if (tries === triesMax) throw error;
      }
    }
  }

  return {
    listen,
    flush: () => {
      file.flush();
    },
  };
}

function listenOn(port: number, accept: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(accept);
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}
