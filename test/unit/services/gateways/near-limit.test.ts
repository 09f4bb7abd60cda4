import { addDays } from '../../../../src/domain/days.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { createNoteNearLimit } from '../../../../src/services/gateways/near-limit.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { aGateway, createServicesWorld, type ServicesWorld } from '../../../support/services-world.ts';

const gatewayId = 'vnet1gw';

function showing(count: number): JsonObject {
  const entries = Array.from({ length: count }, (_, number) => ({
    name: `entry-${number}`,
    properties: { thumbprint: number.toString(16).toUpperCase().padStart(40, '0'), provisioningState: 'Succeeded' },
  }));
  return {
    properties: { provisioningState: 'Succeeded', vpnClientConfiguration: { vpnClientRevokedCertificates: entries } },
  };
}

async function look(world: ServicesWorld, count: number): Promise<void> {
  world.clock.advance(60_000);
  await world.rounds.recordRound(gatewayId, { gateway: showing(count), writeSeconds: [] });
}

async function told(world: ServicesWorld) {
  const pending = await world.outbox.listPending();
  const records = await Promise.all(pending.map(({ record }) => world.outbox.get(record.id)));
  return records
    .map((record) => given(record).event)
    .filter(({ type }) => type === 'gatehouse.gateway.revocations-near-limit.v1');
}

describe('src/services/gateways/near-limit', () => {
  it('tells that revocations are running out of places when they reach four fifths, and not before', async () => {
    const world = createServicesWorld();
    await aGateway(world);

    await look(world, 239);
    expect(await told(world)).toEqual([]);
    await look(world, 240);

    expect(await told(world)).toMatchObject([
      { subject: `gateways/${gatewayId}`, data: { gatewayId, revocations: 240, limit: 300 } },
    ]);
    const day = world.now().toISOString().slice(0, 10);
    const rows = await world.audit.listDays(day, addDays(day, 1), 100);
    expect(rows).toMatchObject([
      { action: 'gateway.revocationsNearLimit', target: { gatewayId }, source: '240 of 300 revocations' },
    ]);
  });

  it('tells once for each time that the number crosses, not for each look', async () => {
    const world = createServicesWorld();
    await aGateway(world);

    for (const count of [240, 300, 250]) await look(world, count);
    expect(await told(world)).toHaveLength(1);
    for (const count of [10, 239, 245, 246]) await look(world, count);
    expect(await told(world)).toHaveLength(2);
  });

  it('tells once, and never not, wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aGateway(world);
        return world;
      },
      work: (world) => createNoteNearLimit(world)(gatewayId, showing(260)),
      check: async (world, _tables, place) => {
        expect({ place, told: (await told(world)).length }).toEqual({ place, told: 1 });
      },
    });
    expect(places).toBeGreaterThanOrEqual(4);
  });
});
