import { sha256Hex } from '../../stores/digest.ts';
import {
  contactHolderKeys,
  contactsOf,
  mayBeUnderWay,
  ownerKeys,
  type OwnerRecord,
} from '../../stores/records/owners.ts';
import type { Stores } from '../../stores/stores.ts';

/** What keeps a contact from a record: another one that has it, or is about to get it. */
export interface ContactObstacle {
  /** Absent while it is only being given to another. */
  readonly owner?: OwnerRecord;
}

/** Sees to it that of two records that are to get one address or principal at the same moment one does. */
export interface ContactHolders {
  /**
   * Before the record is written. Holds all of them, or none and says why. With `isShared` another record may have them
   * as well, though not get them at the same moment.
   */
  hold(
    ownerId: string,
    contacts: readonly string[],
    options?: { readonly isShared: boolean },
  ): Promise<ContactObstacle | undefined>;
  /** What the record has no more. */
  release(ownerId: string, contacts: readonly string[]): Promise<void>;
}

const roundsMax = 5;

export function createContactHolders({
  stores: { contactHolders, owners },
  now,
}: {
  readonly stores: Pick<Stores, 'contactHolders' | 'owners'>;
  readonly now: () => Date;
}): ContactHolders {
  async function holdOne(ownerId: string, contact: string, isShared: boolean): Promise<ContactObstacle | undefined> {
    const group = groupOf(contact);
    for (let round = 0; round < roundsMax; round += 1) {
      const mine = { group, ownerId, at: now().toISOString() };
      if (await contactHolders.insert(mine)) return undefined;
      const stored = await contactHolders.get(contactHolderKeys(group));
      if (stored === undefined) continue;
      const obstacle = stored.record.ownerId === ownerId ? undefined : await obstacleIn(stored.record, contact);
      if (obstacle !== undefined && !(isShared && obstacle.owner !== undefined)) return obstacle;
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
    return mayBeUnderWay(at, now()) ? {} : undefined;
  }

  async function release(ownerId: string, contacts: readonly string[]): Promise<void> {
    for (const contact of contacts) {
      const stored = await contactHolders.get(contactHolderKeys(groupOf(contact)));
      if (stored?.record.ownerId === ownerId) await contactHolders.remove(stored.record, stored.etag);
    }
  }

  return {
    release,
    hold: async (ownerId, contacts, { isShared } = { isShared: false }) => {
      for (const [index, contact] of contacts.entries()) {
        const obstacle = await holdOne(ownerId, contact, isShared);
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
