import { entryLimits } from '../../domain/entry-limits.ts';
import { readEntries } from '../../domain/gateway-entries.ts';
import type { JsonObject } from '../../domain/json.ts';
import { without } from '../../domain/without.ts';
import { sha256Hex } from '../../stores/digest.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Audit } from '../requests/audit.ts';

export interface NearLimitOptions {
  readonly stores: Pick<Stores, 'gateways'>;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly now: () => Date;
}

/** Tells of a gateway that is running out of places for revocations, others' included, by what a look at it shows. */
export type NoteNearLimit = (gatewayId: string, gateway: JsonObject) => Promise<void>;

/** Past this many there is still time to rotate a root, or to let certificates expire, before one is not in force. */
const noticeAt = entryLimits.revocation * 0.8;

/**
 * Tells once for each time that the number crosses four fifths of Azure's limit. The event comes first and is named by
 * the last time that the number fell below: a crash before the row says so tells the same again, and not never.
 */
export function createNoteNearLimit({ stores, outbox, audit, now }: NearLimitOptions): NoteNearLimit {
  async function tell(gatewayId: string, revocations: number, after: string): Promise<void> {
    const id = `revocations-near-limit-${gatewayId}-after-${after}`;
    await outbox.append({
      id,
      type: 'gatehouse.gateway.revocations-near-limit.v1',
      subject: `gateways/${gatewayId}`,
      data: { gatewayId, revocations, limit: entryLimits.revocation },
    });
    await audit.write({
      at: now().toISOString(),
      requestId: sha256Hex(id).slice(0, 32),
      phase: 'outcome',
      who: 'gatehouse',
      action: 'gateway.revocationsNearLimit',
      target: { gatewayId },
      source: `${revocations} of ${entryLimits.revocation} revocations`,
    });
  }

  return async (gatewayId, gateway) => {
    const revocations = readEntries(gateway, 'revocation', () => undefined).length;
    const isNear = revocations >= noticeAt;
    const record = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (record === undefined || isNear === (record.nearLimitAt !== undefined)) return;
    if (isNear) await tell(gatewayId, revocations, record.belowLimitAt ?? record.createdAt);
    const at = now().toISOString();
    await stores.gateways.update(gatewayKeys(gatewayId), (current) =>
      isNear ? { ...current, nearLimitAt: at } : { ...without(current, 'nearLimitAt'), belowLimitAt: at },
    );
  };
}
