import type { Tables } from '../../ports/tables.ts';
import { deliveryLineKeys, deliveryLineKind } from '../../stores/records/downloads.ts';
import { createStore } from '../../stores/store.ts';

/** Which deliveries are of the same thing. A delivery is in its line before it can be fetched, and until it is over. */
export interface DeliveryQueues {
  /** Puts the delivery at the end of the line. */
  join(lineId: string, hash: string): Promise<void>;
  /** The deliveries in the order in which they joined. */
  list(lineId: string): Promise<readonly string[]>;
  leave(lineId: string, hashes: readonly string[]): Promise<void>;
}

/** Joining and the removal of an empty line can meet; each round one of them gets on. */
const joinRoundsMax = 10;

export function createDeliveryQueues({ tables }: { readonly tables: Tables }): DeliveryQueues {
  const lines = createStore(tables, deliveryLineKind);

  return {
    join: async (lineId, hash) => {
      for (let round = 0; round < joinRoundsMax; round += 1) {
        if (await lines.insert({ lineId, hashes: [hash] })) return;
        const joined = await lines.update(deliveryLineKeys(lineId), (line) =>
          line.hashes.includes(hash) ? undefined : { ...line, hashes: [...line.hashes, hash] },
        );
        if (joined !== undefined) return;
      }
      throw new Error(`The queue of deliveries ${lineId} kept changing.`);
    },
    list: async (lineId) => (await lines.get(deliveryLineKeys(lineId)))?.record.hashes ?? [],
    leave: async (lineId, hashes) => {
      const left = await lines.update(deliveryLineKeys(lineId), (line) => {
        const others = line.hashes.filter((hash) => !hashes.includes(hash));
        return others.length === line.hashes.length ? undefined : { ...line, hashes: others };
      });
      if (left?.hashes.length !== 0) return;
      const stored = await lines.get(deliveryLineKeys(lineId));
      if (stored?.record.hashes.length === 0) await lines.remove(stored.record, stored.etag);
    },
  };
}
