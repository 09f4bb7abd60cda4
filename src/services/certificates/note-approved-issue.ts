import type { CertificateRecord } from '../../stores/records/certificates.ts';
import type { Audit } from '../requests/audit.ts';
import { sealedBefore } from '../requests/audit-seals.ts';

/**
 * Notes in the audit that a certificate was issued which people have approved: the request that asked for it was
 * answered before. The row's time is that of the certificate, so that it is the same one when it is written again;
 * where a crash kept it until that hour was sealed, it is now.
 */
export async function noteApprovedIssue(
  { audit, now }: { readonly audit: Pick<Audit, 'write'>; readonly now: () => Date },
  { approval, issuedAt, renews, requestedBy, thumbprint = '', serialNumber, rootId, owner }: CertificateRecord,
): Promise<void> {
  if (approval === undefined || issuedAt === undefined) return;
  const { operationId, approvedBy } = approval;
  const isSealed = Date.parse(issuedAt) < sealedBefore(now());
  await audit.write({
    at: isSealed ? now().toISOString() : issuedAt,
    requestId: operationId,
    phase: 'outcome',
    who: requestedBy,
    action: renews === undefined ? 'certificate.issue' : 'certificate.renew',
    target: { thumbprint, serialNumber, rootId, owner, ...(renews === undefined ? {} : { renews: renews.thumbprint }) },
    approvedBy,
    operationId,
    status: 201,
  });
}
