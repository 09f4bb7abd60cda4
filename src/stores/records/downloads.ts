import { z } from 'zod';
import type { RowKeys } from '../../ports/tables.ts';
import type { RecordKind } from '../store.ts';

/** A file that waits for whoever has its token. The token itself is nowhere; its blob is named by the hash. */
const deliveryRecordSchema = z.object({
  /** Lower-case hexadecimal SHA-256 of the token. */
  hash: z.string(),
  state: z.enum(['offered', 'gone']),
  fileName: z.string(),
  contentType: z.string(),
  sizeBytes: z.int(),
  /** What the person who fetches it is told to do with it. */
  howTo: z.string().default(''),
  /** Of a file that cannot be made again: its token, readable only with a key in Key Vault. */
  escrow: z.string().optional(),
  /** Slow hash of what the file opens with, where whoever offers it said that. */
  lock: z.string().optional(),
  /** What the file is of, such as a certificate or a stack. */
  target: z.string(),
  requestedBy: z.string(),
  /** Until when the first try may come. */
  expiresAt: z.iso.datetime(),
  tries: z.int(),
  firstTryAt: z.iso.datetime().optional(),
});
export type DeliveryRecord = z.infer<typeof deliveryRecordSchema>;

export const deliveryKind: RecordKind<DeliveryRecord> = {
  table: 'Deliveries',
  schema: deliveryRecordSchema,
  keys: ({ hash }) => deliveryKeys(hash),
};

export function deliveryKeys(hash: string): RowKeys {
  return { partitionKey: hash, rowKey: hash };
}

/** When to look whether a delivery is over. Rows are in order of time, so the sweep reads only those that are due. */
const deliveryDueSchema = z.object({ dueAt: z.iso.datetime(), hash: z.string(), lineId: z.string().optional() });
export type DeliveryDue = z.infer<typeof deliveryDueSchema>;

export const duePartition = 'due';

export const deliveryDueKind: RecordKind<DeliveryDue> = {
  table: 'DeliveryDues',
  schema: deliveryDueSchema,
  keys: ({ dueAt, hash }) => ({ partitionKey: duePartition, rowKey: `${dueAt}-${hash}` }),
};

/** Deliveries of one and the same thing, oldest first: each that joins ends those before it. */
const deliveryLineSchema = z.object({ lineId: z.string(), hashes: z.array(z.string()) });
export type DeliveryLine = z.infer<typeof deliveryLineSchema>;

export const deliveryLineKind: RecordKind<DeliveryLine> = {
  table: 'DeliveryQueues',
  schema: deliveryLineSchema,
  keys: ({ lineId }) => deliveryLineKeys(lineId),
};

export function deliveryLineKeys(lineId: string): RowKeys {
  return { partitionKey: lineId, rowKey: lineId };
}
