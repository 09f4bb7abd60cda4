import { onGatewayChanged } from '../../../../src/functions/gateways/on-gateway-changed.ts';
import { aGateway, createServicesWorld, type ServicesWorld } from '../../../support/services-world.ts';

async function send(world: ServicesWorld, event: unknown): Promise<string> {
  return onGatewayChanged(event, {
    stores: world.stores,
    writer: world.writer,
    orchestrations: world.orchestrations,
    now: world.now,
    clientId: 'our-app',
  });
}

async function anEvent(world: ServicesWorld, changes: object = {}, data: object = {}) {
  const { resourceId } = await aGateway(world);
  return {
    id: '1',
    eventType: 'Microsoft.Resources.ResourceWriteSuccess',
    subject: resourceId
      .replace('resourceGroups', 'resourcegroups')
      .toUpperCase()
      .replace('/SUBSCRIPTIONS', '/subscriptions'),
    data: { operationName: 'Microsoft.Network/virtualNetworkGateways/write', claims: { appid: 'portal' }, ...data },
    ...changes,
  };
}

describe('src/functions/gateways/on-gateway-changed', () => {
  it('sets the writer of the gateway in motion, whatever the letter case of the id', async () => {
    const world = createServicesWorld();

    expect(await send(world, await anEvent(world))).toBe('looked at');
    expect(world.orchestrations.started).toMatchObject([{ name: 'applyGateway', input: { gatewayId: 'vnet1gw' } }]);
  });

  it('starts one writer for an event that comes twice', async () => {
    const world = createServicesWorld();
    const event = await anEvent(world);

    await send(world, event);
    await send(world, event);

    expect(world.orchestrations.started).toHaveLength(1);
  });

  it('passes over its own writes', async () => {
    const world = createServicesWorld();

    expect(await send(world, await anEvent(world, {}, { claims: { appid: 'our-app' } }))).toBe('own write');
    expect(world.orchestrations.started).toEqual([]);
  });

  it.each([
    ['claims as text', { claims: 'name=somebody' }],
    ['claims that are null', { claims: null }],
    ['an address that is null', { resourceUri: null }],
    ['an address of another shape', { resourceUri: { id: 7 } }],
  ])('looks though the event has %s', async (_what, data) => {
    const world = createServicesWorld();

    expect(await send(world, await anEvent(world, {}, data))).toBe('looked at');
  });

  it.each([
    ['no data', { data: null }],
    ['data as text', { data: 'Succeeded' }],
    ['no type', { eventType: undefined }],
    ['a time that is none', { eventTime: 'yesterday' }],
  ])('looks though the event has %s', async (_what, changes) => {
    const world = createServicesWorld();

    expect(await send(world, await anEvent(world, changes))).toBe('looked at');
  });

  it('knows its own writes in claims that came as text', async () => {
    const world = createServicesWorld();

    expect(await send(world, await anEvent(world, {}, { claims: '{"appid":"Our-App"}' }))).toBe('own write');
  });

  it.each([
    ['an action', { eventType: 'Microsoft.Resources.ResourceActionSuccess' }, 'not a gateway write'],
    [
      'another resource',
      { subject: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v' },
      'not a gateway write',
    ],
    [
      'a gateway that nobody registered',
      { subject: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworkGateways/x' },
      'not registered',
    ],
    ['a subject that is no text', { subject: 7 }, 'unreadable'],
  ])('leaves everything alone for %s', async (_what, changes, outcome) => {
    const world = createServicesWorld();

    expect(await send(world, await anEvent(world, changes))).toBe(outcome);
    expect(world.orchestrations.started).toEqual([]);
  });

  it.each([null, 'text', 7, [], {}])('takes %p for no event', async (event) => {
    expect(await send(createServicesWorld(), event)).toBe('unreadable');
  });
});
