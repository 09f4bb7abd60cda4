import { z } from 'zod';
import { requireThumbprint } from '../../domain/thumbprint.ts';
import { comparableSerial } from '../../services/certificates/list-certificates.ts';
import {
  type CertificateRecord,
  certificateStates,
  noKnownEnd,
  unknownRootId,
} from '../../stores/records/certificates.ts';
import { formatSchema, listFormat } from '../http/answer-format.ts';
import { defineRoute } from '../http/define-route.ts';
import { type CsvColumns, listAnswer } from '../http/list-answer.ts';
import { continuationSchema, pageSchema, readContinuation, toPage, topSchema } from '../http/list-query.ts';
import type { Route } from '../http/route.ts';
import { slugSchema } from '../http/slug-schema.ts';
import { thumbprintSchema } from '../http/thumbprint-schema.ts';
import { type CertificateViewOptions, certificateViewSchema, toViews } from './certificate-view.ts';

const querySchema = z.strictObject({
  owner: slugSchema.optional(),
  rootId: slugSchema.optional(),
  state: z.enum(certificateStates).optional(),
  expiresBefore: z.iso
    .datetime({ offset: true })
    .transform((time) => new Date(time).toISOString())
    .optional(),
  thumbprint: thumbprintSchema.optional(),
  serialNumber: z
    .string()
    .max(128)
    .regex(/^[0-9A-Fa-f][0-9A-Fa-f\s:]*$/)
    .transform(comparableSerial)
    .optional()
    .meta({ description: 'Hexadecimal; blanks, colons and letter case do not count.' }),
  name: z.string().min(1).max(256).optional().meta({ description: 'Common name, whole; letter case does not count.' }),
  format: formatSchema,
  top: topSchema,
  continuation: continuationSchema,
});

/** GET /api/certificates */
export function listCertificates(options: CertificateViewOptions): Route {
  return defineRoute({
    name: 'listCertificates',
    method: 'GET',
    path: 'certificates',
    action: 'certificate.list',
    role: 'reader',
    summary: 'Lists all certificates, or those of an owner, a root, a state, an end, a thumbprint, a number or a name.',
    tags: ['Certificates'],
    request: { query: querySchema },
    responses: { 200: pageSchema(certificateViewSchema) },
    handler: async ({ query, headers }) => {
      const { continuation, format: named, thumbprint, ...asked } = query;
      const { items, next } = await options.lookup.list({
        ...asked,
        thumbprint: thumbprint === undefined ? undefined : requireThumbprint(thumbprint),
        after: readContinuation(continuation, /^[0-9a-f]{32,40}$/),
      });
      const format = listFormat(named, headers);
      const page = { path: 'certificates', query: { ...asked, thumbprint, format: named }, continuation: next };
      const file = { fileStem: 'gatehouse-certificates', columns };
      // A spreadsheet has no place for certificates and chains: what they are is not read for it.
      if (format === 'csv') return listAnswer(toPage(items, page), format, file);
      return listAnswer(toPage(await toViews(options, items), page), format, { ...file, columns: {} });
    },
  });
}

const columns: CsvColumns<CertificateRecord> = {
  thumbprint: ({ thumbprint }) => thumbprint,
  serialNumber: ({ registered, serialNumber }) => (registered === undefined ? serialNumber : registered.serialNumber),
  commonName: ({ commonName }) => commonName,
  owner: ({ owner }) => owner,
  rootId: ({ rootId }) => (rootId === unknownRootId ? undefined : rootId),
  state: ({ state }) => state,
  notBefore: ({ registered, notBefore }) =>
    registered !== undefined && registered.certificate === undefined ? undefined : notBefore,
  notAfter: ({ notAfter }) => (notAfter === noKnownEnd ? undefined : notAfter),
  issuer: ({ registered }) => registered?.issuer,
  revokedAt: ({ revokedAt }) => revokedAt,
  revocationReason: ({ revocationReason }) => revocationReason,
  createdAt: ({ createdAt }) => createdAt,
  approvedBy: ({ approval }) => approval?.approvedBy,
};
