import { z } from 'zod';
import { isClientAddress } from '../../domain/client-addresses.ts';
import { problemCodeSchema } from '../../domain/problem-codes.ts';
import type { Diagnose } from '../../services/gateways/diagnose.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugParams } from '../http/slug-schema.ts';

const addressSchema = z
  .string()
  .max(64)
  .refine(isClientAddress, { error: 'An IPv4 address such as 172.16.201.3, or with its prefix such as 10.1.7.7/24.' });

const symptomsSchema = z.strictObject({
  errorCode: z.string().trim().min(1).max(1000).optional().meta({
    description: 'What the client shows, as text: a number such as "809" or "0x80090326", or its words.',
  }),
  addresses: z.array(addressSchema).min(1).max(64).optional().meta({
    description:
      'IPv4 addresses of the client while it is connected; those of local networks with their prefix length (10.1.7.7/24).',
  }),
  certificate: z.string().min(1).max(131_072).optional().meta({
    description:
      'Certificate of the client as PEM, base64 or .p7b, with its chain where there is one. Never a private key.',
  }),
  profileHash: z
    .string()
    .regex(/^[0-9a-fA-F]{12,64}$/)
    .optional()
    .meta({ description: 'Of the profile that the kit was made from; its page has how it begins.' }),
});

const findingSchema = z.object({ code: problemCodeSchema, message: z.string(), fix: z.string() });

/** POST /api/gateways/{id}/diagnose */
export function diagnoseRoute({ diagnose }: { readonly diagnose: Diagnose }): Route {
  return defineRoute({
    name: 'diagnoseGateway',
    method: 'POST',
    path: 'gateways/{id}/diagnose',
    action: 'gateway.diagnose',
    role: 'reader',
    summary:
      'Says why somebody does not get in, of what is sent and what is known here. Changes nothing, and asks Azure nothing.',
    tags: ['Gateways'],
    request: { params: slugParams, body: symptomsSchema },
    responses: { 200: z.object({ findings: z.array(findingSchema) }) },
    handler: async ({ params, body }) => {
      const findings = await diagnose(params.id, body);
      return { status: 200, body: { findings: findings.map(({ code, message, fix }) => ({ code, message, fix })) } };
    },
  });
}
