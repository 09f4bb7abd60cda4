import { AppError } from '../domain/app-error.ts';
import type { Books } from './books.ts';
import type { CertificateLookup } from './certificate-lookup.ts';
import { certificateKeys, type CertificateRecord } from './records/certificates.ts';

/**
 * True while another certificate of this name may open a gateway, or is about to, and while one that was revoked is not proven
 * to be out: a session with its name could be anybody's then, and would be left alone.
 */
export async function isNameTaken(
  books: Pick<Books, 'rootGateways' | 'gatewayRevocations'>,
  lookup: Pick<CertificateLookup, 'named'>,
  { commonName, serialNumber }: Pick<CertificateRecord, 'commonName' | 'serialNumber'>,
): Promise<boolean> {
  for (const other of await lookup.named(commonName)) {
    if (other.serialNumber === serialNumber) continue;
    if (other.state === 'issued' || other.state === 'issuing') return true;
    if (other.state === 'revoked' && (await isProofOpen(books, other))) return true;
  }
  return false;
}

async function isProofOpen(
  books: Pick<Books, 'rootGateways' | 'gatewayRevocations'>,
  { rootId, thumbprint = '' }: CertificateRecord,
): Promise<boolean> {
  for (const { record } of await books.rootGateways.list(rootId)) {
    const row = await books.gatewayRevocations.get({ partitionKey: record.gatewayId, rowKey: thumbprint });
    if (row?.record.wanted === true && row.record.state !== 'proven' && row.record.state !== 'removed') return true;
  }
  return false;
}

/** Whether the sessions of a certificate can be told apart now: not while another live one has its name. */
export async function sessionIdentityOf(
  lookup: Pick<CertificateLookup, 'named'>,
  { commonName, serialNumber }: CertificateRecord,
): Promise<'unique' | 'ambiguous'> {
  const named = await lookup.named(commonName);
  const isShared = named.some((other) => other.serialNumber !== serialNumber && other.state === 'issued');
  return isShared ? 'ambiguous' : 'unique';
}

/** Takes back a certificate that is not signed yet, because its name was taken at the same moment. */
export async function giveNameUp(
  books: Pick<Books, 'certificates'>,
  { serialNumber }: CertificateRecord,
  now: Date,
): Promise<void> {
  await books.certificates.update(certificateKeys(serialNumber), (current) =>
    current.state === 'issuing'
      ? { ...current, state: 'revoked', revokedAt: now.toISOString(), revocationReason: 'nameTaken' }
      : undefined,
  );
}

export function commonNameTaken(commonName: string): AppError {
  const message = `A certificate that is live, or revoked and not yet proven to be out, has the name ${commonName}. Gateways show the names of sessions only: two could not be told apart.`;
  const fix =
    'Leave commonName out to get a name of its own, or choose another one. An operator may send allowSharedName.';
  return new AppError('ERR_REQUEST_INVALID', message, {
    problems: [{ path: '/commonName', code: 'commonNameTaken', message, fix }],
  });
}
