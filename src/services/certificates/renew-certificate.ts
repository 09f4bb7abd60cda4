import { AppError } from '../../domain/app-error.ts';
import { type Caller, isAllowed } from '../../domain/caller.ts';
import type { Thumbprint } from '../../domain/thumbprint.ts';
import type { CertificateRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from './certificate-lookup.ts';
import type { CertificateOrder, RequestRandom } from './prepare-certificate.ts';
import { requirePlace } from './supersede.ts';

type RenewalOrder = Pick<CertificateOrder, 'rootId' | 'owner' | 'commonName' | 'allowSharedName' | 'renews'>;

/**
 * What is to be ordered in the place of a certificate: the same owner, root and name. A name that was made of an
 * address and a token gets another token, so that sessions of the two can be told apart; one that people chose stays,
 * and they cannot. ERR_CONFLICT where the certificate is revoked, was issued elsewhere, or another has taken its place.
 * Since a renewal ends the old one, ERR_CALLER_NOT_ALLOWED where neither an operator asks nor whoever asked for that
 * one, and where others than operators leave no grace.
 */
export type OrderRenewal = (
  thumbprint: Thumbprint,
  by: { readonly graceDays: number; readonly caller: Pick<Caller, 'id' | 'role'> },
  random: RequestRandom,
) => Promise<RenewalOrder>;

export function createOrderRenewal({
  stores,
  lookup,
}: {
  readonly stores: Pick<Stores, 'certificates'>;
  readonly lookup: Pick<CertificateLookup, 'byThumbprint'>;
}): OrderRenewal {
  return async (thumbprint, { graceDays, caller }, random) => {
    const old = await lookup.byThumbprint(thumbprint);
    if (old === undefined) throw new AppError('ERR_NOT_FOUND', `Certificate ${thumbprint} does not exist.`);
    requireMayRenew(old, graceDays, caller);
    const requestId = Buffer.from(random('renewal', 16)).toString('hex');
    const { rootId, owner, serialNumber } = old;
    const renews = { serialNumber, thumbprint, graceDays, requestId };
    requireOwn(old);
    await requirePlace(stores, renews);
    const token = Buffer.from(random('renewed-name', 4)).toString('hex');
    const commonName = renewedName(old.commonName, token);
    return {
      rootId,
      owner,
      commonName,
      // Whom an operator has let it share its name with, it still does.
      ...(commonName === old.commonName && old.allowSharedName === true ? { allowSharedName: true } : {}),
      renews,
    };
  };
}

/** Throws where the caller may not have the certificate replaced, or not so soon. */
export function requireMayRenew(
  { thumbprint = '', requestedBy }: CertificateRecord,
  graceDays: number,
  caller: Pick<Caller, 'id' | 'role'>,
): void {
  if (isAllowed(caller, 'operator')) return;
  if (caller.id !== requestedBy) {
    const message = `Only whoever asked for certificate ${thumbprint}, and operators, renew it: that ends it.`;
    throw notAllowed(message, 'Ask an operator, or order another one beside it with POST /api/certificates.');
  }
  if (graceDays > 0) return;
  const message = `Only an operator ends certificate ${thumbprint} at once.`;
  throw notAllowed(message, 'Send graceDays of 1 or more, or leave it out.');
}

function notAllowed(message: string, fix: string): AppError {
  return new AppError('ERR_CALLER_NOT_ALLOWED', `${message} ${fix}`, {
    problems: [{ path: '', code: 'askerNotAllowed', message, fix }],
  });
}

function requireOwn({ registered, thumbprint = '' }: CertificateRecord): void {
  if (registered === undefined) return;
  const message = `Certificate ${thumbprint} was issued elsewhere: its own authority renews it.`;
  throw new AppError('ERR_CONFLICT', `${message} POST /api/certificates issues one of Gatehouse's to the owner.`);
}

/** `<local part>.<8 hex>@<domain>`, or an owner's id with such a token: names that were made here. */
const madeName = /^(.+)\.[0-9a-f]{8}(@.+)?$/;

function renewedName(commonName: string, token: string): string {
  const [, base, domain = ''] = madeName.exec(commonName) ?? [];
  return base === undefined ? commonName : `${base}.${token}${domain}`;
}
