import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { isAllowed } from '../../domain/caller.ts';
import { operationViewSchema } from '../../domain/operation.ts';
import { readOrder } from '../../services/certificates/check-order.ts';
import type { Owners } from '../../services/certificates/owners.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugSchema } from '../http/slug-schema.ts';
import { allowSharedNameSchema, validityDaysSchema } from './certificate-params.ts';
import { answerIssued, type AnswerIssuedOptions, issuedViewSchema } from './issued-answer.ts';
import { bringsOneKey, csrSchema, deliverSchema, keyProblems, keySchema, pfxSchema } from './key-order.ts';

export interface IssueRouteOptions extends AnswerIssuedOptions {
  readonly owners: Pick<Owners, 'get' | 'findAt'>;
  readonly allowEllipticCurve?: boolean | undefined;
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
  deliver: deliverSchema,
  validityDays: validityDaysSchema,
  commonName: z.string().min(1).max(256).optional().meta({
    description: 'Made unique from the owner’s address if not given. The name of another live certificate is refused.',
  }),
  allowSharedName: allowSharedNameSchema,
});

const orderSchema = orderFields.superRefine(bringsOneKey);

/** POST /api/certificates */
export function issueCertificate(options: IssueRouteOptions): Route {
  return defineRoute({
    name: 'issueCertificate',
    method: 'POST',
    path: 'certificates',
    action: 'certificate.issue',
    role: 'requester',
    summary:
      'Issues a client certificate for a signing request, or with a key made for it; 202 where the root’s policy has it approved first.',
    tags,
    request: { body: orderSchema },
    // Never in the audit, nor in what an idempotency key is compared by but for a slow hash.
    secretFields: ['/pfx/password'],
    responses: { 201: issuedViewSchema, 202: operationViewSchema },
    alsoWrong: async (parts, faults) => {
      const isTold = faults.some((path) => /^\/(csr|key|pfx|deliver)(\/|$)/.test(path));
      const keyType = parts.key === undefined ? {} : { keyType: parts.key.type ?? 'RSA-2048' };
      const { problems } = await readOrder(options, { ...parts, ...keyType }, faults);
      return [...(isTold ? [] : keyProblems(parts)), ...problems];
    },
    handler: async ({ body, caller, ...request }) => {
      if (body.allowSharedName === true && !isAllowed(caller, 'operator')) {
        throw new AppError('ERR_CALLER_NOT_ALLOWED', 'Only an operator may let certificates share a name.');
      }
      const { key, pfx, deliver, ...order } = body;
      return answerIssued(options, order, { key, pfx, deliver }, { caller, ...request });
    },
  });
}
