import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { toFileName } from '../../domain/file-name.ts';
import { problemItemSchema } from '../../domain/problem-item.ts';
import { rootPolicySchema } from '../../domain/root-policy.ts';
import { secretNameOf } from '../../domain/secret-uses.ts';
import { without } from '../../domain/without.ts';
import { certificatePem } from '../../services/certificates/certificate-pem.ts';
import type { RootKeyImports } from '../../services/certificates/import-root-key.ts';
import type { RootImports } from '../../services/certificates/import-roots.ts';
import type { RootRemovals } from '../../services/certificates/remove-root.ts';
import type { Roots } from '../../services/certificates/roots.ts';
import { rootKeys, rootKinds, rootPartition, type RootRecord, rootStates } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import { attachmentHeader } from '../http/attachment-header.ts';
import { defineRoute } from '../http/define-route.ts';
import { continuationSchema, pageSchema, readContinuation, toPage, topSchema } from '../http/list-query.ts';
import type { Route, RouteAnswer } from '../http/route.ts';
import { slugParams, slugSchema } from '../http/slug-schema.ts';

const tags = ['Roots'];
const nameText = z.string().min(1).max(256);

/** Room for a root with as many intermediates as a gateway takes. */
const importMax = 262_144;

function hasOnly(body: object, names: readonly string[]): boolean {
  return Object.keys(body).every((name) => names.includes(name));
}

const newRootSchema = z
  .strictObject({
    id: slugSchema,
    subject: z
      .strictObject({
        commonName: nameText.meta({ examples: ['Contoso VPN root 1'] }),
        organization: nameText.optional(),
        organizationalUnit: nameText.optional(),
        country: z.string().max(8).optional().meta({ description: 'ISO 3166 code, two upper-case letters.' }),
      })
      .optional(),
    import: z.string().min(1).max(importMax).optional().meta({
      description:
        'Instead of a subject: the certificate of an authority that others run, with its intermediates if there are any. PEM, base64 of DER, or base64 of a .cer, .pem or .p7b file.',
    }),
    pfxSecret: secretNameOf('rootFile').optional().meta({
      description:
        'Instead of a subject: the secret with a .pfx of an authority and its key, in base64. Key Vault keeps the key, not exportable, and the root issues.',
    }),
    passwordSecret: secretNameOf('rootPassword')
      .optional()
      .meta({ description: 'The secret with that file’s password.' }),
    policy: rootPolicySchema.optional().meta({ description: 'What may be issued under it, to whom.' }),
    keyType: z.enum(['RSA-2048', 'RSA-3072', 'RSA-4096']).optional().meta({ description: 'RSA-3072 if not given.' }),
    hsm: z
      .boolean()
      .optional()
      .meta({ description: 'Key in a hardware module; the vault must be of the premium kind.' }),
    validityDays: z.int().min(1).max(9131).optional().meta({ description: '3650 if not given; at most 25 years.' }),
  })
  .refine(
    ({ subject, import: text, pfxSecret }) => subject !== undefined || text !== undefined || pfxSecret !== undefined,
    {
      path: ['subject'],
      error: 'A root is either created or imported.',
      params: {
        code: 'missingField',
        fix: 'Give subject to create one, import to take one that exists, or pfxSecret to take it with its key.',
      },
    },
  )
  .refine((body) => body.import === undefined || hasOnly(body, ['id', 'import']), {
    error: 'What is imported has its name, key and dates already.',
    params: { code: 'invalidValue', fix: 'Give id and import alone.' },
  })
  .refine((body) => body.pfxSecret === undefined || hasOnly(body, ['id', 'pfxSecret', 'passwordSecret', 'policy']), {
    path: ['pfxSecret'],
    error: 'What is imported has its name, key and dates already.',
    params: { code: 'invalidValue', fix: 'Give id, pfxSecret, passwordSecret and policy alone.' },
  })
  .refine(({ pfxSecret, passwordSecret }) => passwordSecret === undefined || pfxSecret !== undefined, {
    path: ['passwordSecret'],
    error: 'There is no file that the password could open.',
    params: { code: 'forbiddenField', fix: 'Give pfxSecret too.' },
  });

const rootViewSchema = z
  .object({
    id: z.string(),
    kind: z
      .enum(rootKinds)
      .meta({ description: '`imported`: of an authority that others run. It issues here if it has a keyId.' }),
    role: z.enum(['root', 'intermediate']),
    issuerRootId: z.string().optional().meta({ description: 'Of an intermediate: the root that signed it.' }),
    distinguishedName: z
      .string()
      .optional()
      .meta({ description: 'Of one that was imported: its whole name (RFC 4514).' }),
    state: z.enum(rootStates),
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
    policy: rootPolicySchema.optional(),
    certificate: z.string().optional().meta({ description: 'PEM.' }),
    warnings: z.array(problemItemSchema).optional().meta({ description: 'What to look at before relying on it.' }),
    intermediates: z
      .array(z.string())
      .optional()
      .meta({ description: 'Ids of what an import has taken beside this one, each after its issuer.' }),
  })
  .meta({ id: 'Root' });

export interface RootRoutesOptions {
  readonly stores: Stores;
  readonly roots: Pick<Roots, 'create'>;
  readonly rootImports: Pick<RootImports, 'importText'>;
  readonly rootKeyImports: Pick<RootKeyImports, 'importKey'>;
  readonly rootRemovals: Pick<RootRemovals, 'remove'>;
}

export function rootRoutes({
  stores,
  roots,
  rootImports,
  rootKeyImports,
  rootRemovals,
}: RootRoutesOptions): readonly Route[] {
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
    summary: 'Creates a root whose key is made in Key Vault and stays there, or imports one that others run.',
    tags,
    request: { body: newRootSchema },
    responses: { 201: rootViewSchema },
    handler: async ({ body, randomBytes }) => {
      const {
        id,
        subject,
        import: text,
        pfxSecret,
        passwordSecret,
        policy,
        keyType = 'RSA-3072',
        hsm = false,
        validityDays = 3650,
      } = body;
      if (pfxSecret !== undefined) {
        const root = await rootKeyImports.importKey({ id, pfxSecret, passwordSecret, policy });
        return { status: 201, body: toRootView(root), headers: { location: `/api/roots/${id}` } };
      }
      if (subject === undefined) {
        const [first, ...others] = await rootImports.importText(id, text ?? '');
        if (first === undefined) throw new Error('An import has taken nothing and refused nothing.');
        const intermediates = others.map((other) => other.id);
        const view = { ...toRootView(first), ...(intermediates.length === 0 ? {} : { intermediates }) };
        return { status: 201, body: view, headers: { location: `/api/roots/${first.id}` } };
      }
      const record = await roots.create({ id, subject, keyType, hsm, validityDays, policy }, randomBytes);
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
      const root = await requireRoot(params.id);
      if (root.certificate === undefined) {
        throw new AppError('ERR_CONFLICT', `Root ${params.id} is still being created.`);
      }
      return certificateFile(root, root.certificate, query.format ?? 'pem');
    },
  });

  const setPolicy = defineRoute({
    name: 'setRootPolicy',
    method: 'PUT',
    path: 'roots/{id}/policy',
    action: 'root.setPolicy',
    role: 'administrator',
    summary: 'Says what may be issued under a root, to whom; the whole policy, an empty one for none.',
    tags,
    request: { params: slugParams, body: rootPolicySchema },
    responses: { 200: rootViewSchema },
    handler: async ({ params, body }) => {
      const { key, state } = await requireRoot(params.id);
      if (key === undefined && state !== 'creating') {
        throw new AppError('ERR_CONFLICT', `Root ${params.id} issues nothing here, so no policy holds.`);
      }
      const root = await stores.roots.update(rootKeys(params.id), (record) => {
        const others = without(record, 'policy');
        return Object.keys(body).length === 0 ? others : { ...others, policy: body };
      });
      if (root === undefined) throw new AppError('ERR_NOT_FOUND', `Root ${params.id} does not exist.`);
      return { status: 200, body: toRootView(root) };
    },
  });

  const removeRoot = defineRoute({
    name: 'removeRoot',
    method: 'DELETE',
    path: 'roots/{id}',
    action: 'root.remove',
    role: 'administrator',
    summary: 'Forgets an imported root, and deletes a key that came with it; refused while something depends on it.',
    tags,
    request: { params: slugParams },
    responses: { 204: undefined },
    handler: async ({ params }) => {
      await rootRemovals.remove(params.id);
      return { status: 204 };
    },
  });

  return [createRoot, listRoots, getRoot, getRootCertificate, setPolicy, removeRoot];
}

function certificateFile({ commonName }: RootRecord, oneLine: string, format: 'azure' | 'pem' | 'der'): RouteAnswer {
  const file = (content: string | Uint8Array, contentType: string, ending: string): RouteAnswer => ({
    status: 200,
    bytes: { content, contentType },
    headers: { 'content-disposition': attachmentHeader(`${toFileName(commonName)}.${ending}`) },
  });
  switch (format) {
    case 'azure':
      return file(oneLine, 'text/plain; charset=utf-8', 'txt');
    case 'pem':
      return file(certificatePem(oneLine), 'application/x-pem-file', 'pem');
    case 'der':
      return file(Buffer.from(oneLine, 'base64'), 'application/pkix-cert', 'cer');
  }
}

function toRootView(record: RootRecord): z.infer<typeof rootViewSchema> {
  const { id, kind, state, subject, keyType, hsm, serialNumber, notBefore, notAfter, key, certificate } = record;
  const { thumbprint, issuerRootId, distinguishedName, warnings, policy } = record;
  return {
    id,
    kind,
    role: issuerRootId === undefined ? 'root' : 'intermediate',
    state,
    subject,
    keyType,
    hsm,
    serialNumber,
    notBefore,
    notAfter,
    ...(issuerRootId === undefined ? {} : { issuerRootId }),
    ...(distinguishedName === undefined ? {} : { distinguishedName }),
    ...(thumbprint === undefined ? {} : { thumbprint }),
    ...(key === undefined ? {} : { keyId: key.signingKeyId }),
    ...(policy === undefined ? {} : { policy }),
    ...(certificate === undefined ? {} : { certificate: certificatePem(certificate) }),
    ...(warnings === undefined ? {} : { warnings }),
  };
}
