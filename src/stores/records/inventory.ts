import { z } from 'zod';
import { gatewayFactsSchema } from '../../domain/inventory/gateway-facts.ts';
import type { RowKeys } from '../../ports/tables.ts';
import { sha256Hex } from '../digest.ts';
import type { RecordKind } from '../store.ts';

/** Where the latest scan that ended well is, and what is left of those before it. One row. */
const inventorySchema = z.object({
  id: z.literal('latest'),
  scan: z
    .object({
      id: z.string(),
      startedAt: z.string(),
      finishedAt: z.string(),
      requestedBy: z.string(),
      withSessions: z.boolean(),
      onlyNamed: z.boolean(),
    })
    .optional(),
  /** Scans whose rows are to be removed. */
  retired: z.array(z.string()),
});
export type InventoryRecord = z.infer<typeof inventorySchema>;

export const inventoryKind: RecordKind<InventoryRecord> = {
  table: 'Inventory',
  schema: inventorySchema,
  keys: ({ id }) => ({ partitionKey: 'inventory', rowKey: id }),
};

export const latestInventory: RowKeys = { partitionKey: 'inventory', rowKey: 'latest' };

/** What a scan saw of a subscription. Partition scan, row subscription. */
const scannedSubscriptionSchema = z.object({
  scanId: z.string(),
  subscriptionId: z.string(),
  name: z.string(),
  /** How many gateways Azure lists, ExpressRoute's too. Absent where the subscription was not looked at. */
  listed: z.int().optional(),
  notLookedAt: z.string().optional(),
  /** Why there may be gateways that are not listed. */
  mayHideSome: z.string().optional(),
  addressesNotLookedAt: z.string().optional(),
});
export type ScannedSubscription = z.infer<typeof scannedSubscriptionSchema>;

export const scannedSubscriptionKind: RecordKind<ScannedSubscription> = {
  table: 'InventorySubscriptions',
  schema: scannedSubscriptionSchema,
  keys: ({ scanId, subscriptionId }) => ({ partitionKey: scanId, rowKey: subscriptionId.toLowerCase() }),
};

/** Public addresses on a gateway, as the list of its subscription has them. */
const addressesSchema = z.array(z.object({ id: z.string(), sku: z.string().optional() }));

const scannedSessionsSchema = z.object({
  askedAt: z.string(),
  notLookedAt: z.string().optional(),
  /** Sessions by common name, most first. */
  byName: z.array(z.object({ name: z.string(), count: z.int() })),
  /** Names beyond those. */
  furtherNames: z.int(),
  total: z.int(),
  unreadable: z.int(),
});
export type ScannedSessions = z.infer<typeof scannedSessionsSchema>;

/** What a scan saw of a gateway: facts, or why not. Partition scan, row digest of the resource id. */
const scannedGatewaySchema = z.object({
  scanId: z.string(),
  resourceId: z.string(),
  subscriptionId: z.string(),
  lookedAt: z.string(),
  notLookedAt: z.string().optional(),
  addresses: addressesSchema,
  facts: gatewayFactsSchema.optional(),
  sessions: scannedSessionsSchema.optional(),
});
export type ScannedGateway = z.infer<typeof scannedGatewaySchema>;

export const scannedGatewayKind: RecordKind<ScannedGateway> = {
  table: 'InventoryGateways',
  schema: scannedGatewaySchema,
  keys: ({ scanId, resourceId }) => scannedGatewayKeys(scanId, resourceId),
};

export function scannedGatewayKeys(scanId: string, resourceId: string): RowKeys {
  return { partitionKey: scanId, rowKey: sha256Hex(resourceId.toLowerCase()) };
}

export const scanQueues = ['subscriptions', 'gateways', 'sessions'] as const;
export type ScanQueue = (typeof scanQueues)[number];

/**
 * What a scan has yet to look at, by when: a row goes when its result is written. A crash between the two leaves a row
 * whose look is made once more.
 */
const scanItemSchema = z.object({
  scanId: z.string(),
  queue: z.enum(scanQueues),
  /** Id of the subscription or the gateway. */
  id: z.string(),
  name: z.string().optional(),
  /** Of a gateway. */
  addresses: addressesSchema.optional(),
  /** ISO 8601. */
  dueAt: z.string(),
  /** Since when it cannot be looked at. */
  failingSince: z.string().optional(),
  /** Of a list of sessions that Azure is making: when it was asked for, and where to look. */
  asked: z.object({ at: z.string(), state: z.string(), looks: z.int() }).optional(),
});
export type ScanItem = z.infer<typeof scanItemSchema>;

export const scanItemKind: RecordKind<ScanItem> = {
  table: 'InventoryQueue',
  schema: scanItemSchema,
  keys: ({ scanId, queue, id, dueAt }) => ({
    partitionKey: queuePartition(scanId, queue),
    rowKey: `${dueAt}-${sha256Hex(id.toLowerCase()).slice(0, 32)}`,
  }),
};

export function queuePartition(scanId: string, queue: ScanQueue): string {
  return `${scanId}-${queue}`;
}
