import { asObject, asText, type ThumbprintOfRoot } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ProfilePackage } from '../domain/profile-package.ts';
import type { Books } from './books.ts';
import type { GatewayWriter } from './gateway-writer.ts';
import type { Operations } from './operations.ts';
import type { Outbox } from './outbox.ts';
import { createEntryRecorder, type EntryRecorder } from './record-entries.ts';
import { gatewayKeys, operationsOf, type ProfileRecord } from './records/gateways.ts';

/** How many write times are kept for a gateway's own p50 and p95. */
const updateTimesMax = 50;

export interface GatewayRounds extends Pick<EntryRecorder, 'quarantine'> {
  /** After a look at the gateway that matched intent `desired`: notes entries, provisioning, times and the count. */
  recordRound(
    gatewayId: string,
    seen: { readonly gateway: JsonObject; readonly desired: number; readonly writeSeconds: readonly number[] },
  ): Promise<{ readonly sessionsToSee: boolean }>;
  /** Keeps what a profile package says and ends the requests that it serves. */
  recordProfile(gatewayId: string, profile: ProfilePackage, blobName: string, wanted: number): Promise<void>;
  failProfile(gatewayId: string, wanted: number, reason: string): Promise<void>;
  /** The gateway is no longer in Azure: nothing can be applied to it, and nobody can connect to it. */
  abandon(gatewayId: string, epoch: number): Promise<void>;
}

export interface GatewayRoundsOptions {
  readonly books: Books;
  readonly operations: Operations;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly writer: GatewayWriter;
  readonly now: () => Date;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
}

export function createGatewayRounds(options: GatewayRoundsOptions): GatewayRounds {
  const { books, operations, now } = options;
  const recorder = createEntryRecorder(options);
  const at = (): string => now().toISOString();

  async function endRequests(
    gatewayId: string,
    wanted: number,
    end: (operationId: string) => Promise<void>,
  ): Promise<void> {
    for (const { record } of await books.profileRequests.list(gatewayId)) {
      if (record.number > wanted) continue;
      await end(record.operationId);
      await books.profileRequests.remove(record);
    }
    await books.gateways.update(gatewayKeys(gatewayId), (record) =>
      record.profileMade < wanted ? { ...record, profileMade: wanted, updatedAt: at() } : undefined,
    );
  }

  async function announceProfile(gatewayId: string, before: ProfileRecord | undefined, hash: string): Promise<void> {
    if (before?.hash === hash) return;
    await options.outbox.append({
      // Named by the change: a profile may come back to what it was.
      id: `profile-${gatewayId}-${hash.slice(0, 32)}-after-${before?.madeAt ?? 'none'}`,
      type: 'gatehouse.profile.changed.v1',
      subject: `gateways/${gatewayId}`,
      data: { gatewayId, hash, isFirst: before === undefined },
    });
  }

  return {
    quarantine: (gatewayId, key, reason) => recorder.quarantine(gatewayId, key, reason),

    recordRound: async (gatewayId, { gateway, desired, writeSeconds }) => {
      const seen = await recorder.record(gatewayId, gateway);
      const provisioningState = asText(asObject(gateway['properties'])['provisioningState']);
      await books.gateways.update(gatewayKeys(gatewayId), ({ lookAt, ...record }) => ({
        ...record,
        // Kept while there is something to see; the look itself sets the next one.
        ...(seen.sessionsToSee && lookAt !== undefined ? { lookAt } : {}),
        applied: Math.max(record.applied, desired),
        observed: { ...record.observed, provisioningState, checkedAt: at() },
        updateSeconds: [...record.updateSeconds, ...writeSeconds].slice(-updateTimesMax),
        updatedAt: at(),
      }));
      return seen;
    },

    recordProfile: async (gatewayId, profile, blobName, wanted) => {
      const before = (await books.profiles.get({ partitionKey: gatewayId, rowKey: 'newest' }))?.record;
      const record: ProfileRecord = {
        gatewayId,
        hash: profile.hash,
        serverFqdn: profile.serverFqdn,
        routes: [...profile.routes],
        dnsServers: [...profile.dnsServers],
        ...(profile.serverRootThumbprint === undefined ? {} : { serverRootThumbprint: profile.serverRootThumbprint }),
        hasOpenVpn: profile.ovpnTemplate !== undefined,
        blobName,
        madeAt: at(),
      };
      // The event first: after a crash in between the same change is announced again, under the same id.
      await announceProfile(gatewayId, before, profile.hash);
      await books.profiles.upsert(record);
      await endRequests(gatewayId, wanted, async (operationId) => {
        await operations.settleStep(operationId, gatewayId, { status: 'succeeded', detail: profile.hash, now: now() });
      });
    },

    failProfile: async (gatewayId, wanted, reason) => {
      await endRequests(gatewayId, wanted, async (operationId) => {
        const problem = {
          code: 'ERR_AZURE_REFUSED',
          detail: `Azure made no profile package for gateway ${gatewayId}: ${reason}`,
        };
        await operations.settleStep(operationId, gatewayId, { status: 'failed', detail: reason, now: now(), problem });
      });
    },

    abandon: async (gatewayId, epoch) => {
      const problem = {
        code: 'ERR_NOT_FOUND',
        detail: `Gateway ${gatewayId} is no longer in Azure. Build it again, or remove it here.`,
      };
      for (const { record } of await books.gatewayRoots.list(gatewayId)) {
        if (record.operationId === undefined) continue;
        await operations.settleStep(record.operationId, gatewayId, { status: 'failed', now: now(), problem });
      }
      for (const { record } of await books.gatewayRevocations.list(gatewayId)) {
        const detail = 'the gateway is gone, and with it every way in';
        for (const id of operationsOf(record)) {
          await operations.settleStep(id, gatewayId, { status: 'succeeded', detail, now: now() });
        }
      }
      const current = (await books.gateways.get(gatewayKeys(gatewayId)))?.record;
      if (current === undefined) return;
      await endRequests(gatewayId, current.profileWanted, async (operationId) => {
        await operations.settleStep(operationId, gatewayId, { status: 'failed', now: now(), problem });
      });
      await options.writer.handOver(gatewayId, epoch, ({ lookAt: _seen, ...record }) => ({
        ...record,
        state: 'failed',
        applied: current.desired,
        observed: { provisioningState: 'Missing', checkedAt: at() },
      }));
    },
  };
}
