import { watchGateways } from '../../../../src/services/gateways/watch-gateways.ts';
import { gatewayKeys } from '../../../../src/stores/records/gateways.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  ownActs,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

async function recordOf(world: ServicesWorld, id = 'vnet1gw') {
  return given(await world.stores.gateways.get(gatewayKeys(id))).record;
}

describe('src/services/gateways/gateway-writer', () => {
  it('claims a free gateway with the intent and starts one writer for it', async () => {
    const world = createServicesWorld();
    await aGateway(world);

    await world.writer.recordIntent(world.orchestrations, 'vnet1gw');

    expect(await recordOf(world)).toMatchObject({
      desired: 2,
      epoch: 2,
      writer: { instanceId: 'apply-vnet1gw-2', epoch: 2 },
    });
    expect(world.orchestrations.started).toMatchObject([{ name: 'applyGateway', instanceId: 'apply-vnet1gw-2' }]);
  });

  it('only counts the intent while somebody writes', async () => {
    const world = createServicesWorld();
    await aGateway(world);

    await Promise.all(Array.from({ length: 20 }, () => world.writer.recordIntent(world.orchestrations, 'vnet1gw')));

    expect(await recordOf(world)).toMatchObject({ desired: 21, epoch: 2 });
    expect(world.orchestrations.started).toHaveLength(1);
  });

  it('starts the writer whose claimer died before it could', async () => {
    const world = createServicesWorld();
    await aGateway(world);
    const silent = { ...world.orchestrations, start: () => Promise.reject(new Error('the host is gone')) };
    await expect(world.writer.recordIntent(silent, 'vnet1gw')).rejects.toThrow('the host is gone');

    await world.writer.recordIntent(world.orchestrations, 'vnet1gw');

    expect(world.orchestrations.started).toMatchObject([{ instanceId: 'apply-vnet1gw-2', input: { epoch: 2 } }]);
  });

  it('starts nothing beside an operation of the whole gateway', async () => {
    const world = createServicesWorld();
    await aGateway(world, 'vnet1gw', { state: 'building', writer: { instanceId: 'op-1', epoch: 1 } });

    await world.writer.recordIntent(world.orchestrations, 'vnet1gw');

    expect(world.orchestrations.started).toEqual([]);
  });

  it('leaves the row alone when it is only woken while somebody writes', async () => {
    const world = createServicesWorld();
    await aGateway(world, 'vnet1gw', { epoch: 2, writer: { instanceId: 'apply-vnet1gw-2', epoch: 2 } });
    const before = given(await world.stores.gateways.get(gatewayKeys('vnet1gw'))).etag;

    await world.writer.wake(world.orchestrations, 'vnet1gw');

    expect(given(await world.stores.gateways.get(gatewayKeys('vnet1gw'))).etag).toBe(before);
  });

  it('is given back only when nothing more is wanted', async () => {
    const world = createServicesWorld();
    await aGateway(world);
    await world.writer.recordIntent(world.orchestrations, 'vnet1gw');

    expect(await world.writer.release('vnet1gw', 2)).toBe(false);
    await world.stores.gateways.update(gatewayKeys('vnet1gw'), (record) => ({ ...record, applied: record.desired }));
    expect(await world.writer.release('vnet1gw', 2)).toBe(true);
    expect((await recordOf(world)).writer).toBeUndefined();
  });

  it('does not listen to an epoch that has passed', async () => {
    const world = createServicesWorld();
    await aGateway(world, 'vnet1gw', { epoch: 5, writer: { instanceId: 'apply-vnet1gw-5', epoch: 5 } });

    expect(await world.writer.handOver('vnet1gw', 4, (record) => ({ ...record, state: 'failed' }))).toBeUndefined();
    expect(await recordOf(world)).toMatchObject({ state: 'ready', writer: { epoch: 5 } });
    expect(await world.writeGateway({ gatewayId: 'vnet1gw', epoch: 4 })).toEqual({ outcome: 'superseded' });
  });

  it('hands over to a next writer when something was wanted in the meantime', async () => {
    const world = createServicesWorld();
    await aGateway(world, 'vnet1gw', { desired: 3, epoch: 1, writer: { instanceId: 'op-1', epoch: 1 } });

    expect(await world.writer.handOver('vnet1gw', 1, (record) => record)).toEqual({
      instanceId: 'apply-vnet1gw-2',
      epoch: 2,
    });
  });

  it('is replaced by the gateway watch when its instance has died', async () => {
    const world = createServicesWorld();
    await aGateway(world, 'vnet1gw', { desired: 2, epoch: 3, writer: { instanceId: 'apply-vnet1gw-3', epoch: 3 } });
    world.orchestrations.setState('apply-vnet1gw-3', 'ended');

    expect(await watchGateways(world)).toBe(1);

    expect(world.orchestrations.started).toMatchObject([{ instanceId: 'apply-vnet1gw-4', input: { epoch: 4 } }]);
    expect(await ownActs(world)).toMatchObject([
      { action: 'watch.writerReplaced', target: { gatewayId: 'vnet1gw', instanceId: 'apply-vnet1gw-3' } },
    ]);
  });

  it('is not called dead in the five minutes in which a killed host may still have started it', async () => {
    const world = createServicesWorld();
    await aGateway(world, 'vnet1gw', { desired: 2, epoch: 3, writer: { instanceId: 'apply-vnet1gw-3', epoch: 3 } });
    world.orchestrations.setState('apply-vnet1gw-3', 'absent');

    world.clock.advance(5 * 60 * 1000);
    expect(await watchGateways(world)).toBe(0);

    world.clock.advance(1);
    expect(await watchGateways(world)).toBe(1);
    expect(world.orchestrations.started).toMatchObject([{ instanceId: 'apply-vnet1gw-4', input: { epoch: 4 } }]);
  });

  it('is left alone by the gateway watch while its instance lives', async () => {
    const world = createServicesWorld();
    await aGateway(world, 'vnet1gw', { desired: 2, epoch: 3, writer: { instanceId: 'apply-vnet1gw-3', epoch: 3 } });
    world.orchestrations.setState('apply-vnet1gw-3', 'live');

    expect(await watchGateways(world)).toBe(0);
  });

  it('is woken for a gateway that nobody has compared for an hour, and for none other', async () => {
    const world = createServicesWorld();
    const checkedAt = world.now().toISOString();
    await aGateway(world, 'fresh', { observed: { provisioningState: 'Succeeded', checkedAt } });
    world.clock.advance(59 * 60 * 1000);
    expect(await watchGateways(world)).toBe(0);

    world.clock.advance(60 * 1000);

    expect(await watchGateways(world)).toBe(1);
    expect(world.orchestrations.started).toMatchObject([{ instanceId: 'apply-fresh-2' }]);
  });

  it('writes once for fifteen intents that came together', async () => {
    const world = createServicesWorld();
    await aGateway(world);
    for (let number = 1; number <= 15; number += 1) {
      await aRoot(world, `root-${number}`);
      await world.trust.trust('vnet1gw', `root-${number}`, undefined, aRequest(world, `trust ${number}`));
    }

    await runWriter(world);

    expect(world.arm.puts).toHaveLength(1);
    expect((await world.stores.gatewayRoots.list('vnet1gw')).map(({ record }) => record.state)).toEqual(
      Array(15).fill('trusted'),
    );
  });

  describe('of a gateway whose build has failed', () => {
    const failed = { state: 'failed', desired: 2, applied: 1 } as const;

    it('is left to whoever resumes the build', async () => {
      const world = createServicesWorld();
      await aGateway(world, 'vnet1gw', failed);

      expect(await watchGateways(world)).toBe(0);
    });

    it('is set in motion for a revocation, because the gateway may be there and open', async () => {
      const world = createServicesWorld();
      await aGateway(world, 'vnet1gw', failed);
      const at = world.now().toISOString();
      await world.stores.gatewayRevocations.insert({
        gatewayId: 'vnet1gw',
        thumbprint: 'A'.repeat(40),
        commonName: 'kim',
        wanted: true,
        state: 'requested',
        requestedAt: at,
        updatedAt: at,
      });

      expect(await watchGateways(world)).toBe(1);
    });

    it('is compared each hour once it was seen in Azure', async () => {
      const world = createServicesWorld();
      const observed = { provisioningState: 'Succeeded', checkedAt: world.now().toISOString() };
      await aGateway(world, 'vnet1gw', { ...failed, observed });

      expect(await watchGateways(world)).toBe(0);
      world.clock.advance(61 * 60 * 1000);
      expect(await watchGateways(world)).toBe(1);
    });
  });
});
