import { AppError } from '../../domain/app-error.ts';
import { dayMs } from '../../domain/days.ts';
import { certificateKeys, type CertificateRecord, supersessionPartition } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';

type Renews = NonNullable<CertificateRecord['renews']>;
type SupersessionStores = Pick<Stores, 'certificates' | 'supersessions'>;

/** Why no other certificate takes the place of one. */
export type PlaceFault = 'certificateRevoked' | 'certificateSuperseded';

/** Throws where the certificate is revoked, or another than this request has begun takes its place. */
export async function requirePlace(
  stores: Pick<Stores, 'certificates'>,
  { serialNumber, requestId, thumbprint }: Renews,
): Promise<void> {
  const old = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
  const successor = old && (await successorOf(stores, old));
  if (successor !== undefined && old?.renewal?.requestId === requestId) return;
  if (successor !== undefined) throw placeRefused('certificateSuperseded', thumbprint, successor.thumbprint);
  if (old?.state === 'revoked') throw placeRefused('certificateRevoked', thumbprint);
}

/**
 * Keeps the place of the one that it renews for a certificate that is about to be signed, or answers why it cannot have
 * that.
 */
export async function takePlace(
  stores: Pick<Stores, 'certificates'>,
  { renews, serialNumber: by }: CertificateRecord,
): Promise<PlaceFault | undefined> {
  if (renews === undefined) return undefined;
  const keys = certificateKeys(renews.serialNumber);
  const seen = (await stores.certificates.get(keys))?.record;
  const holder = seen && (await successorOf(stores, seen));
  if (holder !== undefined && holder.serialNumber !== by) return 'certificateSuperseded';
  const old = await stores.certificates.update(keys, (current) =>
    current.state !== 'revoked' && current.renewal?.by === seen?.renewal?.by
      ? { ...current, renewal: { by, requestId: renews.requestId } }
      : undefined,
  );
  if (old?.state === 'revoked') return 'certificateRevoked';
  return old?.renewal?.by === by ? undefined : 'certificateSuperseded';
}

export function placeRefused(code: PlaceFault, old: string, successor?: string): AppError {
  const isRevoked = code === 'certificateRevoked';
  const message = isRevoked
    ? `Certificate ${old} is revoked: only one in force, or expired, is renewed.`
    : `${successor === undefined ? 'Another certificate' : `Certificate ${successor}`} takes the place of ${old}.`;
  const fix = isRevoked ? 'Order one anew.' : 'Renew that one.';
  return new AppError('ERR_CONFLICT', `${message} ${fix}`, { problems: [{ path: '', code, message, fix }] });
}

/** What is to take the place of a certificate, or has taken it; undefined where nothing does. */
async function successorOf(
  stores: Pick<Stores, 'certificates'>,
  { renewal }: CertificateRecord,
): Promise<CertificateRecord | undefined> {
  if (renewal === undefined) return undefined;
  const record = (await stores.certificates.get(certificateKeys(renewal.by)))?.record;
  const isWithheld = record?.state === 'revoked' && record.certificate === undefined;
  return isWithheld ? undefined : record;
}

/**
 * Lets a certificate that was issued take the place of the one it renews, which is revoked when its time of grace is
 * over: one that has expired is out already. To be repeated after a crash.
 */
export async function supersede(stores: SupersessionStores, renewed: CertificateRecord, now: Date): Promise<void> {
  const { renews, requestedBy, thumbprint = '', serialNumber: by } = renewed;
  if (renews === undefined) return;
  const { serialNumber, graceDays } = renews;
  const keys = certificateKeys(serialNumber);
  const old = (await stores.certificates.get(keys))?.record;
  if (old?.state !== 'issued' || Date.parse(old.notAfter) <= now.getTime()) return;
  const begunMs = Date.parse(renewed.issuedAt ?? renewed.createdAt);
  const revokeAt = new Date(begunMs + graceDays * dayMs).toISOString();
  const { rootId } = old;
  // The row first: nobody is superseded of whom the watch does not know.
  await stores.supersessions.insert({ serialNumber, thumbprint: renews.thumbprint, rootId, revokeAt, requestedBy });
  await stores.certificates.update(keys, (current) =>
    current.state === 'issued'
      ? { ...current, state: 'superseded', superseded: { at: now.toISOString(), by, thumbprint, revokeAt } }
      : undefined,
  );
}

/**
 * Notes that a session has the name of a certificate that has taken another's place: the other is revoked by the next
 * watch. A name that both have, or a third one, tells nothing.
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
