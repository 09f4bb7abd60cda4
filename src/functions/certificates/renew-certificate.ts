import { z } from 'zod';
import { operationViewSchema } from '../../domain/operation.ts';
import { requireThumbprint } from '../../domain/thumbprint.ts';
import type { OrderRenewal } from '../../services/certificates/renew-certificate.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { thumbprintParams, validityDaysSchema } from './certificate-params.ts';
import { answerIssued, type AnswerIssuedOptions, issuedViewSchema } from './issued-answer.ts';
import { bringsOneKey, csrSchema, deliverSchema, keySchema, pfxSchema } from './key-order.ts';

export interface RenewRouteOptions extends AnswerIssuedOptions {
  readonly orderRenewal: OrderRenewal;
}

const usualGraceDays = 7;

const renewalSchema = z
  .strictObject({
    csr: csrSchema.optional(),
    key: keySchema.optional(),
    pfx: pfxSchema.optional(),
    deliver: deliverSchema,
    validityDays: validityDaysSchema,
    graceDays: z.int().min(0).max(90).default(usualGraceDays).meta({
      description:
        'For how long the old one still opens gateways, unless the new one is seen in use before. 0: operators only.',
    }),
  })
  .superRefine(bringsOneKey);

/** POST /api/certificates/{thumbprint}/renew */
export function renewCertificate(options: RenewRouteOptions): Route {
  return defineRoute({
    name: 'renewCertificate',
    method: 'POST',
    path: 'certificates/{thumbprint}/renew',
    action: 'certificate.renew',
    role: 'requester',
    summary:
      'Issues a certificate in the place of another, which is revoked after a time of grace. For whoever asked for that one, and operators.',
    tags: ['Certificates'],
    request: { params: thumbprintParams, body: renewalSchema },
    secretFields: ['/pfx/password'],
    responses: { 201: issuedViewSchema, 202: operationViewSchema },
    handler: async ({ params, body: { key, pfx, deliver, graceDays, ...rest }, ...request }) => {
      const { caller, randomBytes } = request;
      const thumbprint = requireThumbprint(params.thumbprint);
      const renewal = await options.orderRenewal(thumbprint, { graceDays, caller }, randomBytes);
      return answerIssued(options, { ...rest, ...renewal }, { key, pfx, deliver }, request);
    },
  });
}
