import { mapInGroups } from '../../stores/map-in-groups.ts';
import { type InventoryRecord, latestInventory, queuePartition, scanQueues } from '../../stores/records/inventory.ts';
import type { Store } from '../../stores/store.ts';
import type { Stores } from '../../stores/stores.ts';

type InventoryStores = Pick<Stores, 'inventory' | 'scanItems' | 'scannedGateways' | 'scannedSubscriptions'>;

const removedAtOnce = 20;

/** Shows a scan from now on; the one before is retired. Again it changes nothing. */
export async function publishScan(stores: InventoryStores, scan: NonNullable<InventoryRecord['scan']>): Promise<void> {
  await change(stores, (record) => {
    if (record.scan?.id === scan.id) return undefined;
    const before = record.scan === undefined ? [] : [record.scan.id];
    return { ...record, scan, retired: [...record.retired, ...before] };
  });
}

/** Notes that the rows of a scan which came to nothing may go. */
export async function retireScan(stores: InventoryStores, scanId: string): Promise<void> {
  await change(stores, (record) =>
    record.retired.includes(scanId) || record.scan?.id === scanId
      ? undefined
      : { ...record, retired: [...record.retired, scanId] },
  );
}

/** Removes the rows of retired scans. What a crash leaves of them goes with the next scan. */
export async function removeRetired(stores: InventoryStores): Promise<void> {
  const retired = (await stores.inventory.get(latestInventory))?.record.retired ?? [];
  for (const scanId of retired) {
    for (const queue of scanQueues) await removeAll(stores.scanItems, queuePartition(scanId, queue));
    await removeAll(stores.scannedGateways, scanId);
    await removeAll(stores.scannedSubscriptions, scanId);
    await stores.inventory.update(latestInventory, (record) => ({
      ...record,
      retired: record.retired.filter((id) => id !== scanId),
    }));
  }
}

async function removeAll<T extends object>(store: Store<T>, partition: string): Promise<void> {
  await mapInGroups(await store.list(partition), removedAtOnce, ({ record }) => store.remove(record));
}

async function change(
  { inventory }: InventoryStores,
  changed: (record: InventoryRecord) => InventoryRecord | undefined,
): Promise<void> {
  await inventory.insert({ id: 'latest', retired: [] });
  await inventory.update(latestInventory, changed);
}
