/** What a subscription offers and lets be done, as a plan is judged by it. */
import { createResourceManager } from '../../../src/azure/resource-manager.ts';
import type { Arm } from '../../../src/ports/arm.ts';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aPublicIp, location } from '../../support/builders/arm-bodies.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

const network = '/providers/Microsoft.Network';
const principal = 'test-app';

describe('sandbox/arm: what a subscription offers', () => {
  let stack: ArmStack;
  let arm: Arm;
  let subscription: string;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.prepareNetwork();
    subscription = `/subscriptions/${stack.subscriptionId}`;
    arm = createResourceManager({
      endpoint: stack.arm.url,
      credential: stack.credential,
      log: createRecordingLog().log,
      now: () => stack.test.host.clock.now(),
      clientOptions: { tlsOptions: { ca: stack.test.ca } },
    });
  });

  afterEach(async () => {
    await stack.close();
  });

  const refused = { outcome: 'refused', status: 403, code: 'AuthorizationFailed' };

  it('counts what there is of each kind in a region, for the real client too', async () => {
    await stack.put(`${network}/publicIPAddresses/old`, aPublicIp({ sku: { name: 'Basic' }, zones: undefined }));
    const listed: (string | undefined)[] = [];
    for await (const { name, currentValue } of stack.network.usages.list(location)) {
      listed.push(`${name.value ?? ''} ${currentValue}`);
    }

    const usages = await arm.readUsages(subscription, location);

    expect(listed).toEqual([
      'VirtualNetworks 1',
      'StaticPublicIPAddresses 1',
      'PublicIPAddresses 1',
      'RouteTables 0',
      'StandardSkuPublicIpAddresses 1',
    ]);
    expect(usages).toMatchObject({
      outcome: 'done',
      value: expect.arrayContaining([{ name: 'VirtualNetworks', used: 1, limit: 1000 }]) as unknown,
    });
    expect(await arm.readUsages(subscription, 'westeurope')).toMatchObject({
      value: expect.arrayContaining([{ name: 'VirtualNetworks', used: 0, limit: 1000 }]) as unknown,
    });
    expect(await arm.readUsages(subscription, 'atlantis')).toMatchObject({ outcome: 'refused', status: 400 });
  });

  it('lists the regions, and which of them have zones', async () => {
    const regions = await arm.readRegions(subscription);

    expect(regions).toMatchObject({
      outcome: 'done',
      value: expect.arrayContaining([
        { name: 'eastus', hasZones: true },
        { name: 'ukwest', hasZones: false },
      ]) as unknown,
    });
  });

  it('tells what the identity may do in a subscription, in a group and at a network', async () => {
    const networkId = `${stack.group}${network}/virtualNetworks/VNet1`;
    stack.arm.assignRole({ principal, actions: ['*/read'], scope: subscription });
    stack.arm.assignRole({ principal, actions: ['Microsoft.Network/*'], scope: networkId });
    const actionsAt = async (scope: string) => {
      const read = await arm.readPermissions(scope);
      return read.outcome === 'done' ? read.value.flatMap(({ actions }) => actions) : read;
    };

    expect(await actionsAt(subscription)).toEqual(['*/read']);
    expect(await actionsAt(stack.group)).toEqual(['*/read']);
    expect(await actionsAt(networkId)).toEqual(['*/read', 'Microsoft.Network/*']);
    expect(await actionsAt(`${subscription}/resourceGroups/none`)).toMatchObject({
      outcome: 'missing',
      of: 'resourceGroup',
    });
  });

  it('refuses the lists of a subscription to who has rights in a group only', async () => {
    stack.arm.assignRole({ principal, actions: ['*'], scope: stack.group });

    expect(await arm.readRegions(subscription)).toMatchObject(refused);
    expect(await arm.readUsages(subscription, location)).toMatchObject(refused);
  });

  it.each([{ value: null }, { value: [{ displayName: 'x' }] }, {}, ''])(
    'takes %j for no answer about numbers or regions',
    async (body) => {
      stack.answerNext({ path: '/(usages|locations)', times: 2 }, { status: 200, body });

      expect(await arm.readRegions(subscription)).toMatchObject({ outcome: 'unavailable' });
      expect(await arm.readUsages(subscription, location)).toMatchObject({ outcome: 'unavailable' });
    },
  );
});
