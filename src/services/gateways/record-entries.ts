import type { ThumbprintOfRoot } from '../../domain/gateway-entries.ts';
import { deferredChanges, entryKey, presentEntries } from '../../domain/gateway-merge.ts';
import type { JsonObject } from '../../domain/json.ts';
import { without } from '../../domain/without.ts';
import type { Outbox } from '../../stores/outbox.ts';
import {
  gatewayKeys,
  type GatewayRevocation,
  gatewayRevocationKind,
  type GatewayRoot,
  gatewayRootKind,
  isRootToBeSeen,
} from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Operations } from '../operations/operations.ts';
import { closedUntil } from './change-windows.ts';
import { type DesiredState, isExpired, isTakenBack, readDesiredState } from './desired-entries.ts';
import {
  accepted,
  deferred,
  overLimit,
  overLimitReason,
  revocationWithStanding,
  rootWithStanding,
  type Standing,
} from './entry-standing.ts';
import type { ForeignEntryRecorder } from './foreign-entries.ts';
import { newGatewayRevocation } from './new-gateway-revocation.ts';
import type { NoteVanished } from './note-vanished.ts';
import { createRecordRefusals, type RecordRefusals } from './record-refusals.ts';
import { createEntrySettlement } from './settle-entries.ts';

export interface RecordEntriesOptions {
  readonly stores: Stores;
  readonly operations: Operations;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly noteVanished: NoteVanished;
  readonly foreignEntries: ForeignEntryRecorder;
  readonly now: () => Date;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
}

/** What is still to be done about a gateway's entries after a look. */
export interface EntriesSeen {
  readonly sessionsToSee: boolean;
  /** When an entry is to be tried or looked at again; undefined when none is. */
  readonly retryAt: string | undefined;
  /** When the change window opens that entries wait for; undefined when none does. */
  readonly deferredUntil: string | undefined;
}

/** What is known of one entry besides its row. */
interface Seen {
  readonly standing: Standing;
  readonly isOver: boolean;
  /** Of one whose change waits for the window: when that opens. */
  readonly startsAt: string | undefined;
}

export interface EntryRecorder {
  /** Notes for every root and revocation how far it has come, and ends the operations that waited for that. */
  record(gatewayId: string, gateway: JsonObject): Promise<EntriesSeen>;
  readonly recordRefusals: RecordRefusals;
}

const pastReason =
  'Not put on the gateway: before it could be, its certificate expired or its root was taken off the gateway.';

/** An entry that Azure has taken and not finished is looked at again after this long. */
const settlingMs = 60 * 1000;

export function createEntryRecorder(options: RecordEntriesOptions): EntryRecorder {
  const { stores, operations, now, thumbprintOfRoot } = options;
  const settlement = createEntrySettlement({ operations, now });
  const at = (): string => now().toISOString();

  async function recordRoot(row: GatewayRoot, seen: Seen): Promise<void> {
    const next = withSeen(row, seen, rootWithStanding);
    if (next !== row) {
      await stores.gatewayRoots.update(gatewayRootKind.keys(row), (current) =>
        current.wanted === row.wanted && current.operationId === row.operationId ? next : undefined,
      );
    }
    if (next.state === 'trusted') await settlement.settle(next, 'trusted');
    else if (next.startsAt !== undefined) await settlement.defer(next, next.startsAt);
    else if (next.state === 'overLimit') await settlement.fail(next, overLimitReason('root'), 'ERR_LIMIT_REACHED');
  }

  function withSeen<Row extends GatewayRoot | GatewayRevocation>(
    row: Row,
    { standing, isOver, startsAt }: Seen,
    withStanding: (row: Row, standing: Standing, at: string) => Row,
  ): Row {
    if (isOver && row.wanted) return overLimit(row, at());
    return startsAt === undefined ? withStanding(row, standing, at()) : deferred(row, startsAt, at());
  }

  /** It opens the gateway to nobody any more, and nothing is tried or waited for that would put it on. */
  async function recordExpired(row: GatewayRoot, notAfter: string): Promise<void> {
    const reason = `Not on the gateway: the root expired on ${notAfter}, and Azure takes no expired root.`;
    if (row.reason === reason && row.retryAt === undefined) return;
    const noted = await stores.gatewayRoots.update(gatewayRootKind.keys(row), (current) =>
      current.wanted === row.wanted && current.operationId === row.operationId
        ? { ...accepted(current), state: 'requested', reason, updatedAt: at() }
        : undefined,
    );
    if (noted?.reason === reason) await settlement.fail(row, reason, 'ERR_OPERATION_FAILED');
  }

  /** Answers the row as it is stored then. */
  async function recordRevocation(
    gatewayId: string,
    { intent, row }: DesiredState['revocations'][number],
    seen: Seen,
  ): Promise<GatewayRevocation> {
    const known = row ?? newGatewayRevocation(gatewayId, intent, at());
    if (row === undefined) await stores.gatewayRevocations.insert(known);
    const asked =
      known.wanted === intent.wanted
        ? known
        : { ...newGatewayRevocation(gatewayId, intent, at()), requestedAt: known.requestedAt };
    const next = withSeen(asked, seen, revocationWithStanding);
    if (next.state === 'overLimit' && asked.state !== 'overLimit') await announceOverLimit(next);
    // A request that came since the row was read begins anew: what was seen for the one before is nothing to it.
    await stores.gatewayRevocations.update(gatewayRevocationKind.keys(known), (current) =>
      current.operationId === known.operationId && current.wanted === known.wanted ? next : undefined,
    );
    if (next.state === 'removed') {
      await settlement.settle(next, 'removed');
    } else if (next.startsAt !== undefined) {
      await settlement.defer(next, next.startsAt);
    } else if (next.state === 'overLimit') {
      await settlement.fail(next, overLimitReason('revocation'), 'ERR_LIMIT_REACHED');
    }
    return next;
  }

  async function announceOverLimit(row: GatewayRevocation): Promise<void> {
    await options.outbox.append({
      id: `revocation-over-limit-${row.gatewayId}-${row.thumbprint}-${row.requestedAt}-${row.listedAt ?? ''}`,
      type: 'gatehouse.revocation.over-limit.v1',
      subject: `gateways/${row.gatewayId}`,
      data: { gatewayId: row.gatewayId, thumbprint: row.thumbprint, commonName: row.commonName },
    });
  }

  /**
   * Rows that nobody wants any more follow what is there. Whoever still waits for one that leaves is told that it is
   * past.
   */
  async function recordPast(row: GatewayRevocation, standing: Standing): Promise<void> {
    // A session may outlive its certificate: what is open of it stays open, on the gateway or off it.
    if (standing !== 'absent' || isToBeSeen(row)) return;
    const removed = await stores.gatewayRevocations.update(gatewayRevocationKind.keys(row), (current) =>
      current.operationId === row.operationId && current.wanted === row.wanted
        ? { ...withoutStaleProof(current), state: 'removed', updatedAt: at() }
        : undefined,
    );
    if (removed?.state !== 'removed') return;
    if (row.wanted) await settlement.fail(row, pastReason, 'ERR_OPERATION_FAILED');
    else await settlement.settle(row, 'removed');
  }

  return {
    recordRefusals: createRecordRefusals({ stores, settlement, now, thumbprintOfRoot }),

    record: async (gatewayId, gateway) => {
      const stored = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
      const opensAt = stored === undefined ? undefined : closedUntil(stored, now());
      const read = (): Promise<DesiredState> =>
        readDesiredState(gatewayId, gateway, { stores, now: now(), closedUntil: opensAt, thumbprintOfRoot });
      if (stored !== undefined) await options.noteVanished(stored, gateway, await read());
      const desired = await read();
      const present = presentEntries(gateway, thumbprintOfRoot);
      const over = new Set(desired.entries.filter(({ isOverLimit }) => isOverLimit === true).map(entryKey));
      const waiting = deferredChanges(gateway, desired.entries, thumbprintOfRoot);
      const standingOf = (key: string): Standing => {
        const entry = present.get(key);
        if (entry === undefined) return 'absent';
        return entry.provisioningState === 'Succeeded' ? 'present' : 'settling';
      };
      const seen = (key: string): Seen => ({
        standing: standingOf(key),
        isOver: over.has(key),
        startsAt: waiting.has(key) ? opensAt : undefined,
      });
      for (const { row, root } of desired.roots) {
        const look = seen(`root:${row.thumbprint}`);
        if (row.wanted && look.standing === 'absent' && isExpired(root, now())) await recordExpired(row, root.notAfter);
        else await recordRoot(row, look);
      }
      const rows: GatewayRevocation[] = [];
      for (const revocation of desired.revocations) {
        const { intent, row } = revocation;
        if (isTakenBack(revocation)) {
          // Again after a crash that came before the operation was told.
          if (row !== undefined) await settlement.settle(row, 'removed');
          continue;
        }
        rows.push(await recordRevocation(gatewayId, revocation, seen(`revocation:${intent.thumbprint}`)));
      }
      for (const row of desired.past) await recordPast(row, standingOf(`revocation:${row.thumbprint}`));
      await options.foreignEntries.record(gatewayId, gateway, desired);
      for (const { thumbprint = '', removal } of desired.leaving) {
        if (removal === undefined || opensAt === undefined || !waiting.has(`root:${thumbprint}`)) continue;
        await settlement.defer({ gatewayId, operationId: removal.operationId }, opensAt);
      }
      const roots = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
      const isSettling = [...present.keys()].some(
        (key) =>
          standingOf(key) === 'settling' &&
          !waiting.has(key) &&
          desired.entries.some((entry) => entryKey(entry) === key && entry.wanted),
      );
      return {
        sessionsToSee: [...rows, ...desired.past].some(isToBeSeen) || roots.some(isRootToBeSeen),
        retryAt: earliest([
          ...[...rows, ...roots].map(({ retryAt }) => retryAt),
          isSettling ? new Date(now().getTime() + settlingMs).toISOString() : undefined,
        ]),
        deferredUntil: waiting.size === 0 ? undefined : opensAt,
      };
    },
  };
}

/**
 * What is taken off keeps its proof only where that stood to the end: not where the entry had vanished or was refused
 * since.
 */
function withoutStaleProof(row: GatewayRevocation): GatewayRevocation {
  const kept = without(row, 'evidence', 'retryAt', 'refusedUnder');
  return row.state === 'proven' ? kept : without(kept, 'clearAt', 'provenAt');
}

/** A revocation on the gateway whose proof is open. */
export function isToBeSeen({ state, wanted }: GatewayRevocation): boolean {
  return wanted && (state === 'listed' || state === 'disconnected');
}

function earliest(times: readonly (string | undefined)[]): string | undefined {
  return times.filter((time) => time !== undefined).toSorted()[0];
}
