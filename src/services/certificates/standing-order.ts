import { hkdfSync } from 'node:crypto';
import { z } from 'zod';
import { renewsSchema } from '../../stores/records/certificates.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import { approvalSchema } from './approval.ts';
import { keyTypes } from './issue-with-key.ts';
import { certificateKitPlatforms } from './kits.ts';
import type { RequestRandom } from './prepare-certificate.ts';

/**
 * What is kept of an order until it is decided, as it was sent. Nothing of it is secret: a password is sent when the
 * certificate is collected.
 */
const orderSchema = z.object({
  rootId: z.string(),
  owner: z.string(),
  csr: z.string().optional(),
  keyType: z.enum(keyTypes).optional(),
  /** Of the file with the key that is made here. */
  encryption: z.enum(['modern', 'legacy']).optional(),
  deliver: z
    .array(
      z.object({
        gatewayId: z.string(),
        platform: z.enum(certificateKitPlatforms.names),
        probe: z.object({ address: z.string(), port: z.int() }).optional(),
      }),
    )
    .optional(),
  validityDays: z.int().optional(),
  commonName: z.string().optional(),
  allowSharedName: z.boolean().optional(),
  renews: renewsSchema.optional(),
  requestedBy: z.string(),
});
export type StandingOrder = z.infer<typeof orderSchema>;

/** An order that waits to be approved, or to be collected; the seed gives its serial number and a part of its name. */
export const standingOrderSchema = z.object({
  order: orderSchema,
  approval: approvalSchema,
  seed: z.string(),
  question: z.string(),
  days: z.int(),
});

/** What was kept with the operation of an order. */
export function standingOrderOf({ context }: OperationRecord): z.infer<typeof standingOrderSchema> & {
  readonly random: RequestRandom;
} {
  const standing = standingOrderSchema.parse(context);
  return { ...standing, random: randomOf(standing.seed) };
}

/** The same bytes for the same label, however often the order is gone on with. */
export function randomOf(seed: string): RequestRandom {
  return (label, length) =>
    new Uint8Array(hkdfSync('sha256', Buffer.from(seed, 'hex'), '', `certificate-order/${label}`, length));
}
