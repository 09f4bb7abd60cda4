import { z } from 'zod';
import { problemItemSchema } from '../../domain/problem-item.ts';
import type { CertificateLookup } from '../../services/certificates/certificate-lookup.ts';
import { certificatePem } from '../../services/certificates/certificate-pem.ts';
import type { IssuedCertificate } from '../../services/certificates/issue-certificate.ts';
import { issuerChain } from '../../services/certificates/issuer-chain.ts';
import { gatewayIdsOf } from '../../services/certificates/root-gateways.ts';
import { sessionIdentityOf } from '../../services/certificates/shared-names.ts';
import { mapInGroups } from '../../stores/map-in-groups.ts';
import {
  type CertificateRecord,
  certificateStates,
  noKnownEnd,
  rootKeys,
  unknownRootId,
} from '../../stores/records/certificates.ts';
import { revocationStates } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';

export interface CertificateViewOptions {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
}

export const certificateViewSchema = z
  .object({
    thumbprint: z.string().optional(),
    serialNumber: z
      .string()
      .optional()
      .meta({ description: 'Absent, like what else only the certificate says, where only its thumbprint is known.' }),
    rootId: z
      .string()
      .optional()
      .meta({ description: 'Absent where the root of a registered certificate is not known.' }),
    owner: z.string(),
    subject: z.object({ commonName: z.string().optional() }),
    registered: z
      .object({ issuer: z.string().optional() })
      .optional()
      .meta({ description: 'Present if it was issued elsewhere and registered here.' }),
    sessionIdentity: z.enum(['unique', 'ambiguous']).meta({
      description: '`ambiguous` while another live certificate has this name: Azure’s session list shows names only.',
    }),
    approval: z
      .object({
        operationId: z.string(),
        approvedBy: z.string().meta({ description: 'Id of the caller who approved it.' }),
      })
      .optional()
      .meta({ description: 'Present if the policy of its root had somebody approve it: by which operation, and who.' }),
    notBefore: z.string().optional(),
    notAfter: z.string().optional(),
    state: z.enum(certificateStates),
    certificate: z.string().optional().meta({ description: 'PEM.' }),
    chain: z.array(z.string()).meta({ description: 'PEM of the issuers, the root last.' }),
    downloads: z.array(
      z.object({
        kind: z.string().meta({ description: '`pfx`, or the platform of a kit.' }),
        gatewayId: z.string().optional().meta({ description: 'Of a kit.' }),
        url: z.string(),
        expiresAt: z.string(),
      }),
    ),
    ignored: z
      .array(z.string())
      .optional()
      .meta({ description: 'What the request asked for beyond its key and did not get.' }),
    warnings: z
      .array(problemItemSchema)
      .optional()
      .meta({ description: 'What somebody should look at before the certificate is handed on.' }),
    renews: z.string().optional().meta({ description: 'Thumbprint of the certificate whose place it has taken.' }),
    supersededBy: z
      .string()
      .optional()
      .meta({ description: 'Thumbprint of the certificate that has taken its place.' }),
    revokeAt: z
      .string()
      .optional()
      .meta({ description: 'Of a superseded one: when it is revoked at the latest. Until then gateways let it in.' }),
    revokedAt: z.string().optional(),
    revocationReason: z.string().optional(),
    revocations: z
      .array(
        z.object({
          gatewayId: z.string(),
          state: z.enum(revocationStates),
          reason: z.string().optional(),
          startsAt: z.string().optional(),
        }),
      )
      .optional()
      .meta({
        description:
          'Of one certificate that was revoked or reinstated: how far that has come on each gateway. `overLimit` is not in force; `deferred` waits for the change window of the gateway, which opens at `startsAt`.',
      }),
  })
  .meta({ id: 'Certificate' });

export type CertificateView = z.infer<typeof certificateViewSchema>;

/** What a caller sees of each of a page of certificates: their roots are read once. */
export async function toViews(
  options: CertificateViewOptions,
  records: readonly CertificateRecord[],
): Promise<readonly CertificateView[]> {
  const ids = [...new Set(records.map(({ rootId }) => rootId))];
  const chains = await Promise.all(ids.map((id) => chainOf(options, id)));
  const byId = new Map(ids.map((id, place) => [id, chains[place] ?? []]));
  return mapInGroups(records, 16, (record) => viewOf(options, record, byId.get(record.rootId) ?? []));
}

/** What a caller sees of a certificate. */
export async function toView(options: CertificateViewOptions, record: CertificateRecord): Promise<CertificateView> {
  return viewOf(options, record, await chainOf(options, record.rootId));
}

/** The same of one that was issued, whose root may be at hand. */
export function toIssuedView(
  options: CertificateViewOptions,
  { record, root }: IssuedCertificate,
): Promise<CertificateView> {
  return root === undefined ? toView(options, record) : viewOf(options, record, root.chain.map(certificatePem));
}

/** PEM of a root and of what is above it. */
async function chainOf({ stores }: CertificateViewOptions, rootId: string): Promise<readonly string[]> {
  const root = (await stores.roots.get(rootKeys(rootId)))?.record;
  const chain = root === undefined ? [] : await issuerChain(stores, root);
  return chain.map(({ certificate }) => certificatePem(certificate));
}

async function viewOf(
  { lookup }: CertificateViewOptions,
  record: CertificateRecord,
  chain: readonly string[],
): Promise<CertificateView> {
  const { thumbprint, owner, state, looksLike } = record;
  const certificate = record.certificate ?? record.registered?.certificate;
  return {
    ...(thumbprint === undefined ? {} : { thumbprint }),
    ...knownOf(record),
    owner,
    sessionIdentity: await sessionIdentityOf(lookup, record),
    state,
    ...(record.approval === undefined ? {} : { approval: record.approval }),
    ...(certificate === undefined ? {} : { certificate: certificatePem(certificate) }),
    chain: [...chain],
    downloads: [],
    ...(looksLike === undefined ? {} : { warnings: looksLike.map(alikeWarning) }),
    ...(record.renews === undefined ? {} : { renews: record.renews.thumbprint }),
    ...(record.superseded === undefined ? {} : { supersededBy: record.superseded.thumbprint }),
    ...(record.superseded === undefined || state !== 'superseded' ? {} : { revokeAt: record.superseded.revokeAt }),
    ...(record.revokedAt === undefined ? {} : { revokedAt: record.revokedAt }),
    ...(record.revocationReason === undefined ? {} : { revocationReason: record.revocationReason }),
  };
}

/** What is known of a certificate that others may have issued. */
function knownOf(
  record: CertificateRecord,
): Pick<CertificateView, 'serialNumber' | 'rootId' | 'subject' | 'notBefore' | 'notAfter' | 'registered'> {
  const { rootId, commonName, notBefore, notAfter, registered } = record;
  const serialNumber = registered === undefined ? record.serialNumber : registered.serialNumber;
  return {
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(rootId === unknownRootId ? {} : { rootId }),
    subject: commonName === '' ? {} : { commonName },
    ...(registered !== undefined && registered.certificate === undefined ? {} : { notBefore }),
    ...(notAfter === noKnownEnd ? {} : { notAfter }),
    ...(registered === undefined
      ? {}
      : { registered: registered.issuer === undefined ? {} : { issuer: registered.issuer } }),
  };
}

function alikeWarning(name: string): z.infer<typeof problemItemSchema> {
  const message = `The name looks like ${name}, which another live certificate has, but is written with other letters.`;
  const fix = 'Make sure that the certificate is meant for whoever asked for it, or revoke it.';
  return { path: '/commonName', code: 'nameLooksAlike', message, fix };
}

/** How far the revocation of a certificate, or its end, has come on each gateway. */
export async function revocationsOf(
  stores: Pick<Stores, 'gateways' | 'madeResources' | 'roots' | 'rootGateways' | 'gatewayRevocations'>,
  { rootId, thumbprint }: CertificateRecord,
): Promise<Pick<CertificateView, 'revocations'>> {
  const gatewayIds = await gatewayIdsOf(stores, rootId);
  const rows = await Promise.all(
    gatewayIds.map((gatewayId) => stores.gatewayRevocations.get({ partitionKey: gatewayId, rowKey: thumbprint ?? '' })),
  );
  const revocations = rows.flatMap((row) => {
    if (row === undefined) return [];
    const { gatewayId, state, reason, startsAt } = row.record;
    return [
      {
        gatewayId,
        state,
        ...(reason === undefined ? {} : { reason }),
        ...(startsAt === undefined ? {} : { startsAt }),
      },
    ];
  });
  return revocations.length === 0 ? {} : { revocations };
}
