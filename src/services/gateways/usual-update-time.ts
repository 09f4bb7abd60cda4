import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { NewStep } from '../operations/operation-record.ts';

/**
 * A step on each gateway that waits for one of its updates: as long as its own latest took, or as long as Azure's
 * usually do.
 */
export function updateSteps(
  stores: Pick<Stores, 'gateways'>,
  gatewayIds: readonly string[],
  usualSeconds: number,
): Promise<readonly NewStep[]> {
  return Promise.all(
    gatewayIds.map(async (name) => {
      const own = (await stores.gateways.get(gatewayKeys(name)))?.record.updateSeconds.toSorted((a, b) => a - b) ?? [];
      const median = own[Math.ceil(own.length / 2) - 1];
      return median === undefined ? { name, usualSeconds } : { name, usualSeconds: median, isMeasured: true };
    }),
  );
}
