import { createHash } from 'node:crypto';
import { z } from 'zod';
import { azureWordsSchema } from '../../domain/azure-words.ts';
import { changeWindowSchema } from '../../domain/change-window.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import { problemCodeSchema } from '../../domain/problem-codes.ts';
import type { RecordKind } from '../store.ts';

/** One partition holds all gateways of a deployment: they are hundreds at most and are listed together. */
export const gatewayPartition = 'gateway';

const observedSchema = z.object({
  provisioningState: z.string(),
  checkedAt: z.string(),
  publicIpAddresses: z.array(z.string()).optional(),
});

/**
 * Why the last write as a whole did not get through. What was wanted stays wanted, and is tried again at `nextTryAt`.
 */
export const writeFailureSchema = z.object({
  code: problemCodeSchema,
  message: z.string(),
  azure: azureWordsSchema.optional(),
  since: z.string(),
  attempts: z.int(),
  nextTryAt: z.string(),
});

/** The last change of the gateway that somebody else made, as far as an event told of it. */
const foreignChangeSchema = z.object({ by: z.string(), at: z.string() });

/** Who may write the gateway now. The row is the lock: it changes hands by etag-guarded writes only. */
const writerSchema = z.object({ instanceId: z.string(), epoch: z.int() });

/**
 * `missing`: built, and no longer in Azure when it was looked for. It is looked for again, and ready when it is there
 * again.
 */
export const gatewayStates = ['building', 'ready', 'missing', 'failed', 'removed'] as const;

const gatewayRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  resourceId: z.string(),
  state: z.enum(gatewayStates),
  plan: z.custom<GatewayPlan>((value) => typeof value === 'object' && value !== null),
  /** Counts intents: each change of what the gateway should be raises it by one. */
  desired: z.int(),
  /** The value of `desired` that the gateway was last seen to match. */
  applied: z.int(),
  epoch: z.int(),
  writer: writerSchema.optional(),
  /** Profile packages asked for and made, counted likewise. */
  profileWanted: z.int(),
  profileMade: z.int(),
  /** What the gateway and its network were like when a package was wanted last, as a digest. */
  profileBasis: z.string().optional(),
  /** When the sessions have to be looked at again to prove a revocation. */
  lookAt: z.string().optional(),
  /** When an entry that Azure refused, or has not finished, is tried or looked at again. */
  retryAt: z.string().optional(),
  writeFailure: writeFailureSchema.optional(),
  changeWindow: changeWindowSchema.optional(),
  /** When the window, or that there is none, was asked for: an earlier request does not come after it. */
  changeWindowAskedAt: z.string().optional(),
  /** When the changes that wait for the window are made. */
  deferredUntil: z.string().optional(),
  /** Since when it has held so many revocations that people were told; and when it last fell below that. */
  nearLimitAt: z.string().optional(),
  belowLimitAt: z.string().optional(),
  lastForeignChange: foreignChangeSchema.optional(),
  observed: observedSchema.optional(),
  /** Seconds that the latest writes took, newest last. */
  updateSeconds: z.array(z.number()),
  lastOperationId: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type GatewayRecord = z.infer<typeof gatewayRecordSchema>;

export const gatewayKind: RecordKind<GatewayRecord> = {
  table: 'Gateways',
  schema: gatewayRecordSchema,
  keys: ({ id }) => ({ partitionKey: gatewayPartition, rowKey: id }),
};

export function gatewayKeys(id: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: gatewayPartition, rowKey: id };
}

/** Makes resource ids unique: two gateways of Gatehouse never stand for one resource of Azure. */
const resourceIndexSchema = z.object({ resourceId: z.string(), gatewayId: z.string() });
export type GatewayResource = z.infer<typeof resourceIndexSchema>;

export const gatewayResourceKind: RecordKind<GatewayResource> = {
  table: 'GatewayResources',
  schema: resourceIndexSchema,
  keys: ({ resourceId }) => resourceKeys(resourceId),
};

/** Azure's ids ignore case and hold characters that table keys cannot. */
export function resourceKeys(resourceId: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: createHash('sha256').update(resourceId.toLowerCase()).digest('hex'), rowKey: '' };
}

/** What stands against an entry that Azure has refused a body for. */
const refusalFields = {
  evidence: z.object({ count: z.int(), firstAt: z.string(), lastAt: z.string(), reason: z.string() }).optional(),
  /** Until then the entry is left out of every body. */
  retryAt: z.string().optional(),
  /** What the gateway was like when it was refused: it is tried again once that has changed. */
  refusedUnder: z.string().optional(),
};

/** Of what waits for the change window of its gateway: when that opens. */
const deferralFields = { startsAt: z.string().optional() };

/** Of what was in force until others took it off: when that was seen, and who had changed the gateway before. */
const vanishedFields = { vanished: z.object({ at: z.string(), by: z.string().optional() }).optional() };

/** What is known of the sessions of those whom the gateway is to refuse. */
const sessionFields = {
  /** The first look at the sessions that found none left. */
  clearAt: z.string().optional(),
  provenAt: z.string().optional(),
  /** Why nothing is known of their sessions since the last look. */
  unproven: z.string().optional(),
};

export const gatewayRootStates = [
  'requested',
  'deferred',
  'trusted',
  'overLimit',
  'refused',
  'removing',
  'removed',
] as const;

const gatewayRootSchema = z.object({
  gatewayId: z.string(),
  rootId: z.string(),
  entryName: z.string(),
  thumbprint: z.string(),
  /** False once it is to be taken off; the row stays, so that the entry is known as Gatehouse's own. */
  wanted: z.boolean(),
  state: z.enum(gatewayRootStates),
  reason: z.string().optional(),
  /** Of one that is to be taken off: it does not wait for the change window. */
  urgency: z.literal('immediate').optional(),
  ...refusalFields,
  ...deferralFields,
  ...vanishedFields,
  /** Of a root that was taken off: what is known of the sessions that its certificates had opened. */
  sessions: z.enum(['open', 'disconnected', 'proven']).optional(),
  ...sessionFields,
  operationId: z.string().optional(),
  updatedAt: z.string(),
});
export type GatewayRoot = z.infer<typeof gatewayRootSchema>;

/** A root that is off the gateway while the sessions of its certificates are not known to have ended. */
export function isRootToBeSeen({ state, sessions }: GatewayRoot): boolean {
  return state === 'removed' && sessions !== undefined && sessions !== 'proven';
}

/** Which roots a gateway should trust: partition gateway id, row root id. */
export const gatewayRootKind: RecordKind<GatewayRoot> = {
  table: 'GatewayRoots',
  schema: gatewayRootSchema,
  keys: ({ gatewayId, rootId }) => ({ partitionKey: gatewayId, rowKey: rootId }),
};

const rootGatewaySchema = z.object({ rootId: z.string(), gatewayId: z.string() });
export type RootGateway = z.infer<typeof rootGatewaySchema>;

/** The same the other way round: which gateways have had to do with a root. GatewayRoots says whether they still do. */
export const rootGatewayKind: RecordKind<RootGateway> = {
  table: 'RootGateways',
  schema: rootGatewaySchema,
  keys: ({ rootId, gatewayId }) => ({ partitionKey: rootId, rowKey: gatewayId }),
};

export const revocationStates = [
  'requested',
  'deferred',
  'overLimit',
  'listed',
  'disconnected',
  'proven',
  'refused',
  'reinstating',
  'removed',
] as const;

const gatewayRevocationSchema = z.object({
  gatewayId: z.string(),
  thumbprint: z.string(),
  /** Empty where nobody knows it. */
  commonName: z.string(),
  /** What the entry is to be called; made of the common name if not given. */
  entryName: z.string().optional(),
  wanted: z.boolean(),
  state: z.enum(revocationStates),
  reason: z.string().optional(),
  ...refusalFields,
  ...deferralFields,
  ...vanishedFields,
  operationId: z.string().optional(),
  /** Operations of equal requests that came before it: they end with it. */
  earlierOperationIds: z.array(z.string()).optional(),
  requestedAt: z.string(),
  listedAt: z.string().optional(),
  ...sessionFields,
  updatedAt: z.string(),
});
export type GatewayRevocation = z.infer<typeof gatewayRevocationSchema>;

/** Every operation that ends when this revocation has come to its end on this gateway. */
export function operationsOf(row: Pick<GatewayRevocation, 'operationId' | 'earlierOperationIds'>): readonly string[] {
  return [...(row.earlierOperationIds ?? []), ...(row.operationId === undefined ? [] : [row.operationId])];
}

/** How far each revocation has come on each gateway: partition gateway id, row thumbprint. */
export const gatewayRevocationKind: RecordKind<GatewayRevocation> = {
  table: 'GatewayRevocations',
  schema: gatewayRevocationSchema,
  keys: ({ gatewayId, thumbprint }) => ({ partitionKey: gatewayId, rowKey: thumbprint }),
};

const profileSchema = z.object({
  gatewayId: z.string(),
  /** SHA-256 of what the package means; the same for two packages that differ in time stamps only. */
  hash: z.string(),
  serverFqdn: z.string(),
  routes: z.array(z.string()),
  dnsServers: z.array(z.string()),
  serverRootThumbprint: z.string().optional(),
  hasOpenVpn: z.boolean(),
  blobName: z.string(),
  madeAt: z.string(),
});
export type ProfileRecord = z.infer<typeof profileSchema>;

/** The newest profile package of each gateway. The package itself, a secret, is in private blob storage. */
export const profileKind: RecordKind<ProfileRecord> = {
  table: 'Profiles',
  schema: profileSchema,
  keys: ({ gatewayId }) => ({ partitionKey: gatewayId, rowKey: 'newest' }),
};

const profileRequestSchema = z.object({ gatewayId: z.string(), operationId: z.string(), number: z.int() });
export type ProfileRequest = z.infer<typeof profileRequestSchema>;

/**
 * Operations that wait for a profile package: request `number` is served by any package made for that count or later.
 */
export const profileRequestKind: RecordKind<ProfileRequest> = {
  table: 'ProfileRequests',
  schema: profileRequestSchema,
  keys: ({ gatewayId, operationId }) => ({ partitionKey: gatewayId, rowKey: operationId }),
};

const madeResourceSchema = z.object({
  gatewayId: z.string(),
  resource: z.string(),
  resourceId: z.string(),
  at: z.string(),
  /** The instance that pushed last: a resource that Azure ended badly is pushed once more by each attempt. */
  pushedBy: z.string().optional(),
  /** Where Azure says how the last push went. */
  operationUrl: z.string().optional(),
});
export type MadeResource = z.infer<typeof madeResourceSchema>;

/**
 * What Gatehouse has begun to make for a gateway, noted before it is asked for: the only things it may delete again.
 */
export const madeResourceKind: RecordKind<MadeResource> = {
  table: 'MadeResources',
  schema: madeResourceSchema,
  keys: ({ gatewayId, resourceId }) => ({
    partitionKey: gatewayId,
    rowKey: createHash('sha256').update(resourceId.toLowerCase()).digest('hex'),
  }),
};

const foreignEntrySchema = z.object({
  gatewayId: z.string(),
  kind: z.enum(['root', 'revocation']),
  name: z.string(),
  /** Absent where the entry's content cannot be read. */
  thumbprint: z.string().optional(),
  subject: z.string().optional(),
  notAfter: z.string().optional(),
  /** The root of Gatehouse that somebody else has put there. */
  rootId: z.string().optional(),
  firstSeenAt: z.string(),
  /** A root of which no event and no row of the audit tells yet. */
  isUnnotified: z.boolean().optional(),
  /** It is to be taken off; the operation ends when it is gone. */
  removal: z.object({ operationId: z.string(), urgency: z.literal('immediate').optional() }).optional(),
});
export type ForeignEntry = z.infer<typeof foreignEntrySchema>;

/** Roots and revocations on a gateway that are not Gatehouse's, as the last look showed them: partition gateway id. */
export const foreignEntryKind: RecordKind<ForeignEntry> = {
  table: 'ForeignEntries',
  schema: foreignEntrySchema,
  keys: ({ gatewayId, kind, name, thumbprint }) => ({
    partitionKey: gatewayId,
    rowKey: `${kind}-${createHash('sha256')
      .update(thumbprint ?? `name ${name.toLowerCase()}`)
      .digest('hex')}`,
  }),
};
