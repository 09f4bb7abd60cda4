import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import type { OrderOwner } from './check-order.ts';
import type { SigningRoot } from './issuer-chain.ts';

/** What people have approved, or are asked to: by its order nothing else is issued. */
export const approvalSchema = z.object({
  operationId: z.string(),
  /** Of the authority that had the id then. */
  rootThumbprint: z.string(),
  owner: z.object({ id: z.string(), email: z.string().optional() }),
  commonName: z.string(),
  /** At most: it ends no later than what is above it. */
  validityDays: z.int(),
});
export type Approval = z.infer<typeof approvalSchema>;

/** The same once somebody has approved it. */
export interface GivenApproval extends Approval {
  /** Caller's id. */
  readonly approvedBy: string;
}

/** Throws where root or owner are no longer those that people have looked at, who then have to be asked anew. */
export function requireAsApproved(
  { rootThumbprint, owner: asked }: Approval,
  { root, owner }: { readonly root: Pick<SigningRoot, 'id' | 'thumbprint'>; readonly owner: OrderOwner },
): void {
  if (root.thumbprint !== rootThumbprint) {
    throw outdated('/rootId', `Root ${root.id} is another authority than the one that was asked for.`);
  }
  if (owner.id !== asked.id) {
    throw outdated('/owner', `The address is that of owner '${owner.id}' now; approved was one for '${asked.id}'.`);
  }
  if (owner.email?.toLowerCase() === asked.email?.toLowerCase()) return;
  throw outdated('/owner', `The address of owner '${owner.id}' is not the one that was approved.`);
}

function outdated(path: string, message: string): AppError {
  const fix = 'Ask again: somebody has to approve what it would be now.';
  return new AppError('ERR_CONFLICT', message, { problems: [{ path, code: 'approvalOutdated', message, fix }] });
}
