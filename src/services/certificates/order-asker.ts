import { AppError } from '../../domain/app-error.ts';
import { isAllowed, type Role } from '../../domain/caller.ts';
import { certificateKeys } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { ApiKeys } from '../requests/api-keys.ts';
import { requireMayRenew } from './renew-certificate.ts';
import type { StandingOrder } from './standing-order.ts';

export interface OrderAskerOptions {
  readonly apiKeys: Pick<ApiKeys, 'get'>;
  readonly stores: Pick<Stores, 'certificates'>;
}

/**
 * The role that whoever asked has today: days may lie between the order and its approval. Throws where it no longer
 * lets them ask for this.
 */
export async function requireAsker({ apiKeys, stores }: OrderAskerOptions, order: StandingOrder): Promise<Role> {
  const { requestedBy, allowSharedName, renews } = order;
  const key = await apiKeys.get(requestedBy);
  if (key === undefined) throw notAllowed(`The API key ${requestedBy}, which asked for it, is withdrawn.`);
  const { role } = key;
  if (!isAllowed(key, 'requester')) throw notAllowed(`${requestedBy}, who asked for it, is a ${role} now.`);
  if (renews === undefined) {
    if (allowSharedName !== true || isAllowed(key, 'operator')) return role;
    throw notAllowed(`${requestedBy}, who asked for a name that may be shared, is a ${role} now.`);
  }
  const old = (await stores.certificates.get(certificateKeys(renews.serialNumber)))?.record;
  if (old !== undefined) requireMayRenew(old, renews.graceDays, { id: requestedBy, role });
  return role;
}

function notAllowed(message: string): AppError {
  const fix = 'Have somebody ask who may.';
  return new AppError('ERR_CALLER_NOT_ALLOWED', message, {
    problems: [{ path: '', code: 'askerNotAllowed', message, fix }],
  });
}
