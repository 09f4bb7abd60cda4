import { z } from 'zod';
import { operationIdPattern } from '../../domain/operation.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { type AnswerIssuedOptions, answerWithKey, issuedViewSchema } from './issued-answer.ts';
import { pfxSchema, readKeyWishes } from './key-order.ts';

const operationParams = z.strictObject({
  id: z
    .string()
    .regex(operationIdPattern)
    .meta({ description: 'Id of the operation that an order was answered with.' }),
});

/** POST /api/operations/{id}/collect: the certificate of an approved order whose key is made here, with its file. */
export function collectCertificate(options: AnswerIssuedOptions): Route {
  return defineRoute({
    name: 'collectCertificate',
    method: 'POST',
    path: 'operations/{id}/collect',
    action: 'certificate.collect',
    role: 'requester',
    summary: 'Makes the key and the certificate of an order that was approved, for whoever asked for it.',
    tags: ['Certificates'],
    request: { params: operationParams, body: z.strictObject({ pfx: pfxSchema.optional() }) },
    secretFields: ['/pfx/password'],
    responses: { 201: issuedViewSchema },
    handler: async ({ params, body, caller, headers, orchestrations }) => {
      const { password } = readKeyWishes({ key: {}, pfx: body.pfx }, headers);
      const wishes = { password, encryption: body.pfx?.encryption };
      const by = { caller, orchestrations };
      return answerWithKey(options, await options.certificateOrders.collect(params.id, wishes, by));
    },
  });
}
