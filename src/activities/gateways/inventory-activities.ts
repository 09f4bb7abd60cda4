import type * as references from '../../contracts/gateways/scan-inventory.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import type { InventoryScans } from '../../services/gateways/inventory-scans.ts';

export function createInventoryActivities({
  inventoryScans,
}: {
  readonly inventoryScans: Pick<InventoryScans, 'advance' | 'finish'>;
}): ActivitiesOf<Pick<typeof references, 'advanceScan' | 'finishScan'>> {
  return {
    advanceScan: ({ operationId, step, begunAt }) => inventoryScans.advance(operationId, step, begunAt),

    finishScan: async ({ operationId, end }) => {
      await inventoryScans.finish(operationId, end);
      return null;
    },
  };
}
