import { z } from 'zod';
import type { RecordKind } from '../store.ts';

/**
 * That the person has left: nothing is issued to them, and nothing of theirs reinstated, until somebody reopens them.
 */
const departureSchema = z
  .object({
    at: z.iso.datetime(),
    reason: z.string(),
    by: z.string().meta({ description: 'Who said so.' }),
    operationId: z.string().meta({ description: 'The operation that takes everything of theirs out.' }),
    reopenedAt: z.iso.datetime().optional().meta({ description: 'Since when certificates are issued to them again.' }),
  })
  .meta({ id: 'Departure' });
export type Departure = z.infer<typeof departureSchema>;

export const ownerRecordSchema = z
  .object({
    id: z.string(),
    email: z.string().optional().meta({ description: 'Absent of somebody who was revoked and never registered.' }),
    principal: z
      .string()
      .optional()
      .meta({ description: 'Who they are in the directory: user principal name or object id.' }),
    deputy: z.string().optional(),
    team: z.string().optional(),
    timeZone: z.string().optional(),
    locale: z.string().optional(),
    departure: departureSchema.optional(),
    contactsMovingAt: z.iso.datetime().optional().meta({
      description: 'While its maker’s request may take an address or principal from it: nothing is issued to it then.',
    }),
    createdBy: z.string().optional().meta({ description: 'Who made the record, and may change it.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Owner', description: 'A person who answers for certificates.' });
export type OwnerRecord = z.infer<typeof ownerRecordSchema>;

/** One partition, so that owners are listed in the order of their ids. */
export const ownerPartition = 'owner';

export function ownerKeys(id: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: ownerPartition, rowKey: id };
}

export const ownerKind: RecordKind<OwnerRecord> = {
  table: 'Owners',
  schema: ownerRecordSchema,
  keys: ({ id }) => ownerKeys(id),
};

const ownerIndexSchema = z.object({ group: z.string(), ownerId: z.string() });
export type OwnerIndexRow = z.infer<typeof ownerIndexSchema>;

/**
 * Owners by what they have in common. Written before the record, and never removed: what the record says now decides.
 */
export const ownerIndexKind: RecordKind<OwnerIndexRow> = {
  table: 'OwnersInCommon',
  schema: ownerIndexSchema,
  keys: ({ group, ownerId }) => ({ partitionKey: group, rowKey: ownerId }),
};

const contactHolderSchema = z.object({ group: z.string(), ownerId: z.string(), at: z.iso.datetime() });
export type ContactHolder = z.infer<typeof contactHolderSchema>;

/**
 * Which record an address or principal is being given to, or was: one row of each, inserted before the record is
 * written. Where the record has it no more, the row says nothing.
 */
export const contactHolderKind: RecordKind<ContactHolder> = {
  table: 'OwnersInCommon',
  schema: contactHolderSchema,
  keys: ({ group }) => contactHolderKeys(group),
};

export function contactHolderKeys(group: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: group, rowKey: 'holder' };
}

/** A request that has not written its record by then has died: the platform ends answers after 230 seconds. */
const requestMs = 4 * 60 * 1000;

/** Whether a request that began at that time may still be on its way. */
export function mayBeUnderWay(begunAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(begunAt) < requestMs;
}

/** The departure that stands: undefined of whoever is there, or is there again. */
export function standingDeparture(owner: OwnerRecord | undefined): Departure | undefined {
  const departure = owner?.departure;
  return departure?.reopenedAt === undefined ? departure : undefined;
}

/** Whether two records are of one person: the same address or the same principal, letter case aside. */
export function isSamePerson(
  one: Pick<OwnerRecord, 'email' | 'principal'>,
  other: Pick<OwnerRecord, 'email' | 'principal'>,
): boolean {
  return isEqual(one.email, other.email) || isEqual(one.principal, other.principal);
}

/** An owner's address and principal, as they are compared. */
export function contactsOf({ email, principal }: Pick<OwnerRecord, 'email' | 'principal'>): readonly string[] {
  return [
    ...(email === undefined ? [] : [`email:${email.toLowerCase()}`]),
    ...(principal === undefined ? [] : [`principal:${principal.toLowerCase()}`]),
  ];
}

/** Address and principal that the second has and the first, if there is one, has not. */
export function addedContacts(
  one: Pick<OwnerRecord, 'email' | 'principal'> | undefined,
  other: Pick<OwnerRecord, 'email' | 'principal'>,
): readonly string[] {
  const known = one === undefined ? [] : contactsOf(one);
  return contactsOf(other).filter((contact) => !known.includes(contact));
}

function isEqual(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one.toLowerCase() === other?.toLowerCase();
}
