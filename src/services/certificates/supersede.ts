import { dayMs } from '../../domain/days.ts';
import { certificateKeys, type CertificateRecord, supersessionPartition } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';

type SupersessionStores = Pick<Stores, 'certificates' | 'supersessions'>;

/**
 * Lets a certificate that was issued take the place of the one it renews, which is revoked when its time of grace is over. To be
 * repeated after a crash; of two that renew the same one the first takes its place.
 */
export async function supersede(stores: SupersessionStores, renewed: CertificateRecord, now: Date): Promise<void> {
  const { renews, requestedBy, thumbprint = '', serialNumber: by } = renewed;
  if (renews === undefined) return;
  const { serialNumber, requestId, graceDays } = renews;
  const keys = certificateKeys(serialNumber);
  const old = (await stores.certificates.get(keys))?.record;
  if (old?.state !== 'issued') return;
  const begunMs = Date.parse(renewed.issuedAt ?? renewed.createdAt);
  const revokeAt = new Date(begunMs + graceDays * dayMs).toISOString();
  const { rootId } = old;
  // The row first: nobody is superseded of whom the watch does not know.
  await stores.supersessions.insert({ serialNumber, thumbprint: renews.thumbprint, rootId, revokeAt, requestedBy });
  await stores.certificates.update(keys, (current) =>
    current.state === 'issued'
      ? { ...current, state: 'superseded', superseded: { at: now.toISOString(), by, thumbprint, requestId, revokeAt } }
      : undefined,
  );
}

/**
 * Notes that a session has the name of a certificate that has taken another's place: the other is revoked by the next watch. A name
 * that both have, or a third one, tells nothing.
 */
export async function noteInUse(
  stores: Pick<Stores, 'supersessions'>,
  holder: CertificateRecord,
  holders: readonly CertificateRecord[],
  now: Date,
): Promise<void> {
  if (holder.renews === undefined || holders.length > 1) return;
  const keys = { partitionKey: supersessionPartition, rowKey: holder.renews.serialNumber };
  const at = now.toISOString();
  await stores.supersessions.update(keys, (row) => (row.revokeAt > at ? { ...row, revokeAt: at } : undefined));
}
