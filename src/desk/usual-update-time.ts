import type { Books } from './books.ts';
import type { NewStep } from './operation-record.ts';
import { gatewayKeys } from './records/gateways.ts';

/** A step on each gateway that waits for one of its updates: as long as its own latest took, or as long as Azure's usually do. */
export function updateSteps(
  books: Pick<Books, 'gateways'>,
  gatewayIds: readonly string[],
  usualSeconds: number,
): Promise<readonly NewStep[]> {
  return Promise.all(
    gatewayIds.map(async (name) => {
      const own = (await books.gateways.get(gatewayKeys(name)))?.record.updateSeconds.toSorted((a, b) => a - b) ?? [];
      const median = own[Math.ceil(own.length / 2) - 1];
      return median === undefined ? { name, usualSeconds } : { name, usualSeconds: median, isMeasured: true };
    }),
  );
}
