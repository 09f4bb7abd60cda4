import type { Caller } from '../../domain/caller.ts';
import { sha256Hex } from '../../stores/digest.ts';
import {
  addedContacts,
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
import { contactBeingGiven, createPutOwner, type OwnerDetails } from './put-owner.ts';

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
  /**
   * Makes the owner if there is none of that id yet. `by` is a caller's id. Throws ERR_IN_PROGRESS where another record
   * gets the address or principal, or the id, at that moment.
   */
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
      if (await owners.insert(made(owner, by))) return;
      const lacking = addedContacts(await get(owner.id), owner);
      if (lacking.length === 0) return;
      await holders.release(owner.id, lacking);
      throw contactBeingGiven(owner.id);
    },

    put: createPutOwner({ stores, holders, samePerson, index, now }),

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
