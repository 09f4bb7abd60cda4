import type { Server, Socket } from 'node:net';
import type { CommandWorld, Reach } from './command-world.ts';
import type { LineFaults } from './line-faults.ts';
import type { PortList } from './line-ports.ts';
import type { SshConnection } from './ssh-server.ts';

export interface LinesOptions {
  readonly world: CommandWorld;
  readonly faults: LineFaults;
  readonly ports: PortList;
  /** Takes each connection that comes through. */
  readonly serve: (connection: SshConnection) => void;
}

/** A port of loopback for each machine: who connects there has the machine, or what its network makes of that. */
export class MachineLines {
  readonly #options: LinesOptions;
  readonly #lines = new Map<string, { readonly server: Server; readonly port: number }>();
  readonly #sockets = new Set<Socket>();

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  /** By machine id. */
  ports(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#lines].map(([machineId, { port }]) => [machineId, port]));
  }

  /** Opens a line for each machine that the world has now, and closes those of machines that are gone. */
  async refresh(): Promise<void> {
    const wanted = this.#options.world.sshMachines();
    for (const [machineId, { server }] of this.#lines) {
      if (wanted.includes(machineId)) continue;
      this.#lines.delete(machineId);
      server.close();
    }
    for (const machineId of wanted) {
      if (this.#lines.has(machineId)) continue;
      const line = await this.#options.ports.listen(machineId, (socket) => {
        this.#accept({ machineId, socket });
      });
      this.#lines.set(machineId, line);
    }
  }

  close(): void {
    for (const { server } of this.#lines.values()) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(connection: SshConnection): void {
    const { machineId, socket } = connection;
    this.#sockets.add(socket);
    // Each step of a handshake is one small packet: held back, they would make half a second of it.
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    const reach = this.#reachOf(machineId);
    if (reach === 'refuses') socket.resetAndDestroy();
    else if (reach === 'answers') this.#options.serve(connection);
    // What is left is silent: the connection stands and nothing is ever said on it.
  }

  #reachOf(machineId: string): Reach {
    const { faults, world } = this.#options;
    if (faults.take(machineId, 'refuse')) return 'refuses';
    if (faults.take(machineId, 'silent')) return 'silent';
    return world.reach(machineId);
  }
}
