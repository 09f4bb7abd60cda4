import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { VpnSession } from './control-client.ts';
import { type EstablishedClient, type GatewayServer, isServing, type ServerKind } from './gateway-server.ts';
import type { VpnGatewayState } from './gateway-state.ts';
import type { PublishedGateway } from './published-gateways.ts';

/** A start that is under way, the stop after it, and a second try. */
const stopRoundsMax = 4;
const logPrefix = { OpenVPN: 'vpn', IkeV2: 'ike' } as const;

export interface GatewayFleetOptions {
  /** What its servers speak. */
  readonly kind: ServerKind;
  /** Begins the names of namespaces: `gh<4 hex>-`. */
  readonly prefix: string;
  readonly internet: string;
  /** Parent of the gateways' folders of keys and sockets. */
  readonly folder: string;
  readonly logFolder: string;
  readonly onSessionBegun: (session: VpnSession) => void;
  readonly onSessionEnded: (id: string) => void;
  /** Which gateways can be connected to, and where, has changed. */
  readonly onChanged: () => void;
  readonly onError: (message: string) => void;
}

/** A gateway that runs, with what it was started and last changed from. */
interface RunningGateway {
  readonly gateway: GatewayServer;
  readonly serverSettings: string;
  readonly logFile: string;
  /** Session id by the server's connection number. */
  readonly sessionIds: Map<string, string>;
  roots: string;
  died: boolean;
}

interface Slot {
  wanted: VpnGatewayState | undefined;
  running: RunningGateway | undefined;
  /** Set while the slot is brought to what is wanted. */
  work: Promise<void> | undefined;
}

/** Keeps one server running for each gateway that is wanted and speaks its protocol; each moves at its own pace. */
export class GatewayFleet {
  readonly #options: GatewayFleetOptions;
  readonly #slots = new Map<string, Slot>();

  constructor(options: GatewayFleetOptions) {
    this.#options = options;
  }

  /** Takes what is wanted now. Decisions about clients follow at once; starts and stops go on after the return. */
  reconcile(states: readonly VpnGatewayState[]): void {
    const served = states.filter((state) => isServing(state, this.#options.kind));
    const wanted = new Map(served.map((state) => [state.resourceId.toLowerCase(), state]));
    for (const key of wanted.keys()) {
      if (!this.#slots.has(key)) this.#slots.set(key, { wanted: undefined, running: undefined, work: undefined });
    }
    for (const [key, slot] of this.#slots) {
      slot.wanted = wanted.get(key);
      if (slot.wanted !== undefined) slot.running?.gateway.setPolicy(slot.wanted);
      this.#advance(key, slot);
    }
  }

  /** Cuts the session with this id; false when no gateway here has it. */
  disconnect(sessionId: string): boolean {
    for (const { running } of this.#slots.values()) {
      for (const [cid, id] of running?.sessionIds ?? []) {
        if (id === sessionId) running?.gateway.disconnect(cid);
        if (id === sessionId) return true;
      }
    }
    return false;
  }

  /** The gateways that can be connected to. */
  list(): PublishedGateway[] {
    return [...this.#slots.values()].flatMap(({ wanted, running }) =>
      wanted === undefined || running === undefined || running.died
        ? []
        : [
            {
              resourceId: wanted.resourceId,
              fqdn: wanted.fqdn,
              address: running.gateway.address,
              internetNamespace: this.#options.internet,
              logFile: running.logFile,
            },
          ],
    );
  }

  /** Stops all gateways, those that are being started too. Gives up on one that cannot be stopped, having said so. */
  async stop(): Promise<void> {
    for (let round = 0; round < stopRoundsMax && this.#slots.size > 0; round += 1) {
      this.reconcile([]);
      await Promise.all([...this.#slots.values()].flatMap((slot) => slot.work ?? []));
    }
  }

  #advance(key: string, slot: Slot): void {
    if (slot.work !== undefined) return;
    if (slot.wanted === undefined && slot.running === undefined) {
      this.#slots.delete(key);
      return;
    }
    slot.work = this.#bringToWanted(slot)
      .catch((error: unknown) => {
        this.#options.onError(error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        slot.work = undefined;
      });
  }

  async #bringToWanted(slot: Slot): Promise<void> {
    const { wanted, running } = slot;
    if (running !== undefined && (wanted === undefined || running.died || isOtherServer(running, wanted))) {
      await this.#stop(slot, running);
    }
    if (wanted === undefined) return;
    if (slot.running === undefined) await this.#start(slot, wanted);
    else await changeRoots(slot.running, wanted);
  }

  async #start(slot: Slot, state: VpnGatewayState): Promise<void> {
    const { kind, prefix, internet, folder, logFolder } = this.#options;
    const label = randomBytes(4).toString('hex');
    const logFile = join(logFolder, `${logPrefix[kind.protocol]}-${state.guid}.log`);
    const sessionIds = new Map<string, string>();
    const gateway: GatewayServer = await kind.start({
      state,
      namespace: `${prefix}${label}`,
      internet,
      folder: join(folder, label),
      logFile,
      onEstablished: (client) => {
        this.#beginSession(sessionIds, state.resourceId, client);
      },
      onDisconnected: (cid) => {
        this.#endSession(sessionIds, cid);
      },
      onDied: () => {
        if (slot.running?.gateway === gateway) slot.running.died = true;
        this.#options.onError(`gateway ${state.fqdn}: ${kind.protocol} ended, it is started again`);
        this.#options.onChanged();
      },
    });
    slot.running = {
      gateway,
      serverSettings: serverSettings(state),
      roots: JSON.stringify(state.roots),
      logFile,
      sessionIds,
      died: false,
    };
    // What was applied while it started.
    if (slot.wanted !== undefined) gateway.setPolicy(slot.wanted);
    this.#options.onChanged();
  }

  async #stop(slot: Slot, running: RunningGateway): Promise<void> {
    running.died = true;
    this.#options.onChanged();
    await running.gateway.stop();
    for (const cid of [...running.sessionIds.keys()]) this.#endSession(running.sessionIds, cid);
    slot.running = undefined;
  }

  #beginSession(sessionIds: Map<string, string>, gateway: string, client: EstablishedClient): void {
    const { cid, ...described } = client;
    const id = `${this.#options.kind.idPrefix}${randomUUID().toUpperCase()}`;
    sessionIds.set(cid, id);
    this.#options.onSessionBegun({ id, gateway, ...described });
  }

  #endSession(sessionIds: Map<string, string>, cid: string): void {
    const id = sessionIds.get(cid);
    if (id === undefined) return;
    sessionIds.delete(cid);
    this.#options.onSessionEnded(id);
  }
}

async function changeRoots(running: RunningGateway, wanted: VpnGatewayState): Promise<void> {
  const roots = JSON.stringify(wanted.roots);
  if (roots === running.roots) return;
  await running.gateway.setRoots(wanted);
  running.roots = roots;
}

function isOtherServer(running: RunningGateway, wanted: VpnGatewayState): boolean {
  return running.serverSettings !== serverSettings(wanted);
}

/** What a server reads only at its start: a change here is a new server, and its clients come in anew. */
function serverSettings(state: VpnGatewayState): string {
  const { fqdn, guid, addressPool, vnetPrefixes, serverCertificatePem, serverKeyPem, tlsAuthKey } = state;
  return JSON.stringify([fqdn, guid, addressPool, vnetPrefixes, serverCertificatePem, serverKeyPem, tlsAuthKey]);
}
