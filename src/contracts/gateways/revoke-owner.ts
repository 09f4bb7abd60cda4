import { activityReference } from '../operations/activity.ts';

export const revokeOwnerName = 'revokeOwner';

export interface RevokeOwnerInput {
  readonly operationId: string;
  /** When it was asked for, ISO 8601: an instance that takes another's place has what is left of the day. */
  readonly begunAt: string;
}

/** The steps in order. Public names: the operation shows them. */
export const revokeOwnerSteps = [
  { name: 'stopIssuing', usualSeconds: 1 },
  { name: 'revokeCertificates', usualSeconds: 5 },
  { name: 'proveRevocations', usualSeconds: 900 },
  { name: 'writeStatement', usualSeconds: 1 },
] as const;

/**
 * Looks how far every revocation of the owner has come. `done` once each is proven or is known not to come into force,
 * or when `isLast` says that nothing more is waited for: the operation has then ended with its statement.
 */
export const lookAtOwner = activityReference<
  Pick<RevokeOwnerInput, 'operationId'> & { readonly isLast: boolean },
  { readonly outcome: 'waiting' | 'done' }
>('lookAtOwner');
