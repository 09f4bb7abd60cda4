import { z } from 'zod';
import { connectorRequestSchema } from '../../domain/connector-request.ts';
import { machineSchema } from '../../domain/machine.ts';
import { problemItemSchema } from '../../domain/problem-item.ts';
import type { RecordKind } from '../store.ts';

/** Machines, stacks and connectors are tens at most: each kind has one partition and is listed together. */
const machineRecordSchema = z.object({
  ...machineSchema.shape,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type MachineRecord = z.infer<typeof machineRecordSchema>;

export const machineKind: RecordKind<MachineRecord> = {
  table: 'Machines',
  schema: machineRecordSchema,
  keys: ({ id }) => machineKeys(id),
};
export function machineKeys(id: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: 'machine', rowKey: id };
}

const vpnAccessSchema = z.object({
  state: z.enum(['opening', 'open', 'failed', 'closing', 'closed']),
  addressFrom: z.ipv4(),
  addressTo: z.ipv4(),
  splitRoutes: z.array(z.string()),
  sharedKeySecret: z.string(),
  /** The version of the shared key that the NATVM was last seen to have. */
  keyVersion: z.string().optional(),
  serverAddress: z.string().optional(),
  externalNic: z.string().optional(),
  /** Whom the server's internal adapter asks for names; absent before it was looked at, and where it asks nobody. */
  dnsServers: z.array(z.ipv4()).readonly().optional(),
  /** As people told; absent where nobody did. */
  isBehindNat: z.boolean().optional(),
  certificate: z
    .object({
      thumbprint: z.string(),
      store: z.enum(['LocalMachine', 'CurrentUser']),
      /** Base64 of the DER bytes. */
      der: z.string(),
      subject: z.string(),
      notAfter: z.iso.datetime(),
    })
    .optional(),
  operationId: z.string(),
});

const stackRecordSchema = z.object({
  id: z.string(),
  hostMachine: z.string(),
  natMachine: z.string().optional(),
  waspMachine: z.string().optional(),
  portalFqdn: z.string(),
  dnsServers: z.array(z.string()),
  dnsSuffix: z.string(),
  internalAddress: z.string(),
  certificateSubjects: z.array(z.string()),
  vpnAccess: vpnAccessSchema.optional(),
  /** The one connector of this stack, and since when multi-cloud mode is off. */
  connectorId: z.string().optional(),
  multiCloudOffAt: z.iso.datetime().optional(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type StackRecord = z.infer<typeof stackRecordSchema>;

export const stackKind: RecordKind<StackRecord> = {
  table: 'Stacks',
  schema: stackRecordSchema,
  keys: ({ id }) => stackKeys(id),
};
export function stackKeys(id: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: 'stack', rowKey: id };
}

const vpnUserRecordSchema = z.object({
  stackId: z.string(),
  /** As it was given; Windows does not tell letter case apart, and neither does the row's key. */
  name: z.string(),
  passwordSecret: z.string(),
  /** Made up here, so it may be removed here. */
  isPasswordOurs: z.boolean(),
  state: z.enum(['pending', 'enabled', 'disabled', 'removed', 'failed']),
  wanted: z.enum(['enabled', 'disabled', 'removed']),
  operationId: z.string(),
  updatedAt: z.iso.datetime(),
});
export type VpnUserRecord = z.infer<typeof vpnUserRecordSchema>;

export const vpnUserKind: RecordKind<VpnUserRecord> = {
  table: 'VpnUsers',
  schema: vpnUserRecordSchema,
  keys: ({ stackId, name }) => vpnUserKeys(stackId, name),
};
export function vpnUserKeys(stackId: string, name: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: stackId, rowKey: name.toLowerCase() };
}

const dataFileSchema = z.object({
  cloud: z.string(),
  fileName: z.string(),
  sha256: z.string(),
  secretName: z.string(),
  realm: z.string(),
  signingThumbprint: z.string(),
  notAfter: z.iso.datetime(),
});

const connectorRecordSchema = z.object({
  id: z.string(),
  state: z.enum(['connecting', 'connected', 'failed', 'verifying', 'disconnecting']),
  request: connectorRequestSchema,
  hostMachine: z.string(),
  waspMachine: z.string(),
  files: z.array(dataFileSchema),
  warnings: z.array(problemItemSchema),
  thumbprints: z.record(z.string(), z.string()),
  issuers: z.array(
    z.object({ cloud: z.string(), thumbprint: z.string(), store: z.enum(['CA', 'Root']), certificate: z.string() }),
  ),
  /** By cloud: the server that holds its settings. */
  sqlServers: z.record(z.string(), z.string()),
  /** Clouds whose preconditions held once: from then on something may have been changed for them. */
  changedClouds: z.array(z.string()),
  /** Clouds for whose trust something may have been changed, whether it came to its end or not. */
  trustAttemptedClouds: z.array(z.string()),
  trustedClouds: z.array(z.string()),
  lastVerified: z.object({ at: z.iso.datetime(), ok: z.boolean(), operationId: z.string() }).optional(),
  operationId: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type ConnectorRecord = z.infer<typeof connectorRecordSchema>;

export const connectorKind: RecordKind<ConnectorRecord> = {
  table: 'Connectors',
  schema: connectorRecordSchema,
  keys: ({ id }) => connectorKeys(id),
};
export function connectorKeys(id: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: 'connector', rowKey: id };
}
