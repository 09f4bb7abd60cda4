import { sha256Hex } from '../../stores/digest.ts';
import { contactHolderKeys, contactsOf, ownerKeys, type OwnerRecord } from '../../stores/records/owners.ts';
import type { Stores } from '../../stores/stores.ts';

/** What keeps a contact from a record: another one that has it, or is about to get it. */
export interface ContactObstacle {
  /** Absent while it is only being given to another. */
  readonly owner?: OwnerRecord;
}

/** Sees to it that of two records that are to get one address or principal at the same moment one does. */
export interface ContactHolders {
  /** Before the record is written. Holds all of them, or none and says why. */
  hold(ownerId: string, contacts: readonly string[]): Promise<ContactObstacle | undefined>;
  /** What the record has no more. */
  release(ownerId: string, contacts: readonly string[]): Promise<void>;
}

/** A request that has not written its record by then has died: the platform ends answers after 230 seconds. */
const givingMs = 4 * 60 * 1000;
const roundsMax = 5;

export function createContactHolders({
  stores: { contactHolders, owners },
  now,
}: {
  readonly stores: Pick<Stores, 'contactHolders' | 'owners'>;
  readonly now: () => Date;
}): ContactHolders {
  async function holdOne(ownerId: string, contact: string): Promise<ContactObstacle | undefined> {
    const group = groupOf(contact);
    for (let round = 0; round < roundsMax; round += 1) {
      const mine = { group, ownerId, at: now().toISOString() };
      if (await contactHolders.insert(mine)) return undefined;
      const stored = await contactHolders.get(contactHolderKeys(group));
      if (stored === undefined) continue;
      const obstacle = stored.record.ownerId === ownerId ? undefined : await obstacleIn(stored.record, contact);
      if (obstacle !== undefined) return obstacle;
      if (await contactHolders.replace(stored, mine)) return undefined;
    }
    return {};
  }

  async function obstacleIn(
    { ownerId, at }: { readonly ownerId: string; readonly at: string },
    contact: string,
  ): Promise<ContactObstacle | undefined> {
    const owner = (await owners.get(ownerKeys(ownerId)))?.record;
    if (owner !== undefined && contactsOf(owner).includes(contact)) return { owner };
    return now().getTime() - Date.parse(at) < givingMs ? {} : undefined;
  }

  async function release(ownerId: string, contacts: readonly string[]): Promise<void> {
    for (const contact of contacts) {
      const stored = await contactHolders.get(contactHolderKeys(groupOf(contact)));
      if (stored?.record.ownerId === ownerId) await contactHolders.remove(stored.record, stored.etag);
    }
  }

  return {
    release,
    hold: async (ownerId, contacts) => {
      for (const [index, contact] of contacts.entries()) {
        const obstacle = await holdOne(ownerId, contact);
        if (obstacle === undefined) continue;
        await release(ownerId, contacts.slice(0, index));
        return obstacle;
      }
      return undefined;
    },
  };
}

function groupOf(contact: string): string {
  return sha256Hex(`holder:${contact}`);
}
