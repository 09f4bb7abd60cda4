import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientNetwork, openClientNetwork } from './client-network.ts';
import { type ClientEnd, type ClientProcess, startClientProcess } from './client-process.ts';
import { readPublishedGateways } from './published-gateways.ts';

const connectTimeoutDefaultMs = 30_000;

export interface ConnectClientOptions {
  /** The stack's folder (DIR): its vpn.json says where the gateways are. */
  readonly stackDir: string;
  /** The machine to connect from; without it a new one is made and removed with the client. */
  readonly network?: ClientNetwork;
  /** The profile, used as it is. Files that it names are looked for beside it. */
  readonly ovpnFile: string;
  /** A key file to use in place of the one that the profile names. */
  readonly keyFile?: string;
  /** Holds the password of the profile's key in its first line; without it a key that needs one is refused. */
  readonly passwordFile?: string | undefined;
  /** The gateway's name in the profile. */
  readonly fqdn: string;
  /** The gateway's address, where it is not the one that vpn.json has for `fqdn`. */
  readonly serverAddress?: string;
  readonly timeoutMs?: number;
}

export interface ConnectedClient {
  readonly outcome: 'connected';
  /** Its address of the pool. */
  readonly address: string;
  ping(target: string): Promise<boolean>;
  /**
   * Resolves when OpenVPN has ended, by itself or by `stop`. A client that loses its gateway ends; it does not retry.
   */
  waitForExit(): Promise<ClientEnd>;
  isRunning(): boolean;
  /** Ends OpenVPN as a person would, and removes what was made for it. Harmless when it has ended. */
  stop(): Promise<void>;
}

export interface RefusedClient {
  readonly outcome: 'refused';
  readonly reason: string;
  /** The client's own log, oldest line first. */
  readonly log: readonly string[];
}

/**
 * Connects a real OpenVPN client, in a namespace of its own, with an unchanged profile. Tries once. Leaves nothing when
 * it is refused. Throws when no client could be started at all (no root, no VPN emulator, unknown gateway).
 */
export async function connectClient(options: ConnectClientOptions): Promise<ConnectedClient | RefusedClient> {
  const address = options.serverAddress ?? findAddress(options.stackDir, options.fqdn);
  const network = options.network ?? (await openClientNetwork(options.stackDir));
  const folder = mkdtempSync(join(tmpdir(), 'ghc-'));

  async function cleanUp(): Promise<void> {
    rmSync(folder, { recursive: true, force: true });
    if (options.network === undefined) await network.close();
  }

  try {
    const hostsFile = join(folder, 'hosts');
    writeFileSync(hostsFile, `127.0.0.1 localhost\n${address} ${options.fqdn}\n`);
    const attempt = await tryOnce(options, { namespace: network.namespace, hostsFile, folder });
    if (attempt.address !== undefined) return toConnected(attempt.client, attempt.address, network, cleanUp);
    await attempt.client.end();
    await cleanUp();
    return { outcome: 'refused', reason: attempt.reason, log: attempt.client.log };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

function findAddress(stackDir: string, fqdn: string): string {
  const gateway = readPublishedGateways(stackDir).gateways.find((candidate) => candidate.fqdn === fqdn);
  if (gateway === undefined) throw new Error(`The VPN emulator has no gateway ${fqdn} (yet).`);
  return gateway.address;
}

type Attempt = { readonly client: ClientProcess } & (
  { readonly address: string } | { readonly address: undefined; readonly reason: string }
);

/** Resolves at the first of: a tunnel, the client's end, the deadline. */
async function tryOnce(
  { ovpnFile, keyFile, passwordFile, timeoutMs = connectTimeoutDefaultMs }: ConnectClientOptions,
  place: { readonly namespace: string; readonly hostsFile: string; readonly folder: string },
): Promise<Attempt> {
  let onConnected: (address: string) => void = () => undefined;
  const connected = new Promise<string>((resolve) => {
    onConnected = resolve;
  });
  const client = await startClientProcess({ ...place, ovpnFile, keyFile, passwordFile, onConnected });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({ client, address: undefined, reason: `no connection within ${timeoutMs} ms` });
    }, timeoutMs);
    void connected.then((address) => {
      clearTimeout(timer);
      resolve({ client, address });
    });
    void client.ended.then(({ reason }) => {
      clearTimeout(timer);
      resolve({ client, address: undefined, reason });
    });
  });
}

function toConnected(
  client: ClientProcess,
  address: string,
  network: ClientNetwork,
  cleanUp: () => Promise<void>,
): ConnectedClient {
  return {
    outcome: 'connected',
    address,
    ping: (target) => network.ping(target),
    waitForExit: () => client.ended,
    isRunning: () => client.isRunning(),
    stop: async () => {
      await client.end();
      await cleanUp();
    },
  };
}
