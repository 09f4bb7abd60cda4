import { asObject, asText, readEntries, type ThumbprintOfRoot } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Audit } from './audit.ts';
import type { Books } from './books.ts';
import type { DesiredState } from './desired-entries.ts';
import { sha256Hex } from './digest.ts';
import type { Outbox } from './outbox.ts';
import { foreignEntryKind, gatewayKeys, type ForeignEntry } from './records/gateways.ts';

/** What can be read of a root that somebody else has put on a gateway; a certificate in an odd encoding tells less. */
export interface ForeignRootReading {
  readonly subject?: string | undefined;
  readonly notAfter?: Date | undefined;
}

export interface ForeignEntriesOptions {
  readonly books: Books;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly now: () => Date;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
  readonly readForeignRoot: (publicCertData: string) => ForeignRootReading | undefined;
}

export interface ForeignEntryRecorder {
  /**
   * Notes what is on the gateway and not Gatehouse's, since when it has been seen, and forgets what is there no more. A root
   * that somebody adds opens the gateway to others: an event and a row of the audit tell of it.
   */
  record(gatewayId: string, gateway: JsonObject, desired: DesiredState): Promise<void>;
}

export function createForeignEntries(options: ForeignEntriesOptions): ForeignEntryRecorder {
  const { books, now } = options;

  async function tellOfRoot(entry: ForeignEntry): Promise<void> {
    const { gatewayId, name, thumbprint = null, subject = null, notAfter = null, firstSeenAt } = entry;
    const change = (await books.gateways.get(gatewayKeys(gatewayId)))?.record.lastForeignChange;
    const changedBy = change?.by ?? null;
    const id = `foreign-root-${gatewayId}-${foreignEntryKind.keys(entry).rowKey}-${firstSeenAt}`;
    await options.outbox.append({
      id,
      type: 'gatehouse.gateway.root-added.v1',
      subject: `gateways/${gatewayId}`,
      data: { gatewayId, name, thumbprint, subject, notAfter, changedBy },
    });
    await options.audit.write({
      at: firstSeenAt,
      requestId: sha256Hex(id).slice(0, 32),
      phase: 'outcome',
      who: changedBy ?? 'unknown',
      action: 'gateway.rootAddedByOthers',
      target: { gatewayId, name, ...(thumbprint === null ? {} : { thumbprint }) },
    });
  }

  function toRecord(
    gatewayId: string,
    { kind, name, thumbprint, json }: ReturnType<typeof readEntries>[number],
    desired: DesiredState,
  ): ForeignEntry {
    const data = asText(asObject(json['properties'])['publicCertData']);
    const { subject, notAfter } = (kind === 'root' ? options.readForeignRoot(data) : undefined) ?? {};
    const copied = kind === 'root' ? desired.copied.find((root) => root.thumbprint === thumbprint) : undefined;
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
      const ours = new Set([
        ...desired.entries.map(({ kind, thumbprint }) => `${kind}:${thumbprint}`),
        ...desired.roots.map(({ row }) => `root:${row.thumbprint}`),
      ]);
      const shown = (['root', 'revocation'] as const)
        .flatMap((kind) => readEntries(gateway, kind, options.thumbprintOfRoot))
        .filter(({ kind, thumbprint }) => thumbprint === undefined || !ours.has(`${kind}:${thumbprint}`))
        .map((entry) => toRecord(gatewayId, entry, desired));
      const known = new Map(
        (await books.foreignEntries.list(gatewayId)).map(({ record }) => [
          foreignEntryKind.keys(record).rowKey,
          record,
        ]),
      );
      for (const entry of shown) {
        const { rowKey } = foreignEntryKind.keys(entry);
        const before = known.get(rowKey);
        known.delete(rowKey);
        if (before !== undefined) {
          if (before.name !== entry.name || before.rootId !== entry.rootId) {
            await books.foreignEntries.upsert({ ...entry, firstSeenAt: before.firstSeenAt });
          }
          continue;
        }
        // A revocation of such a root's certificates has to come here too, so it is found by its root as well.
        if (entry.rootId !== undefined) await books.rootGateways.upsert({ rootId: entry.rootId, gatewayId });
        if (entry.kind === 'root') await tellOfRoot(entry);
        await books.foreignEntries.insert(entry);
      }
      for (const gone of known.values()) await books.foreignEntries.remove(gone);
    },
  };
}
