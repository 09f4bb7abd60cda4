import { AppError } from '../../domain/app-error.ts';
import { type Caller, isAllowed } from '../../domain/caller.ts';
import { sha256Hex } from '../../stores/digest.ts';
import {
  contactsOf,
  type Departure,
  isSamePerson,
  ownerKeys,
  ownerPartition,
  type OwnerRecord,
  standingDeparture,
} from '../../stores/records/owners.ts';
import type { Stores } from '../../stores/stores.ts';
import { createContactHolders } from './contact-holders.ts';

/** What a caller says of an owner. */
export type OwnerDetails = Omit<OwnerRecord, 'departure' | 'createdBy' | 'createdAt' | 'updatedAt'>;

export interface OwnerQuery {
  readonly team?: string | undefined;
  readonly state?: 'present' | 'left' | undefined;
  readonly top: number;
  /** Id after which the page begins. */
  readonly after?: string | undefined;
}

export interface OwnerPage {
  readonly items: readonly OwnerRecord[];
  /** Id after which the next page begins; a page may be shorter than asked for although more follows. */
  readonly next?: string;
}

export interface OwnersFound {
  /** In the order of their ids. */
  readonly registered: readonly OwnerRecord[];
  readonly ofId: OwnerRecord | undefined;
}

/** The people who answer for certificates: whom notices reach. */
export interface Owners {
  /**
   * Makes the owner or replaces what is known of them. A record belongs to who made it: it takes an operator to replace
   * somebody else's, ERR_CALLER_NOT_ALLOWED. It takes one, too, to give an address or principal to a second record, or
   * to take it from one that certificates name: a leaver's certificates are found by them. Else ERR_CONFLICT.
   */
  put(owner: OwnerDetails, caller: Pick<Caller, 'id' | 'role'>): Promise<OwnerRecord>;
  /** Makes the owner if there is none of that id yet. `by` is a caller's id. */
  register(owner: OwnerDetails, by: string): Promise<void>;
  get(id: string): Promise<OwnerRecord | undefined>;
  list(query: OwnerQuery): Promise<OwnerPage>;
  /** Every owner of the same address or principal, letter case aside, in the order of their ids. */
  samePerson(person: Pick<OwnerRecord, 'email' | 'principal'>): Promise<readonly OwnerRecord[]>;
  /** Every owner of an address, and the one of that id, whose address may be another; read at once. */
  findAt(email: string, id: string): Promise<OwnersFound>;
  /** Every owner whose departure that operation has noted last, in the order of their ids. */
  departedWith(operationId: string): Promise<readonly OwnerRecord[]>;
  /**
   * Notes that the person has left, if that is later than what is noted: who was reopened since stays so. Answers what
   * is noted.
   */
  depart(id: string, departure: Departure): Promise<OwnerRecord>;
  /** Lets certificates be issued to them again. Undefined when there is no such owner. */
  reopen(id: string): Promise<OwnerRecord | undefined>;
}

export function createOwners({
  stores,
  now,
}: {
  readonly stores: Pick<Stores, 'owners' | 'ownersInCommon' | 'byOwner' | 'contactHolders'>;
  readonly now: () => Date;
}): Owners {
  const { owners } = stores;
  const holders = createContactHolders({ stores, now });
  const at = (): string => now().toISOString();
  const get = async (id: string): Promise<OwnerRecord | undefined> => (await owners.get(ownerKeys(id)))?.record;

  function made(owner: OwnerDetails, by: string): OwnerRecord {
    return { ...owner, createdBy: by, createdAt: at(), updatedAt: at() };
  }

  async function index(ownerId: string, what: readonly string[]): Promise<void> {
    for (const text of what) await stores.ownersInCommon.upsert({ group: sha256Hex(text), ownerId });
  }

  async function idsInCommon(what: readonly string[]): Promise<readonly string[]> {
    const rows = await Promise.all(what.map((text) => stores.ownersInCommon.list(sha256Hex(text))));
    return [...new Set(rows.flat().map(({ record }) => record.ownerId))].toSorted();
  }

  async function inCommon(what: readonly string[]): Promise<readonly OwnerRecord[]> {
    const found = await Promise.all((await idsInCommon(what)).map(get));
    return found.filter((owner) => owner !== undefined);
  }

  async function findAt(email: string, id: string): Promise<OwnersFound> {
    const person = { email };
    const [ids, ofId] = await Promise.all([idsInCommon(contactsOf(person)), get(id)]);
    const found = await Promise.all(ids.map(async (other) => (other === id ? ofId : get(other))));
    const registered = found.filter((owner) => owner !== undefined).filter((owner) => isSamePerson(owner, person));
    return { registered, ofId };
  }

  async function samePerson(person: Pick<OwnerRecord, 'email' | 'principal'>): Promise<readonly OwnerRecord[]> {
    const found = await inCommon(contactsOf(person));
    return found.filter((owner) => isSamePerson(owner, person));
  }

  /**
   * Who is taken out with a leaver is an operator's to say: neither does somebody come in by this, nor does a
   * certificate slip out. What the record gets anew is held for it from here on.
   */
  async function requireSameReach(owner: OwnerDetails, by: string): Promise<void> {
    const before = await get(owner.id);
    if (before !== undefined && before.createdBy !== by) throw notTheirs(owner.id);
    const known = before === undefined ? [] : contactsOf(before);
    const others = (await samePerson(owner)).filter(({ id }) => id !== owner.id);
    const isDrawn = others.some((other) =>
      contactsOf(other).some((one) => contactsOf(owner).includes(one) && !known.includes(one)),
    );
    if (isDrawn) throw contactTaken(owner.id, others);
    const isKept = known.every((one) => contactsOf(owner).includes(one));
    if (!isKept && (await stores.byOwner.list(owner.id, { top: 1 })).length > 0) throw contactNeeded(owner.id);
    const obstacle = await holders.hold(owner.id, addedTo(before, owner));
    if (obstacle?.owner !== undefined) throw contactTaken(owner.id, [obstacle.owner]);
    if (obstacle !== undefined) throw contactBeingGiven(owner.id);
  }

  async function list({ team, state, top, after }: OwnerQuery): Promise<OwnerPage> {
    // '!' is less than anything that an id may go on with: `kim` is followed by `kim-2`.
    const rows = await owners.list(ownerPartition, { top, ...(after === undefined ? {} : { from: `${after}!` }) });
    const items = rows
      .map(({ record }) => record)
      .filter(
        (owner) =>
          (team === undefined || owner.team === team) &&
          (state === undefined || (state === 'left') === (standingDeparture(owner) !== undefined)),
      );
    const last = rows.at(-1)?.record.id;
    return { items, ...(rows.length === top && last !== undefined ? { next: last } : {}) };
  }

  return {
    get,
    list,
    samePerson,
    findAt,

    departedWith: async (operationId) => {
      const found = await inCommon([`departure:${operationId}`]);
      return found.filter(({ departure }) => departure?.operationId === operationId);
    },

    register: async (owner, by) => {
      // Whoever tries again reads who has it by then.
      if ((await holders.hold(owner.id, contactsOf(owner))) !== undefined) throw contactBeingGiven(owner.id);
      await index(owner.id, contactsOf(owner));
      await owners.insert(made(owner, by));
    },

    put: async (owner, caller) => {
      const fresh = made(owner, caller.id);
      if (!isAllowed(caller, 'operator')) await requireSameReach(owner, caller.id);
      await index(owner.id, contactsOf(owner));
      if (await owners.insert(fresh)) return fresh;
      const dropped: { contacts: readonly string[] } = { contacts: [] };
      const replaced = await owners.update(ownerKeys(owner.id), (before) => {
        const { createdBy, createdAt, departure } = before;
        if (createdBy !== caller.id && !isAllowed(caller, 'operator')) throw notTheirs(owner.id);
        dropped.contacts = addedTo(owner, before);
        return {
          ...owner,
          createdAt,
          updatedAt: fresh.updatedAt,
          ...(createdBy === undefined ? {} : { createdBy }),
          // What is known of them is replaced; that they left is taken back by a call of its own.
          ...(departure === undefined ? {} : { departure }),
        };
      });
      await holders.release(owner.id, dropped.contacts);
      return replaced ?? fresh;
    },

    depart: async (id, departure) => {
      const fresh = { ...made({ id }, departure.by), departure };
      await index(id, [`departure:${departure.operationId}`]);
      if (await owners.insert(fresh)) return fresh;
      const noted = await owners.update(ownerKeys(id), (current) =>
        current.departure !== undefined && current.departure.at >= departure.at
          ? undefined
          : { ...current, departure, updatedAt: at() },
      );
      return noted ?? fresh;
    },

    reopen: (id) =>
      owners.update(ownerKeys(id), (current) => {
        const departure = standingDeparture(current);
        if (departure === undefined) return undefined;
        return { ...current, departure: { ...departure, reopenedAt: at() }, updatedAt: at() };
      }),
  };
}

/** Address and principal that the second has and the first, if there is one, has not. */
function addedTo(one: Parameters<typeof contactsOf>[0] | undefined, other: Parameters<typeof contactsOf>[0]) {
  const known = one === undefined ? [] : contactsOf(one);
  return contactsOf(other).filter((contact) => !known.includes(contact));
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

function contactBeingGiven(id: string): AppError {
  const message = `The address or principal of owner '${id}' is being given to another record at this moment.`;
  return new AppError('ERR_IN_PROGRESS', message, { retryAfterSeconds: 5 });
}

function contactNeeded(id: string): AppError {
  return new AppError(
    'ERR_CONFLICT',
    `Certificates name owner '${id}': only an operator may change or drop its address or principal.`,
  );
}
