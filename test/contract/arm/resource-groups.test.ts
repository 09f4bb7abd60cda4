import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aGateway } from '../../support/builders/arm-bodies.ts';

const gatewayPath = '/providers/Microsoft.Network/virtualNetworkGateways/gw';

describe('sandbox/arm/resource-groups', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
  });

  afterEach(async () => {
    await stack.close();
  });

  it('creates, updates, lists and checks a group at once', async () => {
    const created = await stack.send('PUT', stack.path(''), { body: { location: 'East US' } });
    const updated = await stack.send('PUT', stack.path(''), { body: { location: 'eastus', tags: { team: 'net' } } });
    const listed = await stack.send(
      'GET',
      `/subscriptions/${stack.subscriptionId}/resourcegroups?api-version=2025-04-01`,
    );

    expect([created.status, updated.status]).toEqual([201, 200]);
    expect(listed.body).toMatchObject({ value: [{ name: 'rg', location: 'eastus', tags: { team: 'net' } }] });
    expect((await stack.send('HEAD', stack.path(''))).status).toBe(204);
    expect((await stack.send('HEAD', stack.path('x'))).status).toBe(404);
  });

  it.each([
    [{}, 400, 'LocationRequired'],
    [{ location: 'atlantis' }, 400, 'LocationNotAvailableForResourceType'],
    [{ location: 'westus' }, 409, 'InvalidResourceGroupLocation'],
  ])('refuses %j', async (body, status, code) => {
    await stack.put('', { location: 'eastus' });

    expect(await stack.send('PUT', stack.path(''), { body })).toMatchObject({ status, body: { error: { code } } });
  });

  it('refuses a name with a character that ARM does not take', async () => {
    const path = stack.path('').replace('/rg?', '/r%26g?');

    const answer = await stack.send('PUT', path, { body: { location: 'eastus' } });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'InvalidResourceGroup' } } });
  });

  it('deletes a group with all that is in it, after as long as its members take, and takes no write meanwhile', async () => {
    await stack.prepareNetwork();
    await stack.put(gatewayPath, aGateway(stack.group));

    const accepted = await stack.send('DELETE', stack.path(''));
    const location = String(accepted.headers['location']);
    expect(accepted).toMatchObject({ status: 202, text: '', headers: { 'retry-after': '15' } });
    await stack.test.advance(11 * 60 * 1000);
    expect(await stack.send('GET', location)).toMatchObject({ status: 202, text: '', headers: { location } });
    const write = await stack.send('PUT', stack.path(gatewayPath), { body: aGateway(stack.group) });
    expect(write).toMatchObject({ status: 409, body: { error: { code: 'ResourceGroupBeingDeleted' } } });
    await stack.test.advance(2 * 60 * 1000);

    expect((await stack.send('GET', location)).status).toBe(200);
    expect((await stack.send('GET', stack.path(''))).status).toBe(404);
    expect(stack.arm.gatewaysForVpn()).toEqual([]);
  });

  it('leaves the group usable when its deletion fails', async () => {
    await stack.put('', { location: 'eastus' });
    stack.test.host.faults.add({ service: 'arm', method: 'DELETE', times: 1, then: { failOperation: 'Conflict' } });

    const accepted = await stack.send('DELETE', stack.path(''));
    await stack.test.advance(60_000);

    const end = await stack.send('GET', String(accepted.headers['location']));
    expect(end).toMatchObject({ status: 409, body: { error: { code: 'Conflict' } } });
    expect((await stack.send('GET', stack.path(''))).body).toMatchObject({
      properties: { provisioningState: 'Succeeded' },
    });
  });

  it('lists what is in a group, without properties, and nothing of another group', async () => {
    await stack.prepareNetwork();
    const other = stack.path('').replace('/rg?', '/other?');
    await stack.send('PUT', other, { body: { location: 'eastus' } });

    const listed = await stack.send('GET', stack.path('/resources'));
    const empty = await stack.send('GET', other.replace('/other?', '/other/resources?'));

    const { value } = listed.body as { readonly value: readonly Record<string, unknown>[] };
    expect(value.map(({ type }) => type).toSorted()).toEqual([
      'Microsoft.Network/publicIPAddresses',
      'Microsoft.Network/virtualNetworks',
    ]);
    expect(value.every((member) => member['location'] === 'eastus' && !('properties' in member))).toBe(true);
    expect(empty).toMatchObject({ status: 200, body: { value: [] } });
  });

  it.each([
    ['/nowhere/resources?', 404, 'ResourceGroupNotFound'],
    ['/rg/resources?$top=1&', 501, 'NotImplemented'],
  ])('refuses to list %s', async (place, status, code) => {
    await stack.put('', { location: 'eastus' });

    const answer = await stack.send('GET', stack.path('').replace('/rg?', place));

    expect(answer).toMatchObject({ status, body: { error: { code } } });
  });
});
