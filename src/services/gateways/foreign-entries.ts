import { asObject, asText, readEntries, type ThumbprintOfRoot } from '../../domain/gateway-entries.ts';
import type { JsonObject } from '../../domain/json.ts';
import { sha256Hex } from '../../stores/digest.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { type ForeignEntry, foreignEntryKind, gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Operations } from '../operations/operations.ts';
import type { Audit } from '../requests/audit.ts';
import type { DesiredState } from './desired-entries.ts';
import { likelyChanger } from './likely-changer.ts';

/** What can be read of a root that somebody else has put on a gateway; a certificate in an odd encoding tells less. */
export interface ForeignRootReading {
  readonly subject?: string | undefined;
  readonly notAfter?: Date | undefined;
}

export interface ForeignEntriesOptions {
  readonly stores: Stores;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly operations: Pick<Operations, 'settleStep'>;
  readonly now: () => Date;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
  readonly readForeignRoot: (publicCertData: string) => ForeignRootReading | undefined;
}

export interface ForeignEntryRecorder {
  /**
   * Notes what is on the gateway and not Gatehouse's, since when it has been seen, and forgets what is there no more. A
   * root that somebody adds opens the gateway to others: an event and a row of the audit tell of it.
   */
  record(gatewayId: string, gateway: JsonObject, desired: DesiredState): Promise<void>;
}

export function createForeignEntries(options: ForeignEntriesOptions): ForeignEntryRecorder {
  const { stores, now } = options;

  async function tellOfRoot(entry: ForeignEntry): Promise<void> {
    const { gatewayId, name, thumbprint = null, subject = null, notAfter = null, firstSeenAt } = entry;
    const changedBy = likelyChanger((await stores.gateways.get(gatewayKeys(gatewayId)))?.record, now());
    const id = `foreign-root-${gatewayId}-${foreignEntryKind.keys(entry).rowKey}-${firstSeenAt}`;
    await options.outbox.append({
      id,
      type: 'gatehouse.gateway.root-added.v1',
      subject: `gateways/${gatewayId}`,
      data: { gatewayId, name, thumbprint, subject, notAfter, changedBy },
    });
    await options.audit.write({
      // Not when it was seen first: after a crash that hour may be sealed. Told twice, its rows have one request id.
      at: now().toISOString(),
      requestId: sha256Hex(id).slice(0, 32),
      phase: 'outcome',
      who: changedBy ?? 'unknown',
      action: 'gateway.rootAddedByOthers',
      target: { gatewayId, name, firstSeenAt, ...(thumbprint === null ? {} : { thumbprint }) },
    });
  }

  async function endRemoval(gatewayId: string, operationId: string): Promise<void> {
    const detail = 'Taken off. Its sessions were not looked at: certificates of roots of others are not known here.';
    await options.operations.settleStep(operationId, gatewayId, { status: 'succeeded', detail, now: now() });
  }

  /** The row first, so that a crash in between tells again of the same root and not of another. */
  async function note(entry: ForeignEntry, before: ForeignEntry | undefined): Promise<void> {
    const { gatewayId, name, rootId } = entry;
    const removal = before?.removal;
    const row = {
      ...entry,
      firstSeenAt: before?.firstSeenAt ?? entry.firstSeenAt,
      ...(removal === undefined ? {} : { removal }),
    };
    const isUnnotified = before === undefined ? entry.kind === 'root' : before.isUnnotified === true;
    // A revocation of such a root's certificates has to come here too, so it is found by its root as well.
    if (rootId !== undefined && rootId !== before?.rootId) await stores.rootGateways.upsert({ rootId, gatewayId });
    if (before?.name !== name || before.rootId !== rootId) {
      await stores.foreignEntries.upsert(isUnnotified ? { ...row, isUnnotified } : row);
    }
    if (!isUnnotified) return;
    await tellOfRoot(row);
    await stores.foreignEntries.upsert(row);
  }

  function toRecord(
    gatewayId: string,
    { kind, name, thumbprint, json }: ReturnType<typeof readEntries>[number],
    desired: DesiredState,
  ): ForeignEntry {
    const data = asText(asObject(json['properties'])['publicCertData']);
    const { subject, notAfter } = (kind === 'root' ? options.readForeignRoot(data) : undefined) ?? {};
    const copied = kind === 'root' ? desired.copied.find((one) => one.thumbprint === thumbprint)?.root : undefined;
    return {
      gatewayId,
      kind,
      name,
      ...(thumbprint === undefined ? {} : { thumbprint }),
      ...(subject === undefined ? {} : { subject }),
      ...(notAfter === undefined ? {} : { notAfter: notAfter.toISOString() }),
      ...(copied === undefined ? {} : { rootId: copied.id }),
      firstSeenAt: now().toISOString(),
    };
  }

  return {
    record: async (gatewayId, gateway, desired) => {
      const leaving = new Set(desired.leaving.map(({ thumbprint }) => thumbprint));
      const ours = new Set([
        ...desired.entries
          .filter(({ kind, thumbprint }) => kind !== 'root' || !leaving.has(thumbprint))
          .map(({ kind, thumbprint }) => `${kind}:${thumbprint}`),
        ...desired.roots.map(({ row }) => `root:${row.thumbprint}`),
      ]);
      // The same certificate may be there under several names: that is one entry.
      const shown = byRow(
        (['root', 'revocation'] as const)
          .flatMap((kind) => readEntries(gateway, kind, options.thumbprintOfRoot))
          .filter(({ kind, thumbprint }) => thumbprint === undefined || !ours.has(`${kind}:${thumbprint}`))
          .map((entry) => toRecord(gatewayId, entry, desired)),
      );
      const known = byRow((await stores.foreignEntries.list(gatewayId)).map(({ record }) => record));
      for (const [rowKey, entry] of shown) {
        await note(entry, known.get(rowKey));
        known.delete(rowKey);
      }
      for (const gone of known.values()) {
        if (gone.removal !== undefined) await endRemoval(gone.gatewayId, gone.removal.operationId);
        await stores.foreignEntries.remove(gone);
      }
    },
  };
}

function byRow(entries: readonly ForeignEntry[]): Map<string, ForeignEntry> {
  return new Map(entries.map((entry) => [foreignEntryKind.keys(entry).rowKey, entry]));
}
