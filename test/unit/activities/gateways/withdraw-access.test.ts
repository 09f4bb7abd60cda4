import { createWithdrawAccess } from '../../../../src/activities/gateways/withdraw-access.ts';
import { asObject } from '../../../../src/domain/gateway-entries.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const gatewayId = 'vnet1gw';

async function aTrustedRoot(world: ServicesWorld): Promise<string> {
  await aRoot(world);
  const { resourceId } = await aGateway(world);
  await world.trust.trust(gatewayId, 'root-1', undefined, aRequest(world, 'trust'));
  await runWriter(world);
  return resourceId;
}

describe('src/activities/gateways/withdraw-access', () => {
  it('wants the roots off a gateway that Gatehouse did not make, until they are', async () => {
    const world = createServicesWorld();
    await aTrustedRoot(world);
    const withdraw = createWithdrawAccess(world);

    expect(await withdraw({ gatewayId })).toEqual({ outcome: 'ready', stays: true, left: ['root-1'] });
    await world.writer.recordIntent(world.orchestrations, gatewayId);
    await runWriter(world);
    expect(await withdraw({ gatewayId })).toEqual({ outcome: 'ready', stays: true, left: [] });
  });

  it('wants a root off as well that somebody else has put there under another name', async () => {
    const world = createServicesWorld();
    const root = await aRoot(world);
    const { resourceId } = await aGateway(world);
    const body = given(world.arm.resources.get(resourceId));
    const properties = asObject(body['properties']);
    const configuration = asObject(properties['vpnClientConfiguration']);
    const copied = { name: 'copied', properties: { publicCertData: given(root.certificate) } };
    const vpnClientConfiguration = { ...configuration, vpnClientRootCertificates: [copied] };
    world.arm.resources.set(resourceId, { ...body, properties: { ...properties, vpnClientConfiguration } });
    await world.writer.wake(world.orchestrations, gatewayId);
    await runWriter(world);
    const withdraw = createWithdrawAccess(world);

    expect(await withdraw({ gatewayId })).toEqual({ outcome: 'ready', stays: true, left: ['root-1'] });
    await world.writer.recordIntent(world.orchestrations, gatewayId);
    await runWriter(world);

    expect(await withdraw({ gatewayId })).toEqual({ outcome: 'ready', stays: true, left: [] });
    expect(JSON.stringify(world.arm.resources.get(resourceId))).not.toContain('copied');
  });

  it('leaves the roots of a gateway alone that is deleted with them', async () => {
    const world = createServicesWorld();
    const resourceId = await aTrustedRoot(world);
    await world.stores.madeResources.insert({ gatewayId, resource: 'gateway', resourceId, at: 'then' });
    const body = given(world.arm.resources.get(resourceId));
    world.arm.resources.set(resourceId, { ...body, tags: { 'gatehouse-made': 'then' } });

    expect(await createWithdrawAccess(world)({ gatewayId })).toEqual({ outcome: 'ready', stays: false, left: [] });
    expect((await world.stores.gatewayRoots.list(gatewayId))[0]?.record.wanted).toBe(true);
  });

  it('wants the roots off a gateway that somebody has put in the place of the one that Gatehouse made', async () => {
    const world = createServicesWorld();
    const resourceId = await aTrustedRoot(world);
    await world.stores.madeResources.insert({ gatewayId, resource: 'gateway', resourceId, at: 'then' });

    expect(await createWithdrawAccess(world)({ gatewayId })).toEqual({
      outcome: 'ready',
      stays: true,
      left: ['root-1'],
    });
  });

  it.each([
    ['busy', { outcome: 'busy', code: 'TooMany', message: 'Later.', retryAfterSeconds: 7 }],
    ['not there', { outcome: 'unavailable', status: 0, code: 'NoAnswer', message: '', retryAfterSeconds: 7 }],
    ['of two minds', { outcome: 'missing', of: 'resource', code: 'ResourceNotFound', message: 'No.' }],
    ['about to refuse', { outcome: 'refused', status: 403, aboutBody: false, code: 'No', message: 'No.' }],
  ] as const)('says nothing of the gateway that stands there while Azure is %s', async (_how, answer) => {
    const world = createServicesWorld();
    const resourceId = await aTrustedRoot(world);
    world.arm.resources.set(resourceId.split('/').slice(0, 5).join('/'), { location: 'eastus' });
    await world.stores.madeResources.insert({ gatewayId, resource: 'gateway', resourceId, at: 'then' });
    const withdraw = createWithdrawAccess(world);
    world.arm.answerNext('readRaw', answer);

    expect(await withdraw({ gatewayId })).toMatchObject({
      outcome: answer.outcome === 'refused' ? 'refused' : 'wait',
    });
    expect(await withdraw({ gatewayId })).toEqual({ outcome: 'ready', stays: true, left: ['root-1'] });
  });

  it('has no root to take off a gateway of Gatehouse that is not in Azure any more', async () => {
    const world = createServicesWorld();
    const resourceId = await aTrustedRoot(world);
    await world.stores.madeResources.insert({ gatewayId, resource: 'gateway', resourceId, at: 'then' });
    world.arm.resources.delete(resourceId);

    expect(await createWithdrawAccess(world)({ gatewayId })).toEqual({ outcome: 'ready', stays: false, left: [] });
  });

  it('has nothing to do for a gateway that is not registered', async () => {
    expect(await createWithdrawAccess(createServicesWorld())({ gatewayId })).toEqual({
      outcome: 'ready',
      stays: false,
      left: [],
    });
  });
});
