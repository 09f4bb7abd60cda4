import { z } from 'zod';
import { slugSchema } from '../http/slug-schema.ts';
import { thumbprintSchema } from '../http/thumbprint-schema.ts';

/** A day, or a time in any offset; answers a time. */
const endSchema = z.union([
  z.iso.date().transform((day) => `${day}T00:00:00.000Z`),
  z.iso.datetime({ offset: true }).transform((time) => new Date(time).toISOString()),
]);

/** What is said of a certificate that others have issued: in JSON, and in the columns of a CSV file. */
export const certificateToRegisterSchema = z.strictObject({
  certificate: z
    .string()
    .min(1)
    .max(32_768)
    .optional()
    .meta({ description: 'PEM, or base64 of a .cer or .p7b file; never with its key.' }),
  thumbprint: thumbprintSchema.optional().meta({ description: 'Where the certificate itself is not at hand.' }),
  owner: z
    .union([slugSchema, z.email().max(254)])
    .meta({ description: "Owner's id, or an e-mail address, which registers the owner under its slug." }),
  rootId: slugSchema
    .optional()
    .meta({ description: 'Root that has signed it. Found by the signature where the certificate is sent.' }),
  commonName: z.string().min(1).max(256).optional().meta({
    description: 'Of a thumbprint: the name in the certificate, by which its sessions are told from others.',
  }),
  notAfter: endSchema.optional().meta({ description: 'Of a thumbprint: when the certificate ends, if that is known.' }),
});
