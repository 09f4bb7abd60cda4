import type { ProfilePackage } from '../../../../src/domain/profile-package.ts';
import { aGateway, createServicesWorld, type ServicesWorld } from '../../../support/services-world.ts';

function aProfile(hash: string): ProfilePackage {
  return { hash, serverFqdn: 'gw.vpn.azure.com', routes: [], dnsServers: [] } as unknown as ProfilePackage;
}

async function record(world: ServicesWorld, hash: string): Promise<void> {
  world.clock.advance(60_000);
  await world.rounds.recordProfile('vnet1gw', aProfile(hash), `vnet1gw/${hash}.zip`, 1);
}

async function announced(world: ServicesWorld): Promise<readonly string[]> {
  const pending = await world.outbox.listPending();
  const records = await Promise.all(pending.map(({ record: { id } }) => world.outbox.get(id)));
  return records
    .filter((found) => found?.event.type === 'gatehouse.profile.changed.v1')
    .map((found) => (found?.event.data as { readonly hash: string }).hash)
    .sort();
}

describe('src/services/gateways/gateway-rounds, profiles', () => {
  it('tells of each change of the profile, also of one that brings an earlier one back', async () => {
    const world = createServicesWorld();
    await aGateway(world);

    for (const hash of ['a', 'a', 'b', 'b', 'a']) await record(world, hash);

    expect(await announced(world)).toEqual(['a', 'a', 'b']);
  });

  it('tells of a change once, wherever a crash comes, and never not at all', async () => {
    for (let write = 1; write <= 8; write += 1) {
      const world = createServicesWorld();
      await aGateway(world);
      await record(world, 'a');
      world.tables.setFault((number) => (number === write ? 'before' : undefined));
      await record(world, 'b').catch(() => undefined);
      world.tables.setFault(undefined);

      await record(world, 'b');

      expect([write, await announced(world)]).toEqual([write, ['a', 'b']]);
    }
  });
});
