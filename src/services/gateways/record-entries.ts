import { type Failure, sayFailure } from '../../domain/failure.ts';
import type { ThumbprintOfRoot } from '../../domain/gateway-entries.ts';
import { entryKey, presentEntries } from '../../domain/gateway-merge.ts';
import type { JsonObject } from '../../domain/json.ts';
import { without } from '../../domain/without.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { revocationKind } from '../../stores/records/certificates.ts';
import {
  type ForeignEntry,
  foreignEntryKind,
  gatewayKeys,
  type GatewayRevocation,
  gatewayRevocationKind,
  type GatewayRoot,
  gatewayRootKind,
  isRootToBeSeen,
  operationsOf,
} from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Operations } from '../operations/operations.ts';
import { type DesiredState, isExpired, readDesiredState } from './desired-entries.ts';
import {
  accepted,
  overLimit,
  overLimitReason,
  revocationWithStanding,
  rootWithStanding,
  type Standing,
  withRefusal,
} from './entry-standing.ts';
import type { ForeignEntryRecorder } from './foreign-entries.ts';
import { newGatewayRevocation } from './new-gateway-revocation.ts';
import type { NoteVanished } from './note-vanished.ts';

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
}

export interface EntryRefusal extends Failure {
  /** The `changeKey` of what was refused. */
  readonly key: string;
  readonly isNamed: boolean;
}

export interface EntryRecorder {
  /** Notes for every root and revocation how far it has come, and ends the operations that waited for that. */
  record(gatewayId: string, gateway: JsonObject): Promise<EntriesSeen>;
  /** Notes what Azure said of entries: suspected at first, refused once that is beyond doubt. */
  recordRefusals(gatewayId: string, gateway: JsonObject, refusals: readonly EntryRefusal[]): Promise<void>;
}

const pastReason =
  'Not put on the gateway: before it could be, its certificate expired or its root was taken off the gateway.';

/** An entry that Azure has taken and not finished is looked at again after this long. */
const settlingMs = 60 * 1000;

export function createEntryRecorder(options: RecordEntriesOptions): EntryRecorder {
  const { stores, operations, now, thumbprintOfRoot } = options;
  const at = (): string => now().toISOString();
  const read = (gatewayId: string, gateway: JsonObject): Promise<DesiredState> =>
    readDesiredState(gatewayId, gateway, { stores, now: now(), thumbprintOfRoot });

  async function settle(row: GatewayRoot | GatewayRevocation, detail: string): Promise<void> {
    for (const id of operationsOf(row)) {
      await operations.settleStep(id, row.gatewayId, { status: 'succeeded', detail, now: now() });
    }
  }

  async function fail(
    row: Pick<GatewayRevocation, 'gatewayId' | 'operationId' | 'earlierOperationIds'>,
    reason: string,
    code: string,
    failure?: Failure,
  ): Promise<void> {
    const detail = `Gateway ${row.gatewayId}: ${reason}`;
    const problem = { code, detail, ...(failure?.azure === undefined ? {} : { azure: failure.azure }) };
    const refused = { status: 'failed', ...(failure === undefined ? {} : { code: failure.code }) } as const;
    for (const id of operationsOf(row)) {
      await operations.settleStep(id, row.gatewayId, { ...refused, detail: reason, now: now(), problem });
    }
  }

  /** What others have put there harms no entry of Gatehouse's where it stays: whoever asked for its removal may ask again. */
  async function giveUpRemoval(entry: ForeignEntry, reason: string, failure: Failure): Promise<void> {
    const { gatewayId, name, removal } = entry;
    if (removal === undefined) return;
    const { operationId } = removal;
    await fail({ gatewayId, operationId }, `Azure keeps the entry ${name}: ${reason}`, 'ERR_AZURE_REFUSED', failure);
    await stores.foreignEntries.update(foreignEntryKind.keys(entry), (current) =>
      current.removal?.operationId === operationId ? without(current, 'removal') : undefined,
    );
  }

  async function recordRoot(row: GatewayRoot, standing: Standing, isOver: boolean): Promise<void> {
    const next = isOver && row.wanted ? overLimit(row, at()) : rootWithStanding(row, standing, at());
    if (next !== row) {
      await stores.gatewayRoots.update(gatewayRootKind.keys(row), (current) =>
        current.wanted === row.wanted && current.operationId === row.operationId ? next : undefined,
      );
    }
    if (next.state === 'trusted') await settle(next, 'trusted');
    else if (next.state === 'overLimit') await fail(next, overLimitReason('root'), 'ERR_LIMIT_REACHED');
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
    if (noted?.reason === reason) await fail(row, reason, 'ERR_OPERATION_FAILED');
  }

  /** Answers the row as it is stored then. */
  async function recordRevocation(
    gatewayId: string,
    { intent, row }: DesiredState['revocations'][number],
    standing: Standing,
    isOver: boolean,
  ): Promise<GatewayRevocation> {
    const known = row ?? newGatewayRevocation(gatewayId, intent, at());
    if (row === undefined) await stores.gatewayRevocations.insert(known);
    const asked =
      known.wanted === intent.wanted
        ? known
        : { ...newGatewayRevocation(gatewayId, intent, at()), requestedAt: known.requestedAt };
    const next = isOver && asked.wanted ? overLimit(asked, at()) : revocationWithStanding(asked, standing, at());
    if (next.state === 'overLimit' && asked.state !== 'overLimit') await announceOverLimit(next);
    // A request that came since the row was read begins anew: what was seen for the one before is nothing to it.
    await stores.gatewayRevocations.update(gatewayRevocationKind.keys(known), (current) =>
      current.operationId === known.operationId && current.wanted === known.wanted ? next : undefined,
    );
    if (next.state === 'removed') await settle(next, 'removed');
    else if (next.state === 'overLimit') await fail(next, overLimitReason('revocation'), 'ERR_LIMIT_REACHED');
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

  /** Rows that nobody wants any more follow what is there. Whoever still waits for one that leaves is told that it is past. */
  async function recordPast(row: GatewayRevocation, standing: Standing): Promise<void> {
    // A session may outlive its certificate: what is open of it stays open, on the gateway or off it.
    if (standing !== 'absent' || isToBeSeen(row)) return;
    const removed = await stores.gatewayRevocations.update(gatewayRevocationKind.keys(row), (current) =>
      current.operationId === row.operationId && current.wanted === row.wanted
        ? { ...withoutStaleProof(current), state: 'removed', updatedAt: at() }
        : undefined,
    );
    if (removed?.state !== 'removed') return;
    if (row.wanted) await fail(row, pastReason, 'ERR_OPERATION_FAILED');
    else await settle(row, 'removed');
  }

  return {
    record: async (gatewayId, gateway) => {
      const stored = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
      if (stored !== undefined) await options.noteVanished(stored, gateway, await read(gatewayId, gateway));
      const desired = await read(gatewayId, gateway);
      const present = presentEntries(gateway, thumbprintOfRoot);
      const over = new Set(desired.entries.filter(({ isOverLimit }) => isOverLimit === true).map(entryKey));
      const standingOf = (key: string): Standing => {
        const entry = present.get(key);
        if (entry === undefined) return 'absent';
        return entry.provisioningState === 'Succeeded' ? 'present' : 'settling';
      };
      for (const { row, root } of desired.roots) {
        const key = `root:${row.thumbprint}`;
        const standing = standingOf(key);
        if (row.wanted && standing === 'absent' && isExpired(root, now())) await recordExpired(row, root.notAfter);
        else await recordRoot(row, standing, over.has(key));
      }
      const rows: GatewayRevocation[] = [];
      for (const revocation of desired.revocations) {
        const key = `revocation:${revocation.intent.thumbprint}`;
        rows.push(await recordRevocation(gatewayId, revocation, standingOf(key), over.has(key)));
      }
      for (const row of desired.past) await recordPast(row, standingOf(`revocation:${row.thumbprint}`));
      await options.foreignEntries.record(gatewayId, gateway, desired);
      const roots = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
      const isSettling = [...present.keys()].some(
        (key) =>
          standingOf(key) === 'settling' && desired.entries.some((entry) => entryKey(entry) === key && entry.wanted),
      );
      return {
        sessionsToSee: [...rows, ...desired.past].some(isToBeSeen) || roots.some(isRootToBeSeen),
        retryAt: earliest([
          ...[...rows, ...roots].map(({ retryAt }) => retryAt),
          isSettling ? new Date(now().getTime() + settlingMs).toISOString() : undefined,
        ]),
      };
    },

    recordRefusals: async (gatewayId, gateway, refusals) => {
      const { roots, revocations, leaving, mark } = await read(gatewayId, gateway);
      for (const { key, isNamed, ...failure } of refusals) {
        const refusal = { reason: sayFailure(failure), isNamed };
        const root = roots.find(({ row }) => `root:${row.thumbprint}${row.wanted ? '' : ':off'}` === key)?.row;
        const revocation = revocations.find(
          ({ intent }) => `revocation:${intent.thumbprint}${intent.wanted ? '' : ':off'}` === key,
        );
        if (root !== undefined) {
          const row = await stores.gatewayRoots.update(gatewayRootKind.keys(root), (current) =>
            current.wanted === root.wanted ? withRefusal(current, refusal, mark, now()) : undefined,
          );
          if (row?.state === 'refused' && row.wanted === root.wanted) {
            await fail(row, `Azure refuses the root: ${row.reason ?? ''}`, 'ERR_AZURE_REFUSED', failure);
          }
        } else if (revocation !== undefined) {
          const { intent, row: known } = revocation;
          if (known === undefined) {
            await stores.gatewayRevocations.insert(newGatewayRevocation(gatewayId, intent, at()));
          }
          const keys = { partitionKey: gatewayId, rowKey: revocationKind.keys(intent).rowKey };
          const row = await stores.gatewayRevocations.update(keys, (current) =>
            withRefusal({ ...current, wanted: intent.wanted }, refusal, mark, now()),
          );
          if (row?.state === 'refused') {
            await fail(row, `Azure refuses the revocation: ${row.reason ?? ''}`, 'ERR_AZURE_REFUSED', failure);
          }
        } else {
          const entry = leaving.find(({ thumbprint = '' }) => `root:${thumbprint}:off` === key);
          if (entry !== undefined) await giveUpRemoval(entry, refusal.reason, failure);
        }
      }
    },
  };
}

/** What is taken off keeps its proof only where that stood to the end: not where the entry had vanished or was refused since. */
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
