import { AppError } from '../../domain/app-error.ts';
import type { CertificateRecord } from '../../stores/records/certificates.ts';
import { contactsOf, mayBeUnderWay, type OwnerRecord, standingDeparture } from '../../stores/records/owners.ts';
import { leftReason } from './departures.ts';

/**
 * What a certificate is withheld for whose owner lost an address or principal while it was being issued: whoever looks
 * for the person would not find it.
 */
export const changedReason = 'ownerChanged';

export type OwnerFault = typeof leftReason | typeof changedReason;

/**
 * What keeps a certificate from an owner, who is read once the certificate is found by them: whoever notes that they
 * left, or takes an address from them, notes it, then looks for what is theirs. Throws ERR_IN_PROGRESS while one is
 * being taken.
 */
export function faultOfOwner(
  { owner: id, ownerContacts = [] }: Pick<CertificateRecord, 'owner' | 'ownerContacts'>,
  owner: OwnerRecord | undefined,
  now: Date,
): OwnerFault | undefined {
  if (standingDeparture(owner) !== undefined) return leftReason;
  if (owner?.contactsMovingAt !== undefined && mayBeUnderWay(owner.contactsMovingAt, now)) throw ownerChanging(id);
  const known = owner === undefined ? [] : contactsOf(owner);
  return ownerContacts.every((contact) => known.includes(contact)) ? undefined : changedReason;
}

export function ownerChanging(ownerId: string): AppError {
  const message = `An address or principal is being taken from owner '${ownerId}' at this moment.`;
  return new AppError('ERR_IN_PROGRESS', message, { retryAfterSeconds: 5 });
}

export function ownerChangedOnIssue(ownerId: string): AppError {
  const message = `Owner '${ownerId}' got another address or principal while the certificate was being issued.`;
  const fix = 'Order it again, if that owner is still who is meant.';
  return new AppError('ERR_CONFLICT', message, { problems: [{ path: '/owner', code: changedReason, message, fix }] });
}
