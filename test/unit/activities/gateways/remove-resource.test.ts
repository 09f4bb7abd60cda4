import { createEnsureResource } from '../../../../src/activities/gateways/ensure-resource.ts';
import { createRemoveResource } from '../../../../src/activities/gateways/remove-resource.ts';
import { newGateway } from '../../../../src/domain/resource-bodies.ts';
import { anEmptyAzure, order, settle } from '../../../support/empty-azure.ts';
import { given } from '../../../support/given.ts';
import { provisioned } from '../../../support/stub-arm.ts';

describe('src/activities/gateways/remove-resource', () => {
  it('deletes what was made, and nothing that was there before', async () => {
    const { world, gateway } = await anEmptyAzure();
    const { resourceIds } = gateway.plan;
    world.arm.resources.set(resourceIds.resourceGroup, { location: 'eastus' });
    for (const resource of order) await settle(() => createEnsureResource(world)({ gatewayId: 'vnet1gw', resource }));

    const remove = createRemoveResource(world);
    for (const resource of ['gateway', 'publicIp', 'virtualNetwork', 'resourceGroup'] as const) {
      expect(await settle(() => remove({ gatewayId: 'vnet1gw', resource }))).toEqual({ outcome: 'ready' });
    }

    expect([...world.arm.resources.keys()]).toEqual([resourceIds.resourceGroup]);
  });

  describe('of a resource that a read does not find', () => {
    async function aBuiltGateway() {
      const { world, gateway } = await anEmptyAzure();
      for (const resource of order) await settle(() => createEnsureResource(world)({ gatewayId: 'vnet1gw', resource }));
      const look = () => createRemoveResource(world)({ gatewayId: 'vnet1gw', resource: 'gateway' });
      return { world, gateway, look };
    }
    const notFound = { outcome: 'missing', of: 'resource', code: 'ResourceNotFound', message: 'It was not found.' };

    it('does not call it removed while its group lists it', async () => {
      const { world, gateway, look } = await aBuiltGateway();
      world.arm.answerNext('readProvisioning', notFound);

      expect(await look()).toMatchObject({ outcome: 'wait' });
      expect(await settle(look)).toEqual({ outcome: 'ready' });
      expect(world.arm.resources.has(gateway.plan.resourceIds.gateway)).toBe(false);
    });

    it.each([
      [
        'its list cannot be read',
        { outcome: 'unavailable', status: 200, code: 'UnreadableAnswer', message: 'null', retryAfterSeconds: 10 },
      ],
      [
        'its list is refused',
        { outcome: 'refused', status: 403, code: 'AuthorizationFailed', message: 'No.', aboutBody: false },
      ],
    ])('does not call it removed when %s', async (_why, answer) => {
      const { world, look } = await aBuiltGateway();
      world.arm.answerNext('readProvisioning', notFound);
      world.arm.answerNext('listResourceGroup', answer);

      expect(await look()).not.toEqual({ outcome: 'ready' });
    });

    it.each(['readProvisioning', 'resourceGroupExists'] as const)(
      'does not call it removed when the subscription is said to be unknown (%s)',
      async (call) => {
        const { world, look } = await aBuiltGateway();
        world.arm.answerNext('readProvisioning', notFound);
        if (call === 'readProvisioning') await look();
        world.arm.answerNext(call, { ...notFound, of: 'subscription', code: 'SubscriptionNotFound' });

        expect(await look()).toMatchObject({ outcome: 'wait', trouble: { azure: { code: 'SubscriptionNotFound' } } });
      },
    );

    it('calls it removed when its group is gone', async () => {
      const { world, gateway, look } = await aBuiltGateway();
      for (const id of [gateway.plan.resourceIds.gateway, gateway.plan.resourceIds.resourceGroup]) {
        world.arm.resources.delete(id);
      }

      expect(await look()).toEqual({ outcome: 'ready' });
    });
  });

  describe('of a gateway that has lost its tag', () => {
    async function anUntaggedGateway() {
      const { world, gateway } = await anEmptyAzure();
      for (const resource of order) await settle(() => createEnsureResource(world)({ gatewayId: 'vnet1gw', resource }));
      const body = given(world.arm.resources.get(gateway.resourceId));
      world.arm.resources.set(gateway.resourceId, { ...body, tags: {} });
      const notes = await world.stores.madeResources.list('vnet1gw');
      const note = given(notes.find(({ record }) => record.resource === 'gateway')).record;
      return { world, gateway, body, tag: `gatehouse-made=${note.at}` };
    }
    const look = { gatewayId: 'vnet1gw', resource: 'gateway' } as const;
    const saying = (part: string): unknown => expect.stringContaining(part);

    it('leaves none behind that trusts a root of Gatehouse', async () => {
      const { world, gateway, tag } = await anUntaggedGateway();
      const row = {
        gatewayId: 'vnet1gw',
        rootId: 'root-1',
        entryName: 'gatehouse',
        thumbprint: 'AB',
        wanted: false,
        updatedAt: 'then',
      };
      await world.stores.gatewayRoots.insert({ ...row, state: 'removing' });
      const remove = createRemoveResource(world);

      const refused = await remove(look);
      expect(refused).toMatchObject({ outcome: 'refused', code: 'rootsLeft', message: saying('root-1') });
      expect(refused).toMatchObject({ message: saying(tag) });
      await world.stores.gatewayRoots.upsert({ ...row, state: 'removed' });
      expect(await remove(look)).toMatchObject({ outcome: 'ready' });
      expect(world.arm.resources.has(gateway.resourceId)).toBe(true);
    });

    it('names the tag by which it would be known, and takes it back with that', async () => {
      const { world, gateway, body, tag } = await anUntaggedGateway();

      expect(await createEnsureResource(world)(look)).toMatchObject({ code: 'gatewayExists', message: saying(tag) });
      expect(await createRemoveResource(world)(look)).toMatchObject({ outcome: 'ready', detail: saying(tag) });
      const [name = '', value = ''] = tag.split('=');
      world.arm.resources.set(gateway.resourceId, { ...body, tags: { [name]: value } });
      expect(await createEnsureResource(world)(look)).toEqual({ outcome: 'ready' });
      expect(await settle(() => createRemoveResource(world)(look))).toEqual({ outcome: 'ready' });
      expect(world.arm.resources.has(gateway.resourceId)).toBe(false);
    });

    it('names no tag to a gateway of which Gatehouse has noted nothing', async () => {
      const { world, gateway } = await anEmptyAzure();
      world.arm.resources.set(gateway.resourceId, provisioned(newGateway(gateway.plan, [])));

      const outcome = await createEnsureResource(world)(look);
      expect(outcome).toMatchObject({ code: 'gatewayExists' });
      expect(JSON.stringify(outcome)).not.toContain('gatehouse-made');
    });

    const inUse = [
      [
        'publicIp',
        'PublicIPAddressCannotBeDeleted',
        (id: string, user: string) =>
          `Public IP address ${id} can not be deleted since it is still allocated to resource ${user}. In order to …`,
      ],
      [
        'virtualNetwork',
        'InUseSubnetCannotBeDeleted',
        (_id: string, user: string) => `Subnet GatewaySubnet is in use by ${user} and cannot be deleted. In order to …`,
      ],
    ] as const;

    it.each(inUse)('leaves with it the %s that it uses, and names the user', async (resource, code, words) => {
      const { world, gateway } = await anUntaggedGateway();
      const { publicIps, virtualNetwork } = gateway.plan.resourceIds;
      const id = resource === 'publicIp' ? given(publicIps[0]) : virtualNetwork;
      const user = `${gateway.resourceId}/ipConfigurations/default`;
      const refused = { outcome: 'refused', status: 400, aboutBody: true, code, message: words(id, user) };
      world.arm.answerNext('deleteResource', refused);

      expect(await createRemoveResource(world)({ gatewayId: 'vnet1gw', resource, gatewayStays: true })).toEqual({
        outcome: 'ready',
        detail: `${id} was left: in use by ${user}.`,
      });
    });

    it.each([
      ['the gateway was not left', 'PublicIPAddressCannotBeDeleted', false],
      ['Azure refuses for another reason', 'AuthorizationFailed', true],
    ])('does not leave the address where %s', async (_why, code, gatewayStays) => {
      const { world } = await anUntaggedGateway();
      const refused = { outcome: 'refused', status: 400, aboutBody: true, code, message: 'No.' };
      world.arm.answerNext('deleteResource', refused);

      expect(
        await createRemoveResource(world)({ gatewayId: 'vnet1gw', resource: 'publicIp', gatewayStays }),
      ).toMatchObject({ outcome: 'refused', code: 'azureRefused', azure: { code } });
    });
  });

  it('leaves a group of its own that others have put something into', async () => {
    const { world, gateway } = await anEmptyAzure();
    const { resourceGroup } = gateway.plan.resourceIds;
    await settle(() => createEnsureResource(world)({ gatewayId: 'vnet1gw', resource: 'resourceGroup' }));
    world.arm.resources.set(`${resourceGroup}/providers/Microsoft.Storage/storageAccounts/theirs`, {});

    expect(await createRemoveResource(world)({ gatewayId: 'vnet1gw', resource: 'resourceGroup' })).toEqual({
      outcome: 'ready',
      detail: `Resource group ${resourceGroup} was left: it still holds Microsoft.Storage/storageAccounts/theirs.`,
    });
    expect(world.arm.resources.has(resourceGroup)).toBe(true);
  });

  it.each([
    { outcome: 'done', value: false },
    { outcome: 'refused', status: 403, aboutBody: false, code: 'AuthorizationFailed', message: 'No.' },
  ])('leaves an empty group in which it may not see everything, and names it', async (answer) => {
    const { world, gateway } = await anEmptyAzure();
    const { resourceGroup } = gateway.plan.resourceIds;
    await settle(() => createEnsureResource(world)({ gatewayId: 'vnet1gw', resource: 'resourceGroup' }));
    world.arm.answerNext('maySeeAll', answer);

    expect(await createRemoveResource(world)({ gatewayId: 'vnet1gw', resource: 'resourceGroup' })).toEqual({
      outcome: 'ready',
      detail: `Resource group ${resourceGroup} was left: what is in it may not all be seen.`,
    });
    expect(world.arm.resources.has(resourceGroup)).toBe(true);
  });

  it('waits while it cannot be told what it may see', async () => {
    const { world } = await anEmptyAzure();
    await settle(() => createEnsureResource(world)({ gatewayId: 'vnet1gw', resource: 'resourceGroup' }));
    world.arm.answerNext('maySeeAll', { outcome: 'busy', retryAfterSeconds: 7, code: 'Busy', message: 'Later.' });

    expect(await createRemoveResource(world)({ gatewayId: 'vnet1gw', resource: 'resourceGroup' })).toMatchObject({
      outcome: 'wait',
      seconds: 7,
    });
  });
});
