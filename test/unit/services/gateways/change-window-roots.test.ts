/** Roots that are to come off a gateway whose change window is closed. */
import { asObject } from '../../../../src/domain/gateway-entries.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { sweep } from '../../../../src/services/operations/sweep.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { gatewayId, gatewayOf } from '../../../support/proven-revocation.ts';
import {
  anOperationId,
  aRequest,
  createServicesWorld,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';
import { provisioned } from '../../../support/stub-arm.ts';
import { advanceTo, aWindowedGateway, on, opensAt, tick, trust } from '../../../support/windowed-gateway.ts';

type Urgency = 'immediate' | 'window';

async function distrust(world: ServicesWorld, seed: string, urgency?: Urgency): Promise<string> {
  const { id } = await world.trust.distrust(gatewayId, 'root-1', true, { ...aRequest(world, seed), urgency });
  await runWriter(world);
  return id;
}

async function distrustEntry(world: ServicesWorld, seed: string, urgency?: Urgency): Promise<string> {
  const { id } = await world.trust.distrustEntry(gatewayId, 'theirs.CER', false, {
    ...aRequest(world, seed),
    urgency,
  });
  await runWriter(world);
  return id;
}

/** A root that others have put there, and the hourly look has seen. */
async function othersPutRoot(world: ServicesWorld, name: string): Promise<void> {
  const { resourceId } = await gatewayOf(world);
  const body = given(world.arm.resources.get(resourceId));
  const properties = asObject(body['properties']);
  const configuration = asObject(properties['vpnClientConfiguration']);
  const own = configuration['vpnClientRootCertificates'] as readonly JsonObject[];
  const publicCertData = Buffer.from(anAuthority({ called: 'Theirs' }).der).toString('base64');
  const vpnClientRootCertificates = [...own, { name, properties: { publicCertData } }];
  const vpnClientConfiguration = { ...configuration, vpnClientRootCertificates };
  world.arm.resources.set(resourceId, provisioned({ ...body, properties: { ...properties, vpnClientConfiguration } }));
  await world.writer.wake(world.orchestrations, gatewayId);
  await runWriter(world);
}

describe('src/services, roots that leave a gateway with a change window', () => {
  it('takes a root that must not wait off at once, alone, also where its removal waits already', async () => {
    const world = await aWindowedGateway();
    await trust(world, 'root-2');
    const waiting = await distrust(world, 'may wait');
    expect(on(world, 'root')).toEqual(['root-1']);

    const urgent = await distrust(world, 'must not', 'immediate');

    expect(on(world, 'root')).toEqual([]);
    expect((await world.operations.view(waiting))?.problem?.detail).toBe(`Superseded by operation ${urgent}.`);
    const rows = (await world.stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
    expect(rows).toMatchObject([
      { rootId: 'root-1', state: 'removed' },
      { rootId: 'root-2', state: 'deferred', startsAt: opensAt },
    ]);
    expect(rows[0]?.startsAt).toBeUndefined();
    await world.sessions.record(gatewayId, { cut: [], unproven: [] });
    world.clock.advance(6 * 60 * 1000);
    await world.sessions.record(gatewayId, { cut: [], unproven: [] });
    expect(await world.operations.view(urgent)).toMatchObject({ status: 'succeeded' });
  });

  it('has no later request that may wait keep a root which must not', async () => {
    const world = await aWindowedGateway();
    await world.trust.distrust(gatewayId, 'root-1', true, { ...aRequest(world, 'must not'), urgency: 'immediate' });
    world.clock.advance(1000);
    await world.trust.distrust(gatewayId, 'root-1', true, aRequest(world, 'may wait'));
    await runWriter(world);

    expect(on(world, 'root')).toEqual([]);
  });

  it('forgets the haste with which a root was taken off once it is trusted again', async () => {
    const world = await aWindowedGateway();
    await distrust(world, 'must not', 'immediate');

    const id = await trust(world, 'root-1');

    expect(on(world, 'root')).toEqual([]);
    expect(await world.operations.view(id)).toMatchObject({ status: 'waiting', steps: [{ startsAt: opensAt }] });
    advanceTo(world, opensAt);
    await tick(world);
    expect(on(world, 'root')).toEqual(['root-1']);
    world.clock.advance(5 * 60 * 60 * 1000);
    expect(await world.operations.view(await distrust(world, 'off again'))).toMatchObject({ status: 'waiting' });
    expect(on(world, 'root')).toEqual(['root-1']);
  });

  it('keeps the removal of what others have put there for the window, unless it must not wait', async () => {
    const world = await aWindowedGateway();
    await othersPutRoot(world, 'Theirs.cer');
    const waiting = await distrustEntry(world, 'may wait');
    expect(await distrustEntry(world, 'asked again')).toBe(waiting);
    expect(on(world, 'root')).toEqual(['root-1', 'Theirs.cer']);
    expect(await world.operations.view(waiting)).toMatchObject({
      status: 'waiting',
      waitingFor: { kind: 'changeWindow', until: opensAt },
      steps: [{ status: 'waiting', startsAt: opensAt }],
    });
    expect(await gatewayOf(world)).toMatchObject({ deferredUntil: opensAt });

    world.clock.advance(1000);
    const urgent = await distrustEntry(world, 'must not', 'immediate');

    expect(on(world, 'root')).toEqual(['root-1']);
    expect(await world.operations.view(urgent)).toMatchObject({ status: 'succeeded' });
    expect((await world.operations.view(waiting))?.problem?.detail).toBe(`Superseded by operation ${urgent}.`);
  });

  it('takes what others have put there off when the window opens', async () => {
    const world = await aWindowedGateway();
    await othersPutRoot(world, 'Theirs.cer');
    const id = await distrustEntry(world, 'may wait');
    advanceTo(world, opensAt);

    await tick(world);

    expect(on(world, 'root')).toEqual(['root-1']);
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    expect((await gatewayOf(world)).deferredUntil).toBeUndefined();
  });

  it.each([
    ['a root', distrust, ['Theirs.cer']],
    ['an entry of others', distrustEntry, ['root-1']],
  ])('takes %s off once wherever an urgent request crashes while a removal waits', async (_what, takeOff, left) => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = await aWindowedGateway(createServicesWorld(tables));
        await othersPutRoot(world, 'Theirs.cer');
        await takeOff(world, 'may wait');
        world.clock.advance(1000);
        return world;
      },
      work: async (world) => {
        if (on(world, 'root').length === 2) await takeOff(world, 'must not', 'immediate');
      },
      check: async (world, _tables, place) => {
        world.clock.advance(3 * 60 * 1000);
        await sweep({
          ...world,
          onFault: (what) => {
            expect(what).toBeUndefined();
          },
        });
        await runWriter(world);
        expect([place, on(world, 'root')]).toEqual([place, left]);
        const waiting = await world.operations.view(anOperationId('may wait'));
        expect([place, waiting?.problem?.detail]).toEqual([
          place,
          `Superseded by operation ${anOperationId('must not')}.`,
        ]);
      },
    });
    expect(places).toBeGreaterThan(5);
  });
});
