import { AppError } from '../../domain/app-error.ts';
import { type Caller, isAllowed } from '../../domain/caller.ts';
import { addedContacts, contactsOf, ownerKeys, type OwnerRecord } from '../../stores/records/owners.ts';
import type { Stored } from '../../stores/store.ts';
import type { Stores } from '../../stores/stores.ts';
import type { ContactHolders } from './contact-holders.ts';

/** What a caller says of an owner. */
export type OwnerDetails = Omit<OwnerRecord, 'departure' | 'createdBy' | 'createdAt' | 'updatedAt'>;

/** As `Owners.put` says. */
type PutOwner = (owner: OwnerDetails, caller: Pick<Caller, 'id' | 'role'>) => Promise<OwnerRecord>;

export interface PutOwnerOptions {
  readonly stores: Pick<Stores, 'owners' | 'byOwner'>;
  readonly holders: ContactHolders;
  readonly samePerson: (person: Pick<OwnerRecord, 'email' | 'principal'>) => Promise<readonly OwnerRecord[]>;
  /** Has the owner found by what is written down of them. */
  readonly index: (ownerId: string, contacts: readonly string[]) => Promise<void>;
  readonly now: () => Date;
}

/**
 * Makes an owner, or replaces what is known of them: nothing but the record that was looked at, for another that comes
 * in between was judged by nobody.
 */
export function createPutOwner({ stores, holders, samePerson, index, now }: PutOwnerOptions): PutOwner {
  const { owners, byOwner } = stores;
  const find = (id: string): Promise<Stored<OwnerRecord> | undefined> => owners.get(ownerKeys(id));

  /** Who is taken out with a leaver is an operator's to say: nobody comes in by this. */
  async function requireOwn(owner: OwnerDetails, before: OwnerRecord | undefined, by: string): Promise<void> {
    if (before !== undefined && before.createdBy !== by) throw notTheirs(owner.id);
    const added = addedContacts(before, owner);
    const others = (await samePerson(owner)).filter(({ id }) => id !== owner.id);
    const isDrawn = others.some((other) => contactsOf(other).some((one) => added.includes(one)));
    if (isDrawn) throw contactTaken(owner.id, others);
  }

  /**
   * Nor does a certificate slip out. Whoever issues one writes whose it is, then looks at the record: they find it
   * marked, or their certificate is found here.
   */
  async function markMoving(stored: Stored<OwnerRecord>): Promise<Stored<OwnerRecord>> {
    const { record: before } = stored;
    const contactsMovingAt = now().toISOString();
    const isMarked = await owners.replace(stored, { ...before, contactsMovingAt });
    const marked = isMarked ? await find(before.id) : undefined;
    if (marked?.record.contactsMovingAt !== contactsMovingAt) throw beingChanged(before.id);
    if ((await byOwner.list(before.id, { top: 1 })).length === 0) return marked;
    await owners.replace(marked, before);
    throw contactNeeded(before.id);
  }

  return async (owner, caller) => {
    const isOperator = isAllowed(caller, 'operator');
    const stored = await find(owner.id);
    const before = stored?.record;
    if (!isOperator) await requireOwn(owner, before, caller.id);
    const dropped = before === undefined ? [] : addedContacts(owner, before);
    const isMoving = stored !== undefined && dropped.length > 0 && !isOperator;
    const judged = isMoving ? await markMoving(stored) : stored;
    const obstacle = await holders.hold(owner.id, addedContacts(before, owner), { isShared: isOperator });
    if (obstacle !== undefined) {
      if (isMoving && judged !== undefined) await owners.replace(judged, stored.record);
      throw obstacle.owner === undefined ? contactBeingGiven(owner.id) : contactTaken(owner.id, [obstacle.owner]);
    }
    await index(owner.id, contactsOf(owner));
    const record = recordOf(owner, before, caller, now());
    if (judged === undefined ? await owners.insert(record) : await owners.replace(judged, record)) {
      await holders.release(owner.id, dropped);
      return record;
    }
    const current = (await find(owner.id))?.record;
    // Whoever may try again holds on to it till then.
    if (isOperator || current?.createdBy === caller.id) throw beingChanged(owner.id);
    await holders.release(owner.id, addedContacts(current, owner));
    throw notTheirs(owner.id);
  };
}

function recordOf(
  owner: OwnerDetails,
  before: OwnerRecord | undefined,
  { id: by }: Pick<Caller, 'id'>,
  now: Date,
): OwnerRecord {
  const at = now.toISOString();
  if (before === undefined) return { ...owner, createdBy: by, createdAt: at, updatedAt: at };
  const { createdBy, createdAt, departure } = before;
  return {
    ...owner,
    createdAt,
    updatedAt: at,
    ...(createdBy === undefined ? {} : { createdBy }),
    // What is known of them is replaced; that they left is taken back by a call of its own.
    ...(departure === undefined ? {} : { departure }),
  };
}

export function contactBeingGiven(id: string): AppError {
  const message = `The address or principal of owner '${id}' is being given to another record at this moment.`;
  return new AppError('ERR_IN_PROGRESS', message, { retryAfterSeconds: 5 });
}

function beingChanged(id: string): AppError {
  return new AppError('ERR_IN_PROGRESS', `Owner '${id}' is being changed at this moment.`, { retryAfterSeconds: 2 });
}

function notTheirs(id: string): AppError {
  return new AppError(
    'ERR_CALLER_NOT_ALLOWED',
    `Owner '${id}' was made by somebody else: only an operator may replace it.`,
  );
}

function contactTaken(id: string, others: readonly OwnerRecord[]): AppError {
  const ids = others.map((other) => other.id).join(', ');
  return new AppError(
    'ERR_CONFLICT',
    `The address or principal of owner '${id}' is that of ${ids}: only an operator may give it to another record.`,
  );
}

function contactNeeded(id: string): AppError {
  return new AppError(
    'ERR_CONFLICT',
    `Certificates name owner '${id}': only an operator may change or drop its address or principal.`,
  );
}
