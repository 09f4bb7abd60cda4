import { createBuildActivities } from '../../../../src/activities/gateways/build-activities.ts';
import { sweep } from '../../../../src/services/operations/sweep.ts';
import { rootKeys } from '../../../../src/stores/records/certificates.ts';
import { gatewayKeys } from '../../../../src/stores/records/gateways.ts';
import { azureFailure } from '../../../support/azure-failure.ts';
import { aCompletePlan } from '../../../support/builders/a-complete-plan.ts';
import { aGatewayPlan, aSubscriptionId, aVirtualNetwork } from '../../../support/builders/a-gateway-plan.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import {
  anOperationId,
  aRequest,
  aRoot,
  createServicesWorld,
  ownActs,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const plan = aCompletePlan(aGatewayPlan(), { subscriptionId: aSubscriptionId });

function anotherPlan(changes: Parameters<typeof aGatewayPlan>[0]) {
  return aCompletePlan(aGatewayPlan({ name: 'Other', ...changes }), { subscriptionId: aSubscriptionId });
}

async function finish(
  world: ServicesWorld,
  seed: string,
  end: Parameters<ReturnType<typeof createBuildActivities>['finishBuild']>[0]['end'],
) {
  const gateway = given(await world.stores.gateways.get(gatewayKeys('vnet1gw'))).record;
  return createBuildActivities(world).finishBuild({
    operationId: anOperationId(seed),
    gatewayId: 'vnet1gw',
    epoch: gateway.epoch,
    end,
  });
}

const publicIp = given(plan.resourceIds.publicIps[0]);

function made(world: ServicesWorld, resource: string, resourceId: string): Promise<unknown> {
  return world.stores.madeResources.insert({ gatewayId: 'vnet1gw', resource, resourceId, at: '' });
}

function fail(what: string, error: unknown): never {
  throw new Error(what, { cause: error });
}

describe('src/services/gateways/gateways', () => {
  it('registers the gateway, holds it and starts the build', async () => {
    const world = createServicesWorld();

    const operation = await world.gatewayOperations.build(plan, aRequest(world, 'one'));

    expect(operation.steps.map(({ name }) => name)).toEqual([
      'resourceGroup',
      'virtualNetwork',
      'publicIp',
      'gateway',
      'trust',
      'profile',
      'verify',
    ]);
    expect(world.orchestrations.started).toEqual([
      {
        name: 'buildGateway',
        instanceId: `${operation.id}-1`,
        input: { operationId: operation.id, gatewayId: 'vnet1gw', epoch: 1 },
      },
    ]);
    expect(await world.claims.holder(plan.resourceIds.virtualNetwork)).toMatchObject({ operationId: operation.id });
  });

  it('builds once wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aRoot(world);
        return world;
      },
      work: (world) => world.gatewayOperations.build({ ...plan, rootIds: ['root-1'] }, aRequest(world, 'one')),
      check: (world, tables, place) => {
        expect({ place, started: world.orchestrations.started.map(({ instanceId }) => instanceId) }).toEqual({
          place,
          started: [`${anOperationId('one')}-1`],
        });
        expect([
          tables.rows('Gateways').length,
          tables.rows('Operations').length,
          tables.rows('GatewayRoots').length,
        ]).toEqual([1, 1, 1]);
        return Promise.resolve();
      },
    });
    expect(places).toBeGreaterThan(8);
  });

  it('is started by the sweep when the request died before it could', async () => {
    const world = createServicesWorld();
    const silent = { ...world.orchestrations, start: () => Promise.reject(new Error('the host is gone')) };
    await expect(
      world.gatewayOperations.build(plan, { ...aRequest(world, 'one'), orchestrations: silent }),
    ).rejects.toThrow('the host is gone');
    world.clock.advance(3 * 60 * 1000);

    await sweep({
      ...world,
      onFault: (what, error) => {
        throw new Error(what, { cause: error });
      },
    });

    expect(world.orchestrations.started).toMatchObject([{ instanceId: `${anOperationId('one')}-1` }]);
    expect(await ownActs(world)).toMatchObject([
      { action: 'sweep.operationStarted', operationId: anOperationId('one'), target: { kind: 'buildGateway' } },
    ]);
  });

  it('is called dead by the sweep no earlier than five minutes after its last sign of life', async () => {
    const world = createServicesWorld();
    await world.gatewayOperations.build(plan, aRequest(world, 'one'));
    world.orchestrations.setState(`${anOperationId('one')}-1`, 'ended');
    const statusAfter = async (ms: number): Promise<string | undefined> => {
      world.clock.advance(ms);
      await sweep({
        ...world,
        onFault: (what, error) => {
          throw new Error(what, { cause: error });
        },
      });
      return (await world.operations.view(anOperationId('one')))?.status;
    };

    expect(await statusAfter(5 * 60 * 1000)).toBe('pending');
    expect(await ownActs(world)).toEqual([]);
    expect(await statusAfter(1)).toBe('failed');
    expect(await ownActs(world)).toMatchObject([
      { action: 'sweep.operationEnded', reason: expect.stringContaining('ended without a result') as string },
    ]);
  });

  it.each([
    ['the same virtual network', anotherPlan({})],
    [
      'the same gateway id',
      aCompletePlan(aGatewayPlan({ resourceGroup: 'Elsewhere', virtualNetwork: aVirtualNetwork({ name: 'VNet9' }) }), {
        subscriptionId: aSubscriptionId,
      }),
    ],
  ])('refuses a second build on %s and leaves nothing of it', async (_what, second) => {
    const world = createServicesWorld();
    await world.gatewayOperations.build(plan, aRequest(world, 'one'));

    await expect(world.gatewayOperations.build(second, aRequest(world, 'two'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });

    expect(world.tables.rows('Operations')).toHaveLength(1);
    expect(world.tables.rows('Claims')).toHaveLength(2);
  });

  it('proposes a free id for one that is taken', async () => {
    const world = createServicesWorld();
    await world.gatewayOperations.build(plan, aRequest(world, 'one'));
    const second = aCompletePlan(aGatewayPlan({ resourceGroup: 'Elsewhere' }), {
      subscriptionId: aSubscriptionId,
    });

    await expect(world.gatewayOperations.build(second, aRequest(world, 'two'))).rejects.toMatchObject({
      problems: [{ path: '/id', fix: 'Use vnet1gw-2.' }],
    });
  });

  describe('of two builds of one gateway id at the same moment', () => {
    const first = { ...plan, rootIds: ['root-1'] };
    const second = {
      ...anotherPlan({ virtualNetwork: aVirtualNetwork({ name: 'Other' }) }),
      id: plan.id,
      rootIds: ['root-2'],
    };

    /** The second build comes in while the first one writes its first row. */
    async function together(world: ServicesWorld, meanwhile = () => Promise.resolve()): Promise<readonly string[]> {
      for (const id of ['root-1', 'root-2']) await aRoot(world, id);
      const ends: Promise<string>[] = [];
      const build = (of: typeof plan, seed: string): Promise<string> =>
        world.gatewayOperations.build(of, aRequest(world, seed)).then(
          () => 'begun',
          (error: unknown) => String((error as { code?: string }).code),
        );
      const insert = world.tables.insert.bind(world.tables);
      jest.spyOn(world.tables, 'insert').mockImplementation(async (table, keys, columns) => {
        if (table === 'GatewayResources' && ends.length === 0) {
          ends.push(build(second, 'two'));
          await ends[0];
          await meanwhile();
        }
        return insert(table, keys, columns);
      });
      return [await build(first, 'one'), ...(await Promise.all(ends))];
    }

    function trusted(world: ServicesWorld): readonly unknown[] {
      return world.tables.rows('GatewayRoots').map(({ columns }) => columns['rootId']);
    }

    it('begins one, which trusts what its own plan names', async () => {
      const world = createServicesWorld();

      expect(await together(world)).toEqual(['begun', 'ERR_CONFLICT']);

      expect(given(await world.stores.gateways.get(gatewayKeys(plan.id))).record.plan.rootIds).toEqual(['root-1']);
      expect(trusted(world)).toEqual(['root-1']);
      expect(world.orchestrations.started).toMatchObject([{ instanceId: `${anOperationId('one')}-1` }]);
    });

    it('leaves nothing of one that is refused, so that the other can be sent again', async () => {
      const world = createServicesWorld();
      const ends = await together(world, async () => {
        await world.stores.roots.remove(given(await world.stores.roots.get(rootKeys('root-1'))).record);
      });
      expect(ends).toEqual(['ERR_REQUEST_INVALID', 'ERR_CONFLICT']);
      for (const table of ['Gateways', 'GatewayResources', 'GatewayRoots', 'RootGateways', 'Claims']) {
        expect(world.tables.rows(table)).toEqual([]);
      }

      await world.gatewayOperations.build(second, aRequest(world, 'three'));
      expect(trusted(world)).toEqual(['root-2']);
    });

    it('takes only its own rows back where the other had the id first', async () => {
      const world = createServicesWorld();
      const ends = await together(world, async () => {
        // So slow that its claims are not its own any more.
        for (const row of world.tables.rows('Claims')) {
          await world.claims.release(String(row.columns['resourceId']), anOperationId('one'));
        }
        await world.gatewayOperations.build(second, aRequest(world, 'three'));
      });

      expect(ends).toEqual(['ERR_CONFLICT', 'ERR_CONFLICT']);
      expect(trusted(world)).toEqual(['root-2']);
      expect(world.tables.rows('GatewayResources')).toHaveLength(1);
      expect(world.orchestrations.started).toMatchObject([{ instanceId: `${anOperationId('three')}-1` }]);
    });

    it('leaves to the other what it has under the id, where the sweep ends one that died', async () => {
      const world = createServicesWorld();
      await aRoot(world);
      await world.operations.create({
        id: anOperationId('dead'),
        kind: 'buildGateway',
        target: plan.id,
        targetKey: plan.id,
        requestedBy: 'tester',
        steps: [],
      });
      world.clock.advance(6 * 60 * 1000);
      const insert = world.tables.insert.bind(world.tables);
      jest.spyOn(world.tables, 'insert').mockImplementation(async (table, keys, columns) => {
        if (table === 'Gateways') await sweep({ ...world, onFault: fail });
        return insert(table, keys, columns);
      });

      await world.gatewayOperations.build(first, aRequest(world, 'one'));

      expect(await world.operations.view(anOperationId('dead'))).toMatchObject({ status: 'failed' });
      expect(trusted(world)).toEqual(['root-1']);
    });
  });

  it('gives everything back when the build has ended, and makes the gateway ready', async () => {
    const world = createServicesWorld();
    await world.gatewayOperations.build(plan, aRequest(world, 'one'));
    await world.stores.gateways.update(gatewayKeys('vnet1gw'), (record) => ({ ...record, applied: 1, profileMade: 1 }));

    expect(await finish(world, 'one', { status: 'succeeded' })).toEqual({ nextWriter: null });

    expect(world.tables.rows('Claims')).toEqual([]);
    expect(given(await world.stores.gateways.get(gatewayKeys('vnet1gw'))).record).toMatchObject({
      state: 'ready',
      epoch: 1,
    });
    expect(await world.operations.view(anOperationId('one'))).toMatchObject({
      status: 'succeeded',
      result: { gatewayId: 'vnet1gw' },
    });
  });

  it('names what a failed build left behind, and goes on from there', async () => {
    const world = createServicesWorld();
    const operation = await world.gatewayOperations.build(plan, aRequest(world, 'one'));
    await made(world, 'publicIp', publicIp);
    world.arm.resources.set(publicIp, {});

    await finish(world, 'one', { status: 'failed', step: 'gateway', ...azureFailure('SkuNotAvailable', 'not here') });
    const failed = given(await world.operations.get(operation.id));
    expect(failed).toMatchObject({
      status: 'failed',
      problem: {
        detail: expect.stringMatching(
          /SkuNotAvailable: not here.* Left behind: .*\/VNet1GW-pip \(Succeeded\)\. .*resume/s,
        ) as unknown,
      },
    });
    await world.gatewayOperations.resume(failed, world.orchestrations);

    expect(world.orchestrations.started.at(-1)).toMatchObject({
      name: 'buildGateway',
      instanceId: `${operation.id}-2`,
      input: { epoch: 2 },
    });
    expect(await world.operations.view(operation.id)).toMatchObject({ status: 'running' });
  });

  it('tells of what was to be made only what it sees in Azure, and apart what it cannot see', async () => {
    const world = createServicesWorld();
    const operation = await world.gatewayOperations.build(plan, aRequest(world, 'one'));
    const { resourceGroup, virtualNetwork, gateway } = plan.resourceIds;
    await made(world, 'resourceGroup', resourceGroup);
    await made(world, 'virtualNetwork', virtualNetwork);
    await made(world, 'publicIp', publicIp);
    await made(world, 'gateway', gateway);
    world.arm.resources.set(resourceGroup, {});
    world.arm.resources.set(gateway, {});
    const read = world.arm.readProvisioning.bind(world.arm);
    world.arm.readProvisioning = async (id) =>
      id === virtualNetwork
        ? { outcome: 'refused', status: 403, code: 'AuthorizationFailed', message: 'no right', aboutBody: false }
        : read(id);

    await finish(world, 'one', { status: 'canceled' });

    const { result } = given(await world.operations.view(operation.id));
    expect(result).toMatchObject({
      leftBehind: expect.arrayContaining([
        { resourceId: resourceGroup },
        { resourceId: gateway, state: 'Succeeded' },
      ]) as unknown,
      notLookedAt: [{ resourceId: virtualNetwork, why: 'AuthorizationFailed: no right' }],
    });
    expect(JSON.stringify(result)).not.toContain(publicIp);
  });

  it.each([
    {
      what: 'nothing of what was noted is there',
      answer: undefined,
      words: /Nothing was left behind\./,
    },
    {
      what: 'Azure does not answer',
      answer: { outcome: 'unavailable', status: 0, retryAfterSeconds: 1, code: 'NoAnswer', message: 'silence' },
      words: /May be there, but could not be looked at: .*VNet1GW-pip \(NoAnswer: silence\)\./,
    },
    {
      what: 'Azure does not know the subscription',
      answer: { outcome: 'missing', of: 'subscription', code: 'SubscriptionNotFound', message: 'unknown' },
      words: /May be there, but could not be looked at: .*VNet1GW-pip \(SubscriptionNotFound: unknown\)\./,
    },
  ])('says of a failed build what is left where $what', async ({ answer, words }) => {
    const world = createServicesWorld();
    const operation = await world.gatewayOperations.build(plan, aRequest(world, 'one'));
    await made(world, 'publicIp', publicIp);
    if (answer !== undefined) world.arm.answerNext('readProvisioning', answer);

    await finish(world, 'one', { status: 'failed', step: 'gateway', ...azureFailure('SkuNotAvailable', 'not here') });

    const detail = given(await world.operations.get(operation.id)).problem?.detail ?? '';
    expect(detail).toMatch(words);
    expect(detail.includes('Nothing was left behind.')).toBe(answer === undefined);
  });

  it('takes a lone 404 for no absence while the group still lists the resource', async () => {
    const world = createServicesWorld();
    const operation = await world.gatewayOperations.build(plan, aRequest(world, 'one'));
    await made(world, 'publicIp', publicIp);
    world.arm.resources.set(plan.resourceIds.resourceGroup, {});
    world.arm.resources.set(publicIp, {});
    world.arm.answerNext('readProvisioning', { outcome: 'missing', of: 'resource', code: 'NotFound', message: '' });

    await finish(world, 'one', { status: 'canceled' });

    expect(given(await world.operations.view(operation.id)).result).toMatchObject({
      leftBehind: [],
      notLookedAt: [{ resourceId: publicIp, why: 'Azure still lists it' }],
    });
  });

  it('forgets a gateway once everything that was made for it is deleted', async () => {
    const world = createServicesWorld();
    await world.gatewayOperations.build(plan, aRequest(world, 'one'));
    await finish(world, 'one', { status: 'canceled' });

    const removal = await world.gatewayOperations.remove('vnet1gw', aRequest(world, 'two'));
    await createBuildActivities(world).finishRemoval({
      operationId: removal.id,
      gatewayId: 'vnet1gw',
      epoch: 2,
      end: { status: 'succeeded' },
    });

    for (const table of ['Gateways', 'GatewayResources', 'GatewayRoots', 'MadeResources', 'Claims']) {
      expect(world.tables.rows(table)).toEqual([]);
    }
    await world.gatewayOperations.build(plan, aRequest(world, 'three'));
    expect(world.orchestrations.started).toHaveLength(3);
  });

  describe('an operation of a gateway that was removed and built again under the same id', () => {
    async function rebuilt() {
      const world = createServicesWorld();
      const first = await world.gatewayOperations.build(plan, aRequest(world, 'one'));
      await finish(world, 'one', { status: 'failed', step: 'gateway', ...azureFailure('X', 'y') });
      const removal = await world.gatewayOperations.remove('vnet1gw', aRequest(world, 'two'));
      const endRemoval = () =>
        createBuildActivities(world).finishRemoval({
          operationId: removal.id,
          gatewayId: 'vnet1gw',
          epoch: 2,
          end: { status: 'succeeded' },
        });
      await endRemoval();
      await world.gatewayOperations.build(plan, aRequest(world, 'three'));
      await finish(world, 'three', { status: 'succeeded' });
      const ready = given(await world.stores.gateways.get(gatewayKeys('vnet1gw'))).record;
      const check = async () => {
        expect(given(await world.stores.gateways.get(gatewayKeys('vnet1gw'))).record).toEqual(ready);
        expect(world.orchestrations.started).toHaveLength(3);
        expect(world.tables.rows('Claims')).toEqual([]);
      };
      return { world, first: given(await world.operations.get(first.id)), endRemoval, check };
    }

    const superseded = { code: 'ERR_CONFLICT', problems: [{ code: 'operationSuperseded' }] };

    it('is not resumed', async () => {
      const { world, first, check } = await rebuilt();

      await expect(world.gatewayOperations.resume(first, world.orchestrations)).rejects.toMatchObject(superseded);

      expect((await world.operations.get(first.id))?.problem).toEqual(first.problem);
      await check();
    });

    it('removes nothing', async () => {
      const { world, first, check } = await rebuilt();

      await expect(world.gatewayOperations.remove('vnet1gw', aRequest(world, 'four'), first)).rejects.toMatchObject(
        superseded,
      );

      expect(await world.operations.view(anOperationId('four'))).toBeUndefined();
      await check();
    });

    it('forgets nothing when its last act comes once more', async () => {
      const { endRemoval, check } = await rebuilt();

      await endRemoval();

      await check();
    });

    it('is not carried by the sweep: what was wanted of the former gateway is not wanted of this one', async () => {
      const world = createServicesWorld();
      await aRoot(world);
      await world.gatewayOperations.build(plan, aRequest(world, 'one'));
      await finish(world, 'one', { status: 'succeeded' });
      const intents = [
        await world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'trust')),
        await world.trust.requestProfile('vnet1gw', aRequest(world, 'profile')),
      ];
      await world.stores.gateways.update(gatewayKeys('vnet1gw'), ({ writer: _writer, ...record }) => record);
      const removal = await world.gatewayOperations.remove('vnet1gw', aRequest(world, 'two'));
      const end = { status: 'succeeded' } as const;
      const input = { operationId: removal.id, gatewayId: 'vnet1gw', epoch: 3, end };
      await createBuildActivities(world).finishRemoval(input);
      world.clock.advance(60_000);
      await world.gatewayOperations.build(plan, aRequest(world, 'three'));
      world.clock.advance(3 * 60_000);

      await sweep({ ...world, onFault: fail });

      for (const { id } of intents) expect(await world.operations.view(id)).toMatchObject({ status: 'failed' });
      expect(world.tables.rows('GatewayRoots')).toEqual([]);
      expect(world.tables.rows('ProfileRequests')).toEqual([]);
      expect(given(await world.stores.gateways.get(gatewayKeys('vnet1gw'))).record).toMatchObject({ profileWanted: 1 });
    });
  });

  it('keeps why a build failed when it cannot be resumed just now', async () => {
    const world = createServicesWorld();
    const { id } = await world.gatewayOperations.build(plan, aRequest(world, 'one'));
    await finish(world, 'one', { status: 'failed', step: 'gateway', ...azureFailure('SkuNotAvailable', 'not here') });
    const failed = given(await world.operations.get(id));
    const writer = { instanceId: 'apply-vnet1gw-9', epoch: 9 };
    await world.stores.gateways.update(gatewayKeys('vnet1gw'), (record) => ({ ...record, writer }));

    await expect(world.gatewayOperations.resume(failed, world.orchestrations)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });

    expect(await world.operations.get(id)).toEqual(failed);
  });
});
