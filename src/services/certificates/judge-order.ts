import { AppError } from '../../domain/app-error.ts';
import { mayAsk } from '../../domain/root-policy.ts';
import type { CertificateRequest } from '../../pki/read-certificate-request.ts';
import type { RootRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import { requireAsApproved } from './approval.ts';
import { type OrderOwner, type OrderReading, orderRefused, ownNameOf } from './check-order.ts';
import type { SigningRoot } from './issuer-chain.ts';
import { type CertificateOrder, type RequestRandom, requireNamePermitted } from './prepare-certificate.ts';
import { requirePlace } from './supersede.ts';

/** An order that nothing speaks against. */
export interface JudgedOrder {
  readonly root: SigningRoot;
  readonly owner: OrderOwner;
  /** Undefined where the key is yet to be made. */
  readonly request: CertificateRequest | undefined;
  /** The one that was asked for, or the owner's own with a token of the request. */
  readonly commonName: string;
}

/** Throws where an order that was read is not to be issued, or asked about; writes nothing. */
export async function judgeOrder(
  { stores, now }: { readonly stores: Pick<Stores, 'certificates'>; readonly now: () => Date },
  order: CertificateOrder,
  { root, owner, request, problems }: OrderReading,
  random: RequestRandom,
): Promise<JudgedOrder> {
  if (problems.length > 0 || root === undefined || owner === undefined) throw orderRefused(problems);
  requireActive(root, now());
  requireMayAsk(root, order);
  if (order.approval !== undefined) requireAsApproved(order.approval, { root, owner });
  if (order.renews !== undefined) await requirePlace(stores, order.renews);
  const token = Buffer.from(random('name', 4)).toString('hex');
  const commonName = order.approval?.commonName ?? order.commonName ?? ownNameOf(owner, token) ?? '';
  requireNamePermitted(commonName, order, root);
  return { root, owner, request, commonName };
}

/** Throws where the root's policy has each certificate approved first, and nobody has approved this one. */
export function requireApproval({ id, policy }: RootRecord, { approval }: CertificateOrder): void {
  if (policy?.approval === undefined || approval !== undefined) return;
  const message = `The policy of root ${id} has each certificate approved first.`;
  const fix = 'Order a certificate with POST /api/certificates: it answers an operation that somebody approves.';
  throw new AppError('ERR_CONFLICT', message, {
    problems: [{ path: '/rootId', code: 'approvalNeeded', message, fix }],
  });
}

function requireMayAsk({ id, policy = {} }: RootRecord, { requestedBy, role }: CertificateOrder): void {
  if (mayAsk(policy, { id: requestedBy, ...(role === undefined ? {} : { role }) })) return;
  const message = `The policy of root ${id} does not let ${requestedBy} ask.`;
  const fix = 'Have somebody ask who may, or name another root.';
  throw new AppError('ERR_CALLER_NOT_ALLOWED', message, {
    problems: [{ path: '/rootId', code: 'askerNotAllowed', message, fix }],
  });
}

function requireActive({ id, state, notAfter }: SigningRoot, now: Date): void {
  if (state === 'retired') throw rootEnded(`Root ${id} is retired and issues nothing more.`);
  if (Date.parse(notAfter) > now.getTime()) return;
  throw rootEnded(`Root ${id}, or an authority above it, expired on ${notAfter}.`);
}

function rootEnded(message: string): AppError {
  const fix = 'Name another root.';
  return new AppError('ERR_CONFLICT', message, { problems: [{ path: '/rootId', code: 'rootEnded', message, fix }] });
}
