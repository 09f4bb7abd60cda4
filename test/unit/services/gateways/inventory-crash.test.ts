/** A scan that dies between any two of its writes: run again it shows every gateway once, and leaves nothing behind. */
import { scanSteps } from '../../../../src/contracts/gateways/scan-inventory.ts';
import { queuePartition, scanQueues } from '../../../../src/stores/records/inventory.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { anOperationId, aRequest, createServicesWorld, type ServicesWorld } from '../../../support/services-world.ts';

const scanId = anOperationId('scan');
const earlierId = anOperationId('earlier');
const subscription = '11111111-1111-1111-1111-111111111111';

function put(world: ServicesWorld, name: string): void {
  const id = `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworkGateways/${name}`;
  const vpnClientConfiguration = { vpnClientAddressPool: { addressPrefixes: ['172.16.0.0/24'] } };
  world.arm.resources.set(id, { properties: { gatewayType: 'Vpn', vpnClientConfiguration } });
}

/** As the orchestration makes the calls. */
async function run(world: ServicesWorld, seed: string): Promise<void> {
  const { id } = await world.inventoryScans.begin({ sessions: false }, aRequest(world, seed));
  for (const { name: step } of scanSteps) {
    const begunAt = world.now().toISOString();
    for (;;) {
      const progress = await world.inventoryScans.advance(id, step, begunAt);
      if (progress.outcome !== 'more') break;
      world.clock.advance(progress.seconds * 1000);
    }
  }
  await world.inventoryScans.finish(id, { status: 'succeeded' });
}

describe('src/services/gateways/inventory-scans, at every crash', () => {
  it('shows the whole inventory in the end, and keeps no row of the scan before', async () => {
    const places = await atEveryCrash<ServicesWorld>({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        put(world, 'a');
        await run(world, 'earlier');
        put(world, 'b');
        return world;
      },
      work: (world) => run(world, 'scan'),
      check: async (world, _tables, place) => {
        const { gateways, scan, notSeen } = given(await world.reportInventory());
        const shown = [scan?.operationId, gateways.map(({ name }) => name), notSeen];
        expect([place, ...shown]).toEqual([place, scanId, ['a', 'b'], []]);
        const rows = [
          ...(await world.stores.scannedGateways.list(earlierId)),
          ...(await world.stores.scannedSubscriptions.list(earlierId)),
          ...(
            await Promise.all(scanQueues.map((queue) => world.stores.scanItems.list(queuePartition(scanId, queue))))
          ).flat(),
        ];
        expect([place, rows]).toEqual([place, []]);
        expect((await world.operations.get(scanId))?.status).toBe('succeeded');
        expect(await world.inventoryScans.running()).toBeUndefined();
      },
    });

    expect(places).toBeGreaterThan(20);
  });
});
