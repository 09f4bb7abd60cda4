import type { WriteFailure } from '../../contracts/gateways/apply-gateway.ts';
import { type Failure, sayFailure } from '../../domain/failure.ts';
import { asObject, asText } from '../../domain/gateway-entries.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ProfilePackage } from '../../domain/profile-package.ts';
import { without } from '../../domain/without.ts';
import { supersessionPartition } from '../../stores/records/certificates.ts';
import { gatewayKeys, type GatewayRecord, operationsOf, type ProfileRecord } from '../../stores/records/gateways.ts';
import type { NoteNearLimit } from './near-limit.ts';
import { createEntryRecorder, type EntryRecorder, type RecordEntriesOptions } from './record-entries.ts';

/** How many write times are kept for a gateway's own p50 and p95. */
const updateTimesMax = 50;

export interface GatewayRounds extends Pick<EntryRecorder, 'recordRefusals'> {
  /**
   * After a look at the gateway: notes entries, provisioning and times. `desired` is the count of intents that it was
   * found to match; without it, it was not.
   */
  recordRound(
    gatewayId: string,
    seen: {
      readonly gateway: JsonObject;
      readonly desired?: number;
      readonly writeSeconds: readonly number[];
      /** Stands for everything that a profile package would be made from. */
      readonly profileBasis?: string;
    },
  ): Promise<{ readonly sessionsToSee: boolean }>;
  /** Shows the operations that wait for the gateway why they do. */
  showFailure(gatewayId: string, failure: WriteFailure): Promise<void>;
  /** Keeps what a profile package says and ends the requests that it serves. */
  recordProfile(gatewayId: string, profile: ProfilePackage, blobName: string, wanted: number): Promise<void>;
  /** Ends the requests for a package that there is none of. */
  failProfile(gatewayId: string, wanted: number, failure: Failure): Promise<void>;
}

export type GatewayRoundsOptions = RecordEntriesOptions & { readonly noteNearLimit: NoteNearLimit };

export function createGatewayRounds(options: GatewayRoundsOptions): GatewayRounds {
  const { stores, operations, now } = options;
  const recorder = createEntryRecorder(options);
  const at = (): string => now().toISOString();

  async function endRequests(
    gatewayId: string,
    wanted: number,
    end: (operationId: string) => Promise<void>,
  ): Promise<void> {
    for (const { record } of await stores.profileRequests.list(gatewayId)) {
      if (record.number > wanted) continue;
      await end(record.operationId);
      await stores.profileRequests.remove(record);
    }
    await stores.gateways.update(gatewayKeys(gatewayId), (record) =>
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

  /** Whether a certificate waits to be revoked until the one that took its place is seen in use. */
  async function isSuccessorAwaited(gatewayId: string): Promise<boolean> {
    const waiting = (await stores.supersessions.list(supersessionPartition)).map(({ record }) => record.rootId);
    if (waiting.length === 0) return false;
    const rows = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
    return rows.some(({ rootId, state }) => state === 'trusted' && waiting.includes(rootId));
  }

  return {
    recordRefusals: (gatewayId, gateway, refusals) => recorder.recordRefusals(gatewayId, gateway, refusals),

    recordRound: async (gatewayId, { gateway, desired, writeSeconds, profileBasis }) => {
      const seen = await recorder.record(gatewayId, gateway);
      await options.noteNearLimit(gatewayId, gateway);
      const provisioningState = asText(asObject(gateway['properties'])['provisioningState']);
      await stores.gateways.update(gatewayKeys(gatewayId), ({ lookAt, ...record }) => ({
        ...without(record, 'retryAt', 'deferredUntil', ...(desired === undefined ? [] : (['writeFailure'] as const))),
        // Kept while there is something to see; the look itself sets the next one.
        ...(seen.sessionsToSee && lookAt !== undefined ? { lookAt } : {}),
        ...(seen.retryAt === undefined ? {} : { retryAt: seen.retryAt }),
        ...(seen.deferredUntil === undefined ? {} : { deferredUntil: seen.deferredUntil }),
        applied: Math.max(record.applied, desired ?? 0),
        observed: { ...record.observed, provisioningState, checkedAt: at() },
        ...withProfileBasis(record, profileBasis),
        updateSeconds: [...record.updateSeconds, ...writeSeconds].slice(-updateTimesMax),
        updatedAt: at(),
      }));
      return { sessionsToSee: seen.sessionsToSee || (await isSuccessorAwaited(gatewayId)) };
    },

    recordProfile: async (gatewayId, profile, blobName, wanted) => {
      const before = (await stores.profiles.get({ partitionKey: gatewayId, rowKey: 'newest' }))?.record;
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
      await stores.profiles.upsert(record);
      await endRequests(gatewayId, wanted, async (operationId) => {
        await operations.settleStep(operationId, gatewayId, { status: 'succeeded', detail: profile.hash, now: now() });
      });
    },

    failProfile: async (gatewayId, wanted, failure) => {
      const { code, azure } = failure;
      const reason = sayFailure(failure);
      await endRequests(gatewayId, wanted, async (operationId) => {
        const problem = {
          code: 'ERR_AZURE_REFUSED',
          detail: `Azure made no profile package for gateway ${gatewayId}: ${reason}`,
          ...(azure === undefined ? {} : { azure }),
        };
        await operations.settleStep(operationId, gatewayId, {
          status: 'failed',
          code,
          detail: reason,
          now: now(),
          problem,
        });
      });
    },

    showFailure: async (gatewayId, failure) => {
      const detail = `Tried again until it is done. ${failure.azure === undefined ? '' : 'Azure: '}${sayFailure(failure)}`;
      const waiting = [
        ...(await stores.gatewayRevocations.list(gatewayId)).map(({ record }) => record),
        ...(await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record),
      ].filter(
        ({ state, startsAt }) =>
          ['requested', 'reinstating', 'removing'].includes(state) ||
          (startsAt !== undefined && Date.parse(startsAt) <= now().getTime()),
      );
      for (const id of waiting.flatMap(operationsOf)) {
        await operations.setStep(id, gatewayId, { status: 'waiting', detail, now: now() });
      }
    },
  };
}

/** A package that was made from something else is stale: another is wanted. */
function withProfileBasis(
  { profileBasis: before, profileWanted }: GatewayRecord,
  profileBasis: string | undefined,
): Partial<GatewayRecord> {
  if (profileBasis === undefined || profileBasis === before) return {};
  return { profileBasis, ...(before === undefined ? {} : { profileWanted: profileWanted + 1 }) };
}
