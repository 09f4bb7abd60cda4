import { AppError, type Problem } from '../../domain/app-error.ts';
import {
  type BlockedKey,
  blockedKeyKeys,
  blockedKeyKind,
  certificateKeys,
  type CertificateRecord,
} from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { OwnerFault } from './owner-faults.ts';
import type { PlaceFault } from './supersede.ts';

/** Reasons that say something of the key itself: somebody else may have it. They block it for good. */
export function isBlockingReason(reason: string | undefined): reason is BlockedKey['reason'] {
  return reason === 'compromised' || reason === 'lost';
}

/**
 * The block of a public key, or undefined while nothing is known against it. The hash is empty where the key is not
 * known.
 */
export async function findBlock(
  stores: Pick<Stores, 'blockedKeys'>,
  publicKeyHash: string,
): Promise<BlockedKey | undefined> {
  if (publicKeyHash === '') return undefined;
  return (await stores.blockedKeys.get(blockedKeyKeys(publicKeyHash)))?.record;
}

/** The same of a certificate. Where its key is not known, what was said of it stands against the certificate itself. */
export async function findBlockOf(
  stores: Pick<Stores, 'blockedKeys'>,
  { publicKeyHash, revocationReason: reason, revokedAt = '', thumbprint = '' }: CertificateRecord,
): Promise<BlockedKey | undefined> {
  if (publicKeyHash !== '' || !isBlockingReason(reason)) return findBlock(stores, publicKeyHash);
  return { publicKeyHash, reason, blockedAt: revokedAt, thumbprint, operationId: '' };
}

/** Whether a reason says more of a key than its block does. */
export function saysMore(reason: string, block: BlockedKey | undefined): boolean {
  return isBlockingReason(reason) && block?.reason !== 'compromised' && block?.reason !== reason;
}

/** Blocks a key. What was said first stays, but for a lost key that turns out to be compromised. */
export async function blockKey(stores: Pick<Stores, 'blockedKeys'>, block: BlockedKey): Promise<void> {
  if (await stores.blockedKeys.insert(block)) return;
  await stores.blockedKeys.update(blockedKeyKind.keys(block), (current) =>
    saysMore(block.reason, current) ? { ...current, reason: block.reason } : undefined,
  );
}

/**
 * Turns a certificate that is not released yet into a revoked one: its key was blocked, its name was taken, or its
 * owner left or got another address, at the same moment; or the key that was made for it went with the process that
 * held it; or it cannot take the place it was meant for. Answers its record, which may have been released meanwhile.
 */
export function withhold(
  stores: Pick<Stores, 'certificates'>,
  { serialNumber }: CertificateRecord,
  reason: BlockedKey['reason'] | 'nameTaken' | 'keyNotKept' | 'rootGone' | OwnerFault | PlaceFault,
  now: Date,
): Promise<CertificateRecord | undefined> {
  return stores.certificates.update(certificateKeys(serialNumber), (current) =>
    current.state === 'issuing'
      ? { ...current, state: 'revoked', revokedAt: now.toISOString(), revocationReason: reason }
      : undefined,
  );
}

export function keyBlockedProblem(block: BlockedKey): Problem {
  const fix = 'Make a new key and send its request.';
  return { path: '/csr', code: 'keyBlocked', message: textOf(block), fix };
}

export function keyBlockedOnReinstate(block: BlockedKey): AppError {
  const fix = 'Issue a certificate for a new key.';
  const message = `${textOf(block)} Certificates of a blocked key are not reinstated.`;
  return new AppError('ERR_CONFLICT', message, { problems: [{ path: '', code: 'keyBlocked', message, fix }] });
}

function textOf({ reason, blockedAt, thumbprint }: BlockedKey): string {
  return `The key was reported ${reason} with certificate ${thumbprint} on ${blockedAt} and is blocked for good.`;
}
