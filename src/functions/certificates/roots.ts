import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { certificatePem } from '../../services/certificates/certificate-pem.ts';
import type { Roots } from '../../services/certificates/roots.ts';
import { rootKeys, rootPartition, type RootRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import { defineRoute } from '../http/define-route.ts';
import { continuationSchema, pageSchema, readContinuation, toPage, topSchema } from '../http/list-query.ts';
import type { Route, RouteAnswer } from '../http/route.ts';
import { slugParams, slugSchema } from '../http/slug-schema.ts';

const tags = ['Roots'];
const nameText = z.string().min(1).max(256);

const newRootSchema = z.strictObject({
  id: slugSchema,
  subject: z.strictObject({
    commonName: nameText.meta({ examples: ['Contoso VPN root 1'] }),
    organization: nameText.optional(),
    organizationalUnit: nameText.optional(),
    country: z.string().max(8).optional().meta({ description: 'ISO 3166 code, two upper-case letters.' }),
  }),
  keyType: z.enum(['RSA-2048', 'RSA-3072', 'RSA-4096']).optional().meta({ description: 'RSA-3072 if not given.' }),
  hsm: z.boolean().optional().meta({ description: 'Key in a hardware module; the vault must be of the premium kind.' }),
  validityDays: z.int().min(1).max(9131).optional().meta({ description: '3650 if not given; at most 25 years.' }),
});

const rootViewSchema = z
  .object({
    id: z.string(),
    kind: z.literal('created'),
    state: z.enum(['creating', 'staged', 'active', 'retiring', 'retired']),
    subject: z.object({
      commonName: z.string(),
      organization: z.string().optional(),
      organizationalUnit: z.string().optional(),
      country: z.string().optional(),
    }),
    keyType: z.string(),
    hsm: z.boolean(),
    serialNumber: z.string(),
    thumbprint: z.string().optional(),
    notBefore: z.string(),
    notAfter: z.string(),
    keyId: z.string().optional(),
    certificate: z.string().optional().meta({ description: 'PEM.' }),
  })
  .meta({ id: 'Root' });

export function rootRoutes({ stores, roots }: { readonly stores: Stores; readonly roots: Roots }): readonly Route[] {
  async function requireRoot(id: string): Promise<RootRecord> {
    const record = (await stores.roots.get(rootKeys(id)))?.record;
    if (record === undefined) throw new AppError('ERR_NOT_FOUND', `Root ${id} does not exist.`);
    return record;
  }

  const createRoot = defineRoute({
    name: 'createRoot',
    method: 'POST',
    path: 'roots',
    action: 'root.create',
    role: 'administrator',
    summary: 'Creates a root certificate whose key is made in Key Vault and stays there.',
    tags,
    request: { body: newRootSchema },
    responses: { 201: rootViewSchema },
    handler: async ({ body, randomBytes }) => {
      const { id, subject, keyType = 'RSA-3072', hsm = false, validityDays = 3650 } = body;
      const record = await roots.create({ id, subject, keyType, hsm, validityDays }, randomBytes);
      return { status: 201, body: toRootView(record), headers: { location: `/api/roots/${id}` } };
    },
  });

  const listRoots = defineRoute({
    name: 'listRoots',
    method: 'GET',
    path: 'roots',
    action: 'root.list',
    role: 'reader',
    summary: 'Lists the roots.',
    tags,
    request: { query: z.strictObject({ top: topSchema, continuation: continuationSchema }) },
    responses: { 200: pageSchema(rootViewSchema) },
    handler: async ({ query }) => {
      const after = readContinuation(query.continuation, /^[a-z0-9-]{1,63}$/);
      const rows = await stores.roots.list(rootPartition, {
        top: query.top,
        ...(after === undefined ? {} : { from: `${after}~` }),
      });
      const continuation = rows.length === query.top ? rows.at(-1)?.record.id : undefined;
      const items = rows.map(({ record }) => toRootView(record));
      return { status: 200, body: toPage(items, { path: 'roots', query: { top: query.top }, continuation }) };
    },
  });

  const getRoot = defineRoute({
    name: 'getRoot',
    method: 'GET',
    path: 'roots/{id}',
    action: 'root.read',
    role: 'reader',
    summary: 'Shows a root.',
    tags,
    request: { params: slugParams },
    responses: { 200: rootViewSchema },
    handler: async ({ params }) => ({ status: 200, body: toRootView(await requireRoot(params.id)) }),
  });

  const getRootCertificate = defineRoute({
    name: 'getRootCertificate',
    method: 'GET',
    path: 'roots/{id}/cer',
    action: 'root.readCertificate',
    role: 'reader',
    summary: "A root's certificate as a file: Azure's one line, PEM or DER.",
    tags,
    request: { params: slugParams, query: z.strictObject({ format: z.enum(['azure', 'pem', 'der']).optional() }) },
    responses: { 200: undefined },
    handler: async ({ params, query }) => {
      const { certificate } = await requireRoot(params.id);
      if (certificate === undefined) throw new AppError('ERR_CONFLICT', `Root ${params.id} is still being created.`);
      return certificateFile(certificate, query.format ?? 'pem');
    },
  });

  return [createRoot, listRoots, getRoot, getRootCertificate];
}

function certificateFile(oneLine: string, format: 'azure' | 'pem' | 'der'): RouteAnswer {
  switch (format) {
    case 'azure':
      return { status: 200, bytes: { content: oneLine, contentType: 'text/plain; charset=utf-8' } };
    case 'pem':
      return { status: 200, bytes: { content: certificatePem(oneLine), contentType: 'application/x-pem-file' } };
    case 'der':
      return { status: 200, bytes: { content: Buffer.from(oneLine, 'base64'), contentType: 'application/pkix-cert' } };
  }
}

function toRootView(record: RootRecord): z.infer<typeof rootViewSchema> {
  const { id, kind, state, subject, keyType, hsm, serialNumber, thumbprint, notBefore, notAfter, key, certificate } =
    record;
  return {
    id,
    kind,
    state,
    subject,
    keyType,
    hsm,
    serialNumber,
    notBefore,
    notAfter,
    ...(thumbprint === undefined ? {} : { thumbprint }),
    ...(key === undefined ? {} : { keyId: key.signingKeyId }),
    ...(certificate === undefined ? {} : { certificate: certificatePem(certificate) }),
  };
}
