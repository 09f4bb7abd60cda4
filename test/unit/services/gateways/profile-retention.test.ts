/** Packages that a newer one replaced go; what a gateway's kits are made from stays. */
import { createApplyActivities } from '../../../../src/activities/gateways/apply-activities.ts';
import { dayMs } from '../../../../src/domain/days.ts';
import type { ProfilePackage } from '../../../../src/domain/profile-package.ts';
import { createProfileRetention } from '../../../../src/services/gateways/profile-retention.ts';
import { retain } from '../../../../src/services/operations/retain.ts';
import { createRetentionDues } from '../../../../src/stores/retention-dues.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { blobTable, createMemoryBlobs } from '../../../support/memory-blobs.ts';
import type { MemoryTables } from '../../../support/memory-tables.ts';
import { aGateway, createServicesWorld, type ServicesWorld } from '../../../support/services-world.ts';

const gatewayId = 'vnet1gw';
const keptDays = 30;

function retentionOf({ tables, stores, now }: ServicesWorld) {
  const dues = createRetentionDues({ tables });
  return createProfileRetention({
    stores,
    blobs: createMemoryBlobs(tables),
    container: 'profiles',
    dues,
    keptDays,
    now,
  });
}

/** The activity that fetches a package which Azure has made; `making` names that piece of work of Azure's. */
async function fetchPackage(world: ServicesWorld, hash: string, making: string): Promise<void> {
  const profile = { hash, serverFqdn: 'gw.vpn.azure.com', routes: [], dnsServers: [] } as unknown as ProfilePackage;
  const { pollProfile } = createApplyActivities({
    ...world,
    blobs: createMemoryBlobs(world.tables),
    profileContainer: 'profiles',
    profileRetention: retentionOf(world),
    readProfilePackage: () => ({ ok: true, profile }),
  });
  world.arm.answerNext('pollProfile', { outcome: 'succeeded', value: new Uint8Array([1]) });
  await pollProfile({ gatewayId, desired: 1, wanted: 1, state: making });
}

async function look(world: ServicesWorld): Promise<void> {
  const none = (): Promise<'none'> => Promise.resolve('none');
  await retain({
    dues: createRetentionDues(world),
    removers: { idempotency: none, event: none, operation: none, profile: retentionOf(world).removeOld },
    audit: world.audit,
    now: world.now,
    onFault: (_what, error) => {
      throw error;
    },
  });
}

async function daysLater(world: ServicesWorld, days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    world.clock.advance(dayMs);
    await look(world);
  }
}

function packagesOf({ tables }: ServicesWorld): readonly string[] {
  return tables.rows(blobTable).map(({ rowKey }) => decodeURIComponent(rowKey));
}

async function newestOf({ stores }: ServicesWorld): Promise<string> {
  return given(await stores.profiles.get({ partitionKey: gatewayId, rowKey: 'newest' })).record.blobName;
}

async function aWorld(tables?: MemoryTables): Promise<ServicesWorld> {
  const world = createServicesWorld(tables);
  await aGateway(world);
  return world;
}

describe('src/services/gateways/profile-retention', () => {
  it('removes what a newer package replaced, and never the newest', async () => {
    const world = await aWorld();
    await fetchPackage(world, 'a', 'first');
    await daysLater(world, 10);
    await fetchPackage(world, 'b', 'second');

    await daysLater(world, keptDays - 10);
    expect(packagesOf(world)).toHaveLength(2);
    await daysLater(world, 400);

    expect(packagesOf(world)).toEqual([await newestOf(world)]);
  });

  it('keeps what has come back to what it was while the former package of that content goes', async () => {
    const world = await aWorld();
    await fetchPackage(world, 'a', 'first');
    await fetchPackage(world, 'b', 'second');
    await fetchPackage(world, 'a', 'third');

    await daysLater(world, 2 * keptDays);

    expect(packagesOf(world)).toEqual([await newestOf(world)]);
  });

  it('leaves one that was the newest a moment ago to whoever is reading it', async () => {
    const world = await aWorld();
    await fetchPackage(world, 'a', 'first');
    await daysLater(world, keptDays);
    const before = await newestOf(world);
    world.clock.advance(dayMs - 1);
    await fetchPackage(world, 'b', 'second');
    world.clock.advance(1);

    await look(world);
    expect(packagesOf(world)).toContain(before);
    await daysLater(world, 2);

    expect(packagesOf(world)).toEqual([await newestOf(world)]);
  });

  it('removes those of a gateway that was removed', async () => {
    const world = await aWorld();
    await fetchPackage(world, 'a', 'first');
    const stored = given(await world.stores.profiles.get({ partitionKey: gatewayId, rowKey: 'newest' }));
    await world.stores.profiles.remove(stored.record);

    await daysLater(world, keptDays + 1);

    expect(packagesOf(world)).toEqual([]);
  });

  it('leaves no package that no day lists, whichever write fails', async () => {
    const places = await atEveryCrash({
      setUp: aWorld,
      work: async (world) => {
        await fetchPackage(world, 'a', 'first');
        await fetchPackage(world, 'b', 'second');
        world.clock.advance((keptDays + 2) * dayMs);
        await look(world);
      },
      check: async (world, _tables, place) => {
        world.clock.advance((keptDays + 2) * dayMs);
        await look(world);
        expect([place, packagesOf(world)]).toEqual([place, [await newestOf(world)]]);
      },
    });

    expect(places).toBeGreaterThanOrEqual(10);
  });
});
