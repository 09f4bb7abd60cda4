import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { isAllowed } from '../../domain/caller.ts';
import { operationViewSchema } from '../../domain/operation.ts';
import { problemItemSchema } from '../../domain/problem-item.ts';
import { parseThumbprint } from '../../domain/thumbprint.ts';
import type { CertificateLookup } from '../../services/certificates/certificate-lookup.ts';
import { certificatePem } from '../../services/certificates/certificate-pem.ts';
import { readOrder } from '../../services/certificates/check-order.ts';
import type { Certificates } from '../../services/certificates/issue-certificate.ts';
import type { IssueWithKey } from '../../services/certificates/issue-with-key.ts';
import { type CertificateKit, certificateKitPlatforms, type Kits } from '../../services/certificates/kits.ts';
import type { Owners } from '../../services/certificates/owners.ts';
import { sessionIdentityOf } from '../../services/certificates/shared-names.ts';
import { revocationReasons } from '../../services/gateways/revocation-intents.ts';
import type { Revocations } from '../../services/gateways/revocations.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { type CertificateRecord, certificateStates, rootKeys } from '../../stores/records/certificates.ts';
import { revocationStates } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { accepted } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import { continuationSchema, pageSchema, readContinuation, toPage, topSchema } from '../http/list-query.ts';
import type { Route } from '../http/route.ts';
import { slugSchema } from '../http/slug-schema.ts';
import {
  bringsOneKey,
  csrSchema,
  keySchema,
  madeKeyView,
  madeKeyViewSchema,
  pfxSchema,
  readKeyWishes,
} from './key-order.ts';

export interface CertificateRoutesOptions {
  readonly stores: Stores;
  readonly certificates: Certificates;
  readonly issueWithKey: IssueWithKey;
  readonly lookup: CertificateLookup;
  readonly owners: Pick<Owners, 'get'>;
  readonly revocations: Revocations;
  readonly kits: Kits;
  readonly now: () => Date;
  readonly operations: Pick<Operations, 'view'>;
}

const tags = ['Certificates'];

const thumbprintSchema = z
  .string()
  .max(128)
  .refine((text) => parseThumbprint(text) !== undefined, {
    error: 'Not a thumbprint: send 40 hexadecimal digits.',
    params: {
      code: 'wrongFormat',
      fix: 'Send the 40 hexadecimal digits of the certificate’s SHA-1; spaces, colons and letter case do not count.',
    },
  })
  // One spelling from here on: also where an idempotency key is scoped by what the path names.
  .transform((text): string => parseThumbprint(text) ?? text)
  .meta({ description: 'SHA-1 of the certificate, 40 hexadecimal digits.' });
const thumbprintParams = z.strictObject({ thumbprint: thumbprintSchema });

const allowSharedNameSchema = z.boolean().optional().meta({
  description:
    'Operators only: takes a name that another live certificate has. Sessions of the two cannot be told apart.',
});

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

const certificateViewSchema = z
  .object({
    thumbprint: z.string().optional(),
    serialNumber: z.string(),
    rootId: z.string(),
    owner: z.string(),
    subject: z.object({ commonName: z.string() }),
    sessionIdentity: z.enum(['unique', 'ambiguous']).meta({
      description: '`ambiguous` while another live certificate has this name: Azure’s session list shows names only.',
    }),
    notBefore: z.string(),
    notAfter: z.string(),
    state: z.enum(certificateStates),
    certificate: z.string().optional().meta({ description: 'PEM.' }),
    chain: z.array(z.string()).meta({ description: 'PEM of the issuers, the root last.' }),
    downloads: z.array(z.object({ kind: z.string(), url: z.string(), expiresAt: z.string() })),
    ignored: z
      .array(z.string())
      .optional()
      .meta({ description: 'What the request asked for beyond its key and did not get.' }),
    warnings: z
      .array(problemItemSchema)
      .optional()
      .meta({ description: 'What somebody should look at before the certificate is handed on.' }),
    revokedAt: z.string().optional(),
    revocationReason: z.string().optional(),
    revocations: z
      .array(z.object({ gatewayId: z.string(), state: z.enum(revocationStates), reason: z.string().optional() }))
      .optional()
      .meta({
        description:
          'Of one certificate that was revoked or reinstated: how far that has come on each gateway. `overLimit` is not in force.',
      }),
  })
  .meta({ id: 'Certificate' });

const kitPlatformSchema = z
  .enum(certificateKitPlatforms.names)
  .meta({ description: `What the kit is for.\n${certificateKitPlatforms.about}` });

const issuedViewSchema = certificateViewSchema.extend(madeKeyViewSchema.shape).meta({ id: 'IssuedCertificate' });

const probeSchema = z
  .strictObject({ address: z.ipv4(), port: z.int().min(1).max(65_535) })
  .optional()
  .meta({ description: 'Where something answers behind the gateway: the check of the kit tries it.' });

const kitSchema = z
  .object({
    platform: kitPlatformSchema,
    fileName: z.string(),
    mediaType: z.string(),
    encoding: z.enum(['utf8', 'base64']).meta({ description: 'How the file is written in `content`.' }),
    content: z.string(),
    keyFileName: z.string().optional().meta({
      description: 'Where the private key is looked for, beside the file; absent where the kit looks for none.',
    }),
    notes: z.array(z.string()),
    profileHash: z.string().meta({ description: 'Of the gateway’s profile that the kit was made from.' }),
  })
  .meta({ id: 'Kit' });

export function certificateRoutes(options: CertificateRoutesOptions): readonly Route[] {
  return [
    issueCertificate(options),
    listCertificates(options),
    getCertificate(options),
    revokeCertificate(options),
    reinstateCertificate(options),
    makeKit(options),
  ];
}

function issueCertificate(options: CertificateRoutesOptions): Route {
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
    alsoWrong: async (parts, faults) => (await readOrder(options, parts, faults)).problems,
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

function listCertificates(options: CertificateRoutesOptions): Route {
  return defineRoute({
    name: 'listCertificates',
    method: 'GET',
    path: 'certificates',
    action: 'certificate.list',
    role: 'reader',
    summary: 'Lists the certificates of one owner or one root.',
    tags,
    request: {
      query: z
        .strictObject({
          owner: slugSchema.optional(),
          rootId: slugSchema.optional(),
          state: z.enum(certificateStates).optional(),
          expiresBefore: z.iso.datetime().optional(),
          top: topSchema,
          continuation: continuationSchema,
        })
        .refine(({ owner, rootId }) => owner !== undefined || rootId !== undefined, {
          error: 'The list needs an owner or a root.',
          params: { code: 'missingField', fix: 'Give owner, rootId or both.' },
        }),
    },
    responses: { 200: pageSchema(certificateViewSchema) },
    handler: async ({ query }) => {
      const { owner, rootId, state, expiresBefore, top } = query;
      const after = readContinuation(query.continuation, /^[0-9a-f]{32}$/);
      const page = await options.lookup.list({ owner, rootId, state, expiresBefore, top, after });
      const items = await Promise.all(page.items.map((record) => toView(options, record)));
      const next = {
        path: 'certificates',
        query: { owner, rootId, state, expiresBefore, top },
        continuation: page.next,
      };
      return { status: 200, body: toPage(items, next) };
    },
  });
}

function getCertificate(options: CertificateRoutesOptions): Route {
  return defineRoute({
    name: 'getCertificate',
    method: 'GET',
    path: 'certificates/{thumbprint}',
    action: 'certificate.read',
    role: 'reader',
    summary: 'Shows a certificate and its state.',
    tags,
    request: { params: thumbprintParams },
    responses: { 200: certificateViewSchema },
    handler: async ({ params }) => {
      const thumbprint = parseThumbprint(params.thumbprint);
      const record = thumbprint === undefined ? undefined : await options.lookup.byThumbprint(thumbprint);
      if (record === undefined) throw new AppError('ERR_NOT_FOUND', `Certificate ${params.thumbprint} does not exist.`);
      const revocations = await revocationsOf(options.stores, record);
      return { status: 200, body: { ...(await toView(options, record)), ...revocations } };
    },
  });
}

async function revocationsOf(
  stores: Stores,
  { rootId, thumbprint }: CertificateRecord,
): Promise<Pick<z.infer<typeof certificateViewSchema>, 'revocations'>> {
  const gateways = await stores.rootGateways.list(rootId);
  const rows = await Promise.all(
    gateways.map(({ record }) =>
      stores.gatewayRevocations.get({ partitionKey: record.gatewayId, rowKey: thumbprint ?? '' }),
    ),
  );
  const revocations = rows.flatMap((row) => {
    if (row === undefined) return [];
    const { gatewayId, state, reason } = row.record;
    return [{ gatewayId, state, ...(reason === undefined ? {} : { reason }) }];
  });
  return revocations.length === 0 ? {} : { revocations };
}

function revokeCertificate({ revocations, operations }: CertificateRoutesOptions): Route {
  return defineRoute({
    name: 'revokeCertificate',
    method: 'POST',
    path: 'certificates/{thumbprint}/revoke',
    action: 'certificate.revoke',
    role: 'operator',
    summary: 'Revokes a certificate on every gateway that trusts its root and cuts its sessions.',
    tags,
    request: {
      params: thumbprintParams,
      body: z.strictObject({ reason: z.enum(revocationReasons), urgency: z.enum(['immediate', 'window']).optional() }),
    },
    responses: { 202: operationViewSchema },
    handler: async ({ params, body, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await revocations.revoke(params.thumbprint, body, request);
      return accepted(operations, id);
    },
  });
}

function reinstateCertificate({ revocations, operations }: CertificateRoutesOptions): Route {
  return defineRoute({
    name: 'reinstateCertificate',
    method: 'POST',
    path: 'certificates/{thumbprint}/reinstate',
    action: 'certificate.reinstate',
    role: 'operator',
    summary: 'Takes a revocation back on every gateway.',
    tags,
    request: {
      params: thumbprintParams,
      body: z.strictObject({ allowSharedName: allowSharedNameSchema }),
    },
    responses: { 202: operationViewSchema },
    handler: async ({ params, body, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await revocations.reinstate(params.thumbprint, body, request);
      return accepted(operations, id);
    },
  });
}

function makeKit({ kits }: CertificateRoutesOptions): Route {
  return defineRoute({
    name: 'makeKit',
    method: 'POST',
    path: 'certificates/{thumbprint}/kits',
    action: 'certificate.makeKit',
    role: 'requester',
    summary: 'The file that sets up a VPN client with this certificate for a gateway, without the private key.',
    tags,
    // It holds the gateway's TLS key, so it is made anew for every request and kept nowhere.
    sensitiveAnswer: true,
    request: {
      params: thumbprintParams,
      body: z.strictObject({ gatewayId: slugSchema, platform: kitPlatformSchema, probe: probeSchema }),
    },
    responses: { 201: kitSchema },
    handler: async ({ params, body }) => {
      const { probe, ...order } = body;
      const kit = await kits.make({ ...params, ...order, ...(probe === undefined ? {} : { probe }) });
      return { status: 201, body: toKitView(order.platform, kit) };
    },
  });
}

function toKitView(platform: z.infer<typeof kitPlatformSchema>, kit: CertificateKit): z.infer<typeof kitSchema> {
  const { fileName, contentType, encoding, content, keyFileName, notes, profileHash } = kit;
  return {
    platform,
    fileName,
    mediaType: contentType,
    encoding,
    content: Buffer.from(content).toString(encoding),
    ...(keyFileName === undefined ? {} : { keyFileName }),
    notes: [...notes],
    profileHash,
  };
}

async function toView(
  { stores, lookup }: Pick<CertificateRoutesOptions, 'stores' | 'lookup'>,
  record: CertificateRecord,
): Promise<z.infer<typeof certificateViewSchema>> {
  const root = (await stores.roots.get(rootKeys(record.rootId)))?.record;
  const { thumbprint, serialNumber, rootId, owner, commonName, notBefore, notAfter, state, looksLike } = record;
  return {
    ...(thumbprint === undefined ? {} : { thumbprint }),
    serialNumber,
    rootId,
    owner,
    subject: { commonName },
    sessionIdentity: await sessionIdentityOf(lookup, record),
    notBefore,
    notAfter,
    state,
    ...(record.certificate === undefined ? {} : { certificate: certificatePem(record.certificate) }),
    chain: root?.certificate === undefined ? [] : [certificatePem(root.certificate)],
    downloads: [],
    ...(looksLike === undefined ? {} : { warnings: looksLike.map(alikeWarning) }),
    ...(record.revokedAt === undefined ? {} : { revokedAt: record.revokedAt }),
    ...(record.revocationReason === undefined ? {} : { revocationReason: record.revocationReason }),
  };
}

function alikeWarning(name: string): z.infer<typeof problemItemSchema> {
  const message = `The name looks like ${name}, which another live certificate has, but is written with other letters.`;
  const fix = 'Make sure that the certificate is meant for whoever asked for it, or revoke it.';
  return { path: '/commonName', code: 'nameLooksAlike', message, fix };
}
