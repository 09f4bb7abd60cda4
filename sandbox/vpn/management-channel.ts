import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** The socket that one OpenVPN process calls (`management-client`). */
export interface ManagementChannel {
  /** Sends one command; dropped when OpenVPN is not connected, since a process without its channel ends by itself. */
  send(command: string): void;
  /** To be called when OpenVPN has ended: reads what it said last, then removes the socket. */
  close(): Promise<void>;
}

export interface ManagementChannelOptions {
  /** Unix socket path, at most 107 characters. */
  readonly path: string;
  readonly onConnect: () => void;
  readonly onLine: (line: string) => void;
}

/** Listens for OpenVPN at a Unix socket. After a SIGHUP OpenVPN calls again; the newest call counts. */
export async function openManagementChannel(options: ManagementChannelOptions): Promise<ManagementChannel> {
  let current: Socket | undefined;
  let allRead: Promise<unknown> = Promise.resolve();
  const server = createServer((socket) => {
    current?.destroy();
    current = socket;
    const lines = createInterface({ input: socket }).on('line', options.onLine);
    // A process that is killed resets the connection; its exit is what counts.
    for (const emitter of [socket, lines]) emitter.on('error', () => undefined);
    allRead = new Promise((resolve) => socket.once('close', resolve));
    options.onConnect();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.path, resolve);
  });
  return {
    send: (command) => {
      if (current?.writable === true) current.write(`${command}\n`);
    },
    close: async () => {
      await allRead;
      server.close();
    },
  };
}
