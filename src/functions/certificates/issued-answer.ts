import type { Problem } from '../../domain/app-error.ts';
import type { CertificateOrders } from '../../services/certificates/certificate-orders.ts';
import { orderRefused } from '../../services/certificates/check-order.ts';
import type { Certificates } from '../../services/certificates/issue-certificate.ts';
import type { IssuedWithKey, IssueWithKey, KeyOrder } from '../../services/certificates/issue-with-key.ts';
import type { CertificateOrder } from '../../services/certificates/prepare-certificate.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { CertificateRecord } from '../../stores/records/certificates.ts';
import { accepted } from '../http/accepted-operation.ts';
import type { RouteAnswer, RouteRequest } from '../http/route.ts';
import { type CertificateViewOptions, certificateViewSchema, toIssuedView } from './certificate-view.ts';
import { type KeyWishes, madeKeyView, madeKeyViewSchema, readKeyWishes } from './key-order.ts';

export interface AnswerIssuedOptions extends CertificateViewOptions {
  readonly certificates: Certificates;
  readonly issueWithKey: IssueWithKey;
  readonly certificateOrders: Pick<CertificateOrders, 'isNeeded' | 'ask' | 'collect'>;
  readonly operations: Pick<Operations, 'view'>;
}

type IssuingRequest = Pick<
  RouteRequest<never, never, never>,
  'caller' | 'headers' | 'randomBytes' | 'operationId' | 'orchestrations'
>;

export const issuedViewSchema = certificateViewSchema.extend(madeKeyViewSchema.shape).meta({ id: 'IssuedCertificate' });

/**
 * Issues what was ordered, for the key of its request or for one that is made here, and answers 201 with it; or 202,
 * where the root's policy has it approved first.
 */
export async function answerIssued(
  options: AnswerIssuedOptions,
  ordered: Omit<CertificateOrder, 'requestedBy'>,
  {
    key,
    pfx,
    deliver,
  }: Pick<KeyWishes, 'pfx'> & { readonly key: KeyWishes['key'] | undefined; readonly deliver: KeyOrder['deliver'] },
  { caller, headers, randomBytes, operationId, orchestrations }: IssuingRequest,
): Promise<RouteAnswer> {
  const order = { ...ordered, requestedBy: caller.id, role: caller.role };
  if (await options.certificateOrders.isNeeded(order.rootId)) {
    if (pfx?.password !== undefined) throw orderRefused([noPasswordYet]);
    const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
    const keyType = key === undefined ? undefined : (key.type ?? 'RSA-2048');
    const wishes = { keyType, encryption: pfx?.encryption, deliver: deliver && [...deliver] };
    const { id } = await options.certificateOrders.ask({ ...order, ...wishes }, request, randomBytes);
    return accepted(options.operations, id);
  }
  if (key === undefined) {
    const issued = await options.certificates.issue(order, randomBytes);
    const { record, ignored } = issued;
    const view = { ...(await toIssuedView(options, issued)), ...(ignored.length === 0 ? {} : { ignored }) };
    return { status: 201, body: view, headers: locationOf(record) };
  }
  const wishes = readKeyWishes({ key, pfx }, headers);
  return answerWithKey(options, await options.issueWithKey({ ...order, ...wishes, deliver }, randomBytes));
}

/** The 201 that hands out a key that was made here. */
export async function answerWithKey(options: CertificateViewOptions, issued: IssuedWithKey): Promise<RouteAnswer> {
  const applied = issued.password === undefined ? {} : { 'preference-applied': 'reveal-password' };
  return {
    status: 201,
    body: { ...(await toIssuedView(options, issued)), ...madeKeyView(issued) },
    headers: { ...locationOf(issued.record), ...applied },
    // It holds a link, and perhaps a password: another try gets another link.
    isSensitive: true,
  };
}

const noPasswordYet: Problem = {
  path: '/pfx/password',
  code: 'forbiddenField',
  message: 'The root’s policy has each certificate approved first, and no password is kept until then.',
  fix: 'Leave it out here, and send it when you collect the certificate: POST /api/operations/{id}/collect.',
};

function locationOf({ thumbprint = '' }: CertificateRecord): Readonly<Record<string, string>> {
  return { location: `/api/certificates/${thumbprint}` };
}
