import type { Certificates } from '../../services/certificates/issue-certificate.ts';
import type { IssueWithKey } from '../../services/certificates/issue-with-key.ts';
import type { CertificateOrder } from '../../services/certificates/prepare-certificate.ts';
import type { CertificateRecord } from '../../stores/records/certificates.ts';
import type { RouteAnswer, RouteRequest } from '../http/route.ts';
import { type CertificateViewOptions, certificateViewSchema, toView } from './certificate-view.ts';
import { type KeyWishes, madeKeyView, madeKeyViewSchema, readKeyWishes } from './key-order.ts';

export interface AnswerIssuedOptions extends CertificateViewOptions {
  readonly certificates: Certificates;
  readonly issueWithKey: IssueWithKey;
}

export const issuedViewSchema = certificateViewSchema.extend(madeKeyViewSchema.shape).meta({ id: 'IssuedCertificate' });

/** Issues what was ordered, for the key of its request or for one that is made here, and answers 201 with it. */
export async function answerIssued(
  options: AnswerIssuedOptions,
  ordered: Omit<CertificateOrder, 'requestedBy'>,
  { key, pfx }: { readonly key: KeyWishes['key'] | undefined; readonly pfx: KeyWishes['pfx'] },
  { caller, headers, randomBytes }: Pick<RouteRequest<never, never, never>, 'caller' | 'headers' | 'randomBytes'>,
): Promise<RouteAnswer> {
  const order = { ...ordered, requestedBy: caller.id };
  if (key === undefined) {
    const { record, ignored } = await options.certificates.issue(order, randomBytes);
    const view = { ...(await toView(options, record)), ...(ignored.length === 0 ? {} : { ignored }) };
    return { status: 201, body: view, headers: locationOf(record) };
  }
  const issued = await options.issueWithKey({ ...order, ...readKeyWishes({ key, pfx }, headers) }, randomBytes);
  const applied = issued.password === undefined ? {} : { 'preference-applied': 'reveal-password' };
  return {
    status: 201,
    body: { ...(await toView(options, issued.record)), ...madeKeyView(issued) },
    headers: { ...locationOf(issued.record), ...applied },
    // It holds a link, and perhaps a password: another try gets another link.
    isSensitive: true,
  };
}

function locationOf({ thumbprint = '' }: CertificateRecord): Readonly<Record<string, string>> {
  return { location: `/api/certificates/${thumbprint}` };
}
