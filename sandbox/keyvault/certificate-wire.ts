import { toSeconds, toWire } from './attributes.ts';
import { policyToWire } from './certificate-policy.ts';
import { deletionDates } from './soft-delete.ts';
import type { CertificateEntry, CertificateVersion, PendingCertificate } from './vault-state.ts';

/** A version that is issued, or one that will be: that has everything but the certificate itself. */
export type ShownVersion = Omit<CertificateVersion, 'cer' | 'x5t'> & Partial<Pick<CertificateVersion, 'cer' | 'x5t'>>;

/** What stands for a certificate that has never been issued: clients read it before they ask for the operation. */
export function shownPending(pending: PendingCertificate): ShownVersion {
  const { version, policy, tags, createdMs } = pending;
  return { version, policy, tags, attributes: { enabled: false, createdMs, updatedMs: createdMs } };
}

/**
 * The latest version as GET answers it: with the certificate's policy, and where its operation is to be asked about.
 */
export function certificateBundle(
  origin: string,
  entry: CertificateEntry,
  version: ShownVersion,
): Record<string, unknown> {
  const path = `${origin}/certificates/${entry.name}`;
  return {
    ...versionBundle(origin, entry, version),
    policy: policyToWire(version.policy, `${path}/policy`),
    ...(entry.pending === undefined ? {} : { pending: { id: `${path}/pending` } }),
  };
}

/** A version as GET by its own id answers it. One that is still to be issued names neither a key nor a secret. */
export function versionBundle(origin: string, entry: CertificateEntry, version: ShownVersion): Record<string, unknown> {
  return {
    id: `${origin}/certificates/${entry.name}/${version.version}`,
    ...issuedPart(origin, entry, version),
    attributes: toWire(version.attributes),
    ...(version.tags === undefined ? {} : { tags: version.tags }),
  };
}

export function certificateItem(
  origin: string,
  entry: CertificateEntry,
  version: ShownVersion,
  hasVersion: boolean,
): Record<string, unknown> {
  const id = `${origin}/certificates/${entry.name}`;
  return {
    id: hasVersion ? `${id}/${version.version}` : id,
    ...(version.x5t === undefined ? {} : { x5t: version.x5t }),
    attributes: toWire(version.attributes),
    ...(version.tags === undefined ? {} : { tags: version.tags }),
  };
}

/** What a deleted certificate carries besides its bundle or item. */
export function certificateDeletion(origin: string, entry: CertificateEntry): Record<string, unknown> {
  const { deletedMs, purgeMs } = deletionDates(entry);
  return {
    recoveryId: `${origin}/deletedcertificates/${entry.name}`,
    deletedDate: toSeconds(deletedMs),
    scheduledPurgeDate: toSeconds(purgeMs),
  };
}

/** The operation that stands at `/pending`. */
export function pendingOperation(
  origin: string,
  entry: CertificateEntry,
  pending: PendingCertificate,
): Record<string, unknown> {
  const id = `${origin}/certificates/${entry.name}`;
  return {
    id: `${id}/pending`,
    issuer: { name: pending.policy.issuer },
    csr: pending.csr,
    cancellation_requested: pending.cancellationRequested,
    status: pending.status,
    ...statusDetails(pending),
    ...(pending.status === 'completed' ? { target: id } : {}),
    request_id: pending.requestId,
  };
}

/** With the ids of the key and the secret that go with it. */
function issuedPart(
  origin: string,
  { name }: CertificateEntry,
  { version, x5t, cer }: ShownVersion,
): Record<string, unknown> {
  if (x5t === undefined) return {};
  return { kid: `${origin}/keys/${name}/${version}`, sid: `${origin}/secrets/${name}/${version}`, x5t, cer };
}

function statusDetails(pending: PendingCertificate): Record<string, unknown> {
  if (pending.status === 'cancelled') {
    const message = 'The certificate operation was cancelled.';
    return { status_details: message, error: { code: 'Cancelled', message } };
  }
  if (pending.status === 'completed') return {};
  return {
    status_details:
      pending.policy.issuer === 'Unknown'
        ? 'Pending certificate created. Please Perform Merge to complete the request.'
        : 'Pending certificate created. Certificate request is in progress. This may take some time based on the issuer provider. Please check again later.',
  };
}
