import type { ThumbprintOfRoot } from '../../domain/gateway-entries.ts';
import { entryKey, presentEntries } from '../../domain/gateway-merge.ts';
import type { JsonObject } from '../../domain/json.ts';
import { without } from '../../domain/without.ts';
import type { Log } from '../../ports/log.ts';
import { sha256Hex } from '../../stores/digest.ts';
import type { Outbox } from '../../stores/outbox.ts';
import {
  type GatewayRecord,
  type GatewayRevocation,
  gatewayRevocationKind,
  type GatewayRoot,
  gatewayRootKind,
} from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Audit } from '../requests/audit.ts';
import { type DesiredState, isExpired, isInForce } from './desired-entries.ts';
import { likelyChanger } from './likely-changer.ts';

export interface NoteVanishedOptions {
  readonly stores: Stores;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly log: Log;
  readonly now: () => Date;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
}

/**
 * Tells of entries that were in force and are not there, before anything else is done about them, and of their return.
 */
export type NoteVanished = (gateway: GatewayRecord, shown: JsonObject, desired: DesiredState) => Promise<void>;

interface EntryOf {
  readonly kind: 'root' | 'revocation';
  readonly thumbprint: string;
  /** ISO 8601: an entry may vanish again. */
  readonly since: string;
}

type Vanished = NonNullable<GatewayRoot['vanished']>;

/**
 * What was in force and is not there any more begins again at `requested`: whatever was proven of it is not true now,
 * and a session may have been opened meanwhile. An event and a row of the audit say so, and who had changed the
 * gateway; another row says that it is there again, and not before it is.
 */
export function createNoteVanished(options: NoteVanishedOptions): NoteVanished {
  const { stores, now } = options;

  async function write(
    action: 'vanished' | 'putBack',
    { kind, thumbprint, since }: EntryOf,
    gateway: GatewayRecord,
    by: string | undefined,
  ): Promise<void> {
    await options.audit.write({
      at: now().toISOString(),
      requestId: sha256Hex(`${kind}-${action}-${gateway.id}-${thumbprint}-${since}`).slice(0, 32),
      phase: 'outcome',
      who: 'gatehouse',
      action: `gateway.${action}.${kind}`,
      target: { gatewayId: gateway.id, thumbprint },
      source: `taken off by: ${by ?? 'unknown'}`,
    });
  }

  /** The event first: the rows are the reason to tell of it, so a crash in between tells again and not never. */
  async function tell(gateway: GatewayRecord, row: EntryOf, data: object): Promise<Vanished> {
    const at = now().toISOString();
    const changedBy = likelyChanger(gateway, now());
    const id = `${row.kind}-vanished-${gateway.id}-${row.thumbprint}-${row.since}`;
    await options.outbox.append({
      id,
      type: `gatehouse.${row.kind}.vanished.v1`,
      subject: `gateways/${gateway.id}`,
      data: { gatewayId: gateway.id, thumbprint: row.thumbprint, ...data, changedBy, seenAt: at },
    });
    const target = `gateways/${gateway.id}/${row.thumbprint}`;
    options.log({ event: 'gateway.repair', outcome: 'begun', target, kind: row.kind });
    await write('vanished', row, gateway, changedBy ?? undefined);
    return { at, ...(changedBy === null ? {} : { by: changedBy }) };
  }

  async function restartRevocation(gateway: GatewayRecord, row: GatewayRevocation): Promise<void> {
    const { thumbprint, commonName, provenAt } = row;
    const told = { kind: 'revocation', thumbprint, since: row.listedAt ?? row.updatedAt } as const;
    const vanished = await tell(gateway, told, { commonName, ...(provenAt === undefined ? {} : { provenAt }) });
    await beginAgain(row, (current) => ({ ...without(current, 'listedAt'), vanished }));
  }

  async function beginAgain(
    row: GatewayRevocation,
    change: (current: GatewayRevocation) => GatewayRevocation,
  ): Promise<void> {
    await stores.gatewayRevocations.update(gatewayRevocationKind.keys(row), (current) =>
      current.wanted && isInForce(current.state)
        ? {
            ...without(change(current), 'clearAt', 'provenAt', 'unproven', 'reason'),
            state: 'requested',
            updatedAt: now().toISOString(),
          }
        : undefined,
    );
  }

  async function restartRoot(gateway: GatewayRecord, row: GatewayRoot): Promise<void> {
    const { thumbprint, rootId, updatedAt: since } = row;
    const vanished = await tell(gateway, { kind: 'root', thumbprint, since }, { rootId });
    await stores.gatewayRoots.update(gatewayRootKind.keys(row), (current) =>
      current.wanted && current.state === 'trusted'
        ? { ...current, vanished, state: 'requested', updatedAt: now().toISOString() }
        : undefined,
    );
  }

  async function tellReturn(gateway: GatewayRecord, row: GatewayRevocation | GatewayRoot): Promise<void> {
    const { thumbprint, vanished } = row;
    if (vanished === undefined) return;
    const kind = 'rootId' in row ? 'root' : 'revocation';
    await write('putBack', { kind, thumbprint, since: vanished.at }, gateway, vanished.by);
    const asBefore = <Row extends GatewayRevocation | GatewayRoot>(current: Row): Row | undefined =>
      current.vanished?.at === vanished.at ? (without(current, 'vanished') as Row) : undefined;
    if ('rootId' in row) await stores.gatewayRoots.update(gatewayRootKind.keys(row), asBefore);
    else await stores.gatewayRevocations.update(gatewayRevocationKind.keys(row), asBefore);
  }

  return async (gateway, shown, { entries, revocations, roots }) => {
    const present = presentEntries(shown, options.thumbprintOfRoot);
    const isBack = (key: string): boolean => present.get(key)?.provisioningState === 'Succeeded';
    const over = new Set(entries.filter(({ isOverLimit }) => isOverLimit === true).map(entryKey));
    for (const { intent, row } of revocations) {
      const key = `revocation:${intent.thumbprint}` as const;
      if (row?.wanted === true && isBack(key)) await tellReturn(gateway, row);
      if (row?.wanted !== true || !isInForce(row.state) || present.has(key)) continue;
      // What Gatehouse takes off itself, for a reinstatement or for want of room, nobody else took off.
      if (!intent.wanted) continue;
      if (over.has(key)) await beginAgain(row, (current) => current);
      else await restartRevocation(gateway, row);
    }
    for (const { row, root } of roots) {
      const key = `root:${row.thumbprint}`;
      if (row.wanted && isBack(key)) await tellReturn(gateway, row);
      // An expired root is taken off by Gatehouse itself.
      if (isExpired(root, now()) || present.has(key)) continue;
      if (row.wanted && row.state === 'trusted') await restartRoot(gateway, row);
    }
  };
}
