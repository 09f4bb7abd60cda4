import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { isAllowed } from '../../domain/caller.ts';
import { readOrder } from '../../services/certificates/check-order.ts';
import type { Certificates } from '../../services/certificates/issue-certificate.ts';
import type { IssueWithKey } from '../../services/certificates/issue-with-key.ts';
import type { Owners } from '../../services/certificates/owners.ts';
import { type CertificateRecord } from '../../stores/records/certificates.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugSchema } from '../http/slug-schema.ts';
import { allowSharedNameSchema } from './certificate-params.ts';
import { type CertificateViewOptions, certificateViewSchema, toView } from './certificate-view.ts';
import {
  bringsOneKey,
  csrSchema,
  keyProblems,
  keySchema,
  madeKeyView,
  madeKeyViewSchema,
  pfxSchema,
  readKeyWishes,
} from './key-order.ts';

export interface IssueRouteOptions extends CertificateViewOptions {
  readonly certificates: Certificates;
  readonly issueWithKey: IssueWithKey;
  readonly owners: Pick<Owners, 'get' | 'samePerson'>;
  readonly now: () => Date;
}

const tags = ['Certificates'];

const orderFields = z.strictObject({
  rootId: slugSchema,
  owner: z
    .union([slugSchema, z.email().max(254)])
    .meta({ description: "Owner's id, or an e-mail address, which registers the owner under its slug." }),
  csr: csrSchema.optional(),
  key: keySchema.optional(),
  pfx: pfxSchema.optional(),
  validityDays: z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .meta({ description: "365 if not given, or until the root's own end." }),
  commonName: z.string().min(1).max(256).optional().meta({
    description: 'Made unique from the owner’s address if not given. The name of another live certificate is refused.',
  }),
  allowSharedName: allowSharedNameSchema,
});

const orderSchema = orderFields.superRefine(bringsOneKey);

const issuedViewSchema = certificateViewSchema.extend(madeKeyViewSchema.shape).meta({ id: 'IssuedCertificate' });

/** POST /api/certificates */
export function issueCertificate(options: IssueRouteOptions): Route {
  return defineRoute({
    name: 'issueCertificate',
    method: 'POST',
    path: 'certificates',
    action: 'certificate.issue',
    role: 'requester',
    summary: 'Issues a client certificate for the key of a signing request, or for a key that is made for it.',
    tags,
    request: { body: orderSchema },
    // Never in the audit, never in what an idempotency key is compared by.
    secretFields: ['/pfx/password'],
    responses: { 201: issuedViewSchema },
    alsoWrong: async (parts, faults) => {
      const isTold = faults.some((path) => /^\/(csr|key|pfx)(\/|$)/.test(path));
      return [...(isTold ? [] : keyProblems(parts)), ...(await readOrder(options, parts, faults)).problems];
    },
    handler: async ({ body, caller, headers, randomBytes }) => {
      if (body.allowSharedName === true && !isAllowed(caller, 'operator')) {
        throw new AppError('ERR_CALLER_NOT_ALLOWED', 'Only an operator may let certificates share a name.');
      }
      const { key, pfx, ...rest } = body;
      const order = { ...rest, requestedBy: caller.id };
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
    },
  });
}

function locationOf({ thumbprint = '' }: CertificateRecord): Readonly<Record<string, string>> {
  return { location: `/api/certificates/${thumbprint}` };
}
