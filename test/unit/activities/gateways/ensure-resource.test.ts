import { createEnsureResource } from '../../../../src/activities/gateways/ensure-resource.ts';
import { createRemoveResource } from '../../../../src/activities/gateways/remove-resource.ts';
import { newGateway } from '../../../../src/domain/resource-bodies.ts';
import type { Arm } from '../../../../src/ports/arm.ts';
import { anEmptyAzure, order, settle } from '../../../support/empty-azure.ts';
import { provisioned } from '../../../support/stub-arm.ts';

describe('src/activities/gateways/ensure-resource', () => {
  it('makes each resource once, however often it is called', async () => {
    const { world, gateway } = await anEmptyAzure();
    const ensure = createEnsureResource(world);

    for (const resource of [...order, ...order]) {
      expect(await settle(() => ensure({ gatewayId: 'vnet1gw', resource }))).toEqual({ outcome: 'ready' });
    }

    const { resourceIds } = gateway.plan;
    expect([...world.arm.resources.keys()].sort()).toEqual(
      [resourceIds.resourceGroup, resourceIds.virtualNetwork, ...resourceIds.publicIps, resourceIds.gateway].sort(),
    );
    expect(world.arm.puts.map(({ resourceId }) => resourceId)).toEqual([
      resourceIds.virtualNetwork,
      resourceIds.gateway,
    ]);
  });

  it('notes what it is about to make before it asks for it', async () => {
    const { world, gateway } = await anEmptyAzure();
    world.arm.answerNext('putRaw', {
      outcome: 'unavailable',
      status: 500,
      code: 'Oops',
      message: '',
      retryAfterSeconds: 1,
    });

    const outcome = await createEnsureResource(world)({ gatewayId: 'vnet1gw', resource: 'gateway' });

    expect(outcome).toMatchObject({ outcome: 'wait' });
    expect((await world.stores.madeResources.list('vnet1gw')).map(({ record }) => record.resourceId)).toEqual([
      gateway.resourceId,
    ]);
  });

  it('claims no resource as its own that was there before', async () => {
    const { world, gateway } = await anEmptyAzure();
    world.arm.resources.set(gateway.plan.resourceIds.resourceGroup, { location: 'eastus' });

    await settle(() => createEnsureResource(world)({ gatewayId: 'vnet1gw', resource: 'resourceGroup' }));

    expect(await world.stores.madeResources.list('vnet1gw')).toEqual([]);
  });

  it('waits as long as Azure says when it is throttled', async () => {
    const { world } = await anEmptyAzure();
    world.arm.answerNext('readRaw', {
      outcome: 'busy',
      code: 'SubscriptionRequestsThrottled',
      message: '',
      retryAfterSeconds: 33,
    });

    expect(await createEnsureResource(world)({ gatewayId: 'vnet1gw', resource: 'gateway' })).toMatchObject({
      outcome: 'wait',
      seconds: 33,
    });
  });

  it.each([
    {
      outcome: 'missing',
      of: 'subscription',
      code: 'SubscriptionNotFound',
      message: 'It could not be found.',
      correlationId: 'c-1',
    },
    {
      outcome: 'unavailable',
      status: 500,
      code: 'SubscriptionNotFound',
      message: 'It could not be found.',
      correlationId: 'c-1',
      retryAfterSeconds: 10,
    },
  ])('waits for what may pass, and has Azure’s words in case it does not ($outcome)', async (answer) => {
    const { world } = await anEmptyAzure();
    world.arm.answerNext('putResourceGroup', answer);

    const outcome = await createEnsureResource(world)({ gatewayId: 'vnet1gw', resource: 'resourceGroup' });

    expect(outcome).toMatchObject({
      outcome: 'wait',
      trouble: {
        code: answer.outcome === 'missing' ? 'azureRefused' : 'azureUnavailable',
        azure: { code: 'SubscriptionNotFound', message: 'It could not be found.', correlationId: 'c-1' },
      },
    });
  });

  it('does not take another gateway of the same name for its own', async () => {
    const { world, gateway } = await anEmptyAzure();
    world.arm.resources.set(gateway.resourceId, {
      properties: { provisioningState: 'Succeeded', sku: { name: 'VpnGw5AZ' } },
    });

    expect(await createEnsureResource(world)({ gatewayId: 'vnet1gw', resource: 'gateway' })).toMatchObject({
      outcome: 'refused',
      code: 'gatewayExists',
    });
  });

  it('takes over no gateway that it did not make, though it is just as planned', async () => {
    const { world, gateway } = await anEmptyAzure();
    world.arm.resources.set(gateway.resourceId, provisioned(newGateway(gateway.plan, [])));

    const outcome = await createEnsureResource(world)({ gatewayId: 'vnet1gw', resource: 'gateway' });

    expect(outcome).toMatchObject({ outcome: 'refused', code: 'gatewayExists' });
    expect(world.arm.puts).toEqual([]);
    expect(await world.stores.madeResources.list('vnet1gw')).toEqual([]);
  });

  it('refuses a gateway of its own that somebody made another one of meanwhile', async () => {
    const { world, gateway } = await anEmptyAzure();
    const ensure = createEnsureResource(world);
    await settle(() => ensure({ gatewayId: 'vnet1gw', resource: 'gateway' }));
    world.arm.resources.set(gateway.resourceId, {
      ...world.arm.resources.get(gateway.resourceId),
      properties: { provisioningState: 'Succeeded', sku: { name: 'VpnGw5AZ' } },
    });

    expect(await ensure({ gatewayId: 'vnet1gw', resource: 'gateway' })).toMatchObject({ code: 'gatewayDiffers' });
  });
});

describe('src/activities/gateways/ensure-resource and a gateway that somebody else makes meanwhile', () => {
  const look = { gatewayId: 'vnet1gw', resource: 'gateway' } as const;

  it.each([
    ['refused', { outcome: 'refused', status: 400, aboutBody: true, code: 'Nope', message: 'words' }],
    ['not answered', { outcome: 'unavailable', status: 0, code: 'NoAnswer', message: '', retryAfterSeconds: 1 }],
    ['throttled', { outcome: 'busy', code: 'TooMany', message: '', retryAfterSeconds: 1 }],
  ])('takes it not for its own after a write that was %s, and does not delete it', async (_how, answer) => {
    const { world, gateway } = await anEmptyAzure();
    const ensure = createEnsureResource(world);
    world.arm.answerNext('putRaw', answer);
    await ensure(look);
    world.arm.resources.set(gateway.resourceId, provisioned(newGateway(gateway.plan, [])));

    expect(await ensure(look)).toMatchObject({
      outcome: 'refused',
      code: 'gatewayExists',
      message: expect.stringContaining(gateway.resourceId) as unknown,
    });
    expect(await settle(() => createRemoveResource(world)(look))).toMatchObject({ outcome: 'ready' });
    expect(world.arm.resources.has(gateway.resourceId)).toBe(true);
  });

  it('goes on with its own after a write whose answer was lost', async () => {
    const { world, gateway } = await anEmptyAzure();
    const ensure = createEnsureResource(world);
    const lossy = {
      ...world.arm,
      putRaw: async (...given: Parameters<Arm['putRaw']>) => {
        await world.arm.putRaw(...given);
        return { outcome: 'unavailable', status: 0, code: 'NoAnswer', message: '', retryAfterSeconds: 1 } as const;
      },
    };
    await createEnsureResource({ ...world, arm: lossy })(look);

    expect(await ensure(look)).toEqual({ outcome: 'ready' });
    expect(world.arm.puts).toHaveLength(1);
    expect(await settle(() => createRemoveResource(world)(look))).toEqual({ outcome: 'ready' });
    expect(world.arm.resources.has(gateway.resourceId)).toBe(false);
  });

  it.each(order)('forgets no %s whose first write may have arrived when Azure refuses the next', async (resource) => {
    const { world } = await anEmptyAzure();
    const ensure = createEnsureResource(world);
    const lost = { outcome: 'unavailable', status: 0, code: 'NoAnswer', message: '', retryAfterSeconds: 1 };
    const refused = { outcome: 'refused', status: 409, aboutBody: false, code: 'Nope', message: 'words' };
    for (const answer of [lost, refused]) {
      for (const call of ['putRaw', 'putPublicIp', 'putResourceGroup'] as const) world.arm.answerNext(call, answer);
    }

    await ensure({ gatewayId: 'vnet1gw', resource });
    const noted = (await world.stores.madeResources.list('vnet1gw')).map(({ record }) => record.at);
    expect(await ensure({ gatewayId: 'vnet1gw', resource })).toMatchObject({ outcome: 'refused' });

    expect((await world.stores.madeResources.list('vnet1gw')).map(({ record }) => record.at)).toEqual(noted);
    expect(noted).toHaveLength(1);
  });

  it.each(order)('forgets a %s that Azure refused to make', async (resource) => {
    const { world } = await anEmptyAzure();
    const refused = { outcome: 'refused', status: 403, aboutBody: false, code: 'Nope', message: 'words' };
    for (const call of ['putRaw', 'putPublicIp', 'putResourceGroup'] as const) world.arm.answerNext(call, refused);

    expect(await createEnsureResource(world)({ gatewayId: 'vnet1gw', resource })).toMatchObject({ outcome: 'refused' });
    expect(await world.stores.madeResources.list('vnet1gw')).toEqual([]);
  });
});

describe('src/activities/gateways/ensure-resource and one missing answer', () => {
  it.each([
    ['gateway', 'readRaw'],
    ['virtualNetwork', 'readRaw'],
    ['publicIp', 'readProvisioning'],
  ] as const)('writes no new %s over one that the group lists', async (resource, read) => {
    const { world } = await anEmptyAzure();
    for (const each of order) await settle(() => createEnsureResource(world)({ gatewayId: 'vnet1gw', resource: each }));
    const before = new Map(world.arm.resources);
    world.arm.answerNext(read, { outcome: 'missing', of: 'resource', code: 'ResourceNotFound', message: 'No.' });

    expect(await createEnsureResource(world)({ gatewayId: 'vnet1gw', resource })).toMatchObject({
      outcome: 'wait',
      reason: 'Azure still lists it',
    });
    expect([...world.arm.resources]).toEqual([...before]);
  });
});
