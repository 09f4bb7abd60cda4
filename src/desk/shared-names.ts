import { AppError } from '../domain/app-error.ts';
import type { Books } from './books.ts';
import type { CertificateLookup } from './certificate-lookup.ts';
import { certificateKeys, type CertificateRecord } from './records/certificates.ts';

/** True while another certificate of this name may open a gateway, or is about to. */
export async function isNameTaken(
  lookup: Pick<CertificateLookup, 'named'>,
  { commonName, serialNumber }: Pick<CertificateRecord, 'commonName' | 'serialNumber'>,
): Promise<boolean> {
  const named = await lookup.named(commonName);
  return named.some(
    (other) => other.serialNumber !== serialNumber && (other.state === 'issued' || other.state === 'issuing'),
  );
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
  const message = `A live certificate has the name ${commonName} already. Gateways show the names of sessions only: two could not be told apart.`;
  const fix =
    'Leave commonName out to get a name of its own, or choose another one. An operator may send allowSharedName.';
  return new AppError('ERR_REQUEST_INVALID', message, {
    problems: [{ path: '/commonName', code: 'commonNameTaken', message, fix }],
  });
}
