import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isIkeAvailable } from './availability.ts';
import { type ControlClient, createControlClient } from './control-client.ts';
import { followDisconnects, followGateways } from './follow-control.ts';
import { GatewayFleet } from './gateway-fleet.ts';
import type { ServerKind } from './gateway-server.ts';
import { guardLeftovers } from './guard/guard-leftovers.ts';
import { IkeGateway } from './ikev2/ike-gateway.ts';
import { createInternet } from './namespaces.ts';
import { OpenVpnGateway } from './openvpn-gateway.ts';
import { publishGateways, withdrawGateways } from './published-gateways.ts';
import { SessionReporter } from './session-reporter.ts';
import {
  createStackRecord,
  deleteStackRecord,
  readStackRecord,
  removeLeftovers,
  type StackRecord,
  writeStackRecord,
} from './stack-record.ts';

const lastReportDeadlineMs = 2_000;

export interface VpnEmulatorOptions {
  /** The control API of the stack, plain HTTP on loopback. */
  readonly controlUrl: string;
  /** The stack's folder (DIR). */
  readonly directory: string;
}

export interface VpnEmulator {
  /** Namespace that gateways and clients are plugged into. */
  readonly internet: string;
  /** Ends gateways, clients and sessions, and removes all namespaces and files; resolves when nothing is left. */
  stop(): Promise<void>;
}

/**
 * Starts clean (what a killed process left is removed, its sessions are ended) and then follows the control API until
 * stopped. A control API that does not answer is asked again; the gateways go on with what they know.
 */
export async function startVpnEmulator({ controlUrl, directory }: VpnEmulatorOptions): Promise<VpnEmulator> {
  const record = await startClean(directory);
  const callOffGuard = guardLeftovers(record);
  const internet = `${record.prefix}internet`;
  await createInternet(internet);

  const stopping = new AbortController();
  const control = createControlClient(controlUrl);
  const say = createComplainer();
  const { fleet, reporter, report } = assemble({ control, directory, record, internet, say });
  publishGateways(directory, { gateways: [], ikeGateways: [], internetNamespace: internet });
  const following = { control, fleet, report, signal: stopping.signal, say };
  const followed = Promise.all([followGateways(following), followDisconnects(following)]);
  return {
    internet,
    stop: async () => {
      stopping.abort();
      await followed;
      await fleet.stop();
      withdrawGateways(directory);
      // The control API may be gone before this process; then the next start tells it what has ended.
      const told = reporter.report().then(() => true);
      const isReported = await Promise.race([told, delay(lastReportDeadlineMs, false)]).catch(() => false);
      await removeLeftovers(record);
      callOffGuard();
      if (isReported) deleteStackRecord(directory);
    },
  };
}

interface Parts {
  readonly control: ControlClient;
  readonly directory: string;
  readonly record: StackRecord;
  readonly internet: string;
  readonly say: Complain;
}

/** The servers of all protocols. */
interface Fleet extends Pick<GatewayFleet, 'reconcile' | 'stop'> {
  disconnect(sessionId: string): boolean;
}

const openVpnKind: ServerKind = {
  protocol: 'OpenVPN',
  idPrefix: 'OVPN_',
  start: (options) => OpenVpnGateway.start(options),
};
const ikeKind: ServerKind = {
  protocol: 'IkeV2',
  idPrefix: 'IKEv2_',
  start: (options) => IkeGateway.start(options),
};
/** IKEv2 is served where strongSwan is installed. */
const serverKinds = [openVpnKind, ...(isIkeAvailable() ? [ikeKind] : [])];

interface Assembled {
  readonly fleet: Fleet;
  readonly reporter: SessionReporter;
  /** Tells what has changed; a failure is said, and told again the next time. */
  readonly report: () => Promise<void>;
}

/** The fleet and its reporter, each telling the other. */
function assemble({ control, directory, record, internet, say }: Parts): Assembled {
  const logFolder = join(directory, 'logs');
  mkdirSync(logFolder, { recursive: true });
  const reporter = new SessionReporter({
    control,
    mentioned: record.sessionIds,
    record: (sessionIds) => {
      writeStackRecord(directory, { ...record, sessionIds: [...sessionIds] });
    },
    onRefused: (id) => fleet.disconnect(id),
  });
  const report = (): Promise<void> => reporter.report().catch(say('sessions'));
  const [openVpn, ike] = serverKinds.map(
    (kind) =>
      new GatewayFleet({
        kind,
        prefix: record.prefix,
        internet,
        folder: record.folder,
        logFolder,
        onSessionBegun: (session) => {
          reporter.add(session);
          void report();
        },
        onSessionEnded: (id) => {
          reporter.remove(id);
          void report();
        },
        onChanged: publish,
        onError: say('gateway'),
      }),
  );
  const fleets = [openVpn, ike].filter((one) => one !== undefined);

  function publish(): void {
    try {
      publishGateways(directory, {
        gateways: openVpn?.list() ?? [],
        ikeGateways: ike?.list() ?? [],
        internetNamespace: internet,
      });
    } catch (error) {
      // A folder that somebody removed must not keep gateways from being stopped.
      say('vpn.json')(error);
    }
  }

  const fleet: Fleet = {
    reconcile: (states) => {
      for (const one of fleets) one.reconcile(states);
    },
    disconnect: (id) => fleets.some((one) => one.disconnect(id)),
    stop: async () => {
      await Promise.all(fleets.map((one) => one.stop()));
    },
  };
  return { fleet, reporter, report };
}

async function startClean(directory: string): Promise<StackRecord> {
  const former = readStackRecord(directory);
  withdrawGateways(directory);
  if (former !== undefined) await removeLeftovers(former);
  const record = { ...(await createStackRecord()), sessionIds: former?.sessionIds ?? [] };
  writeStackRecord(directory, record);
  return record;
}

type Complain = (kind: string) => (error: unknown) => void;

/** Says a fault on standard error once, not at every try: each kind again only when its words change. */
function createComplainer(): Complain {
  const said = new Map<string, string>();
  return (kind) => (error) => {
    const message = error instanceof Error ? error.message : String(error);
    if (said.get(kind) === message) return;
    said.set(kind, message);
    console.error(`vpn: ${kind}: ${message}`);
  };
}
