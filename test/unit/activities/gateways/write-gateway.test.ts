import { asObject } from '../../../../src/domain/gateway-entries.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { azureFailure } from '../../../support/azure-failure.ts';
import { given } from '../../../support/given.ts';
import { aGateway, aRequest, aRoot, createServicesWorld, type ServicesWorld } from '../../../support/services-world.ts';

const write = { gatewayId: 'vnet1gw', epoch: 2 };

/** A gateway that is to trust a root, held by the writer of epoch 2. */
async function aTask(): Promise<ServicesWorld> {
  const world = createServicesWorld();
  await aRoot(world);
  await aGateway(world);
  await world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'trust'));
  return world;
}

function theGateway(world: ServicesWorld): { readonly id: string; readonly body: JsonObject } {
  const [id, body] = given([...world.arm.resources.entries()][0]);
  return { id, body };
}

function change(world: ServicesWorld, properties: object): void {
  const { id, body } = theGateway(world);
  world.arm.resources.set(id, { ...body, properties: { ...asObject(body['properties']), ...properties } });
}

describe('src/activities/gateways/write-gateway', () => {
  it('writes the whole body once, under the etag that it read, and then finds it equal', async () => {
    const world = await aTask();

    expect(await world.writeGateway(write)).toMatchObject({
      outcome: 'written',
      seconds: 10,
      operationUrl: 'https://arm.test/operations/1',
    });
    expect(await world.writeGateway(write)).toEqual({ outcome: 'equal', desired: 2, held: [] });
    expect(world.arm.puts).toHaveLength(1);
    expect(world.arm.puts[0]?.etag).toBe('W/"a"');
  });

  it('logs each write that Azure was sent and what it answered, and none that was not needed', async () => {
    const world = await aTask();
    const refusal = { outcome: 'refused', status: 400, code: 'DataInvalid', message: 'words', aboutBody: true };
    const lock = { outcome: 'busy', code: 'AnotherOperationInProgress', message: '', retryAfterSeconds: 20 };
    world.arm.answerNext('putRaw', refusal);
    await world.writeGateway(write);
    world.arm.answerNext('putRaw', lock);
    await world.writeGateway(write);

    await world.writeGateway(write);
    await world.writeGateway(write);

    const written = { event: 'gateway.written', target: 'gateways/vnet1gw' };
    expect(world.told.filter(({ event }) => event === 'gateway.written')).toEqual([
      { ...written, outcome: 'refused', code: 'DataInvalid' },
      { ...written, outcome: 'notTaken', code: 'AnotherOperationInProgress' },
      { ...written, outcome: 'accepted' },
    ]);
  });

  it('waits for what Azure is at work on instead of writing it again', async () => {
    const world = await aTask();
    change(world, { provisioningState: 'Updating' });

    expect(await world.writeGateway(write)).toMatchObject({ outcome: 'wait' });
    expect(world.arm.puts).toEqual([]);
  });

  it.each([
    [
      'a lock',
      { outcome: 'busy', code: 'AnotherOperationInProgress', message: '', retryAfterSeconds: 20 },
      { outcome: 'wait', seconds: 20 },
    ],
    [
      'a refusal',
      { outcome: 'refused', status: 400, code: 'DataInvalid', message: 'words', aboutBody: true },
      {
        outcome: 'refused',
        code: 'azureRefused',
        azure: { code: 'DataInvalid' },
        keys: [expect.stringMatching(/^root:/)],
        named: [],
      },
    ],
    [
      'a refusal that names the entry',
      { outcome: 'refused', status: 400, code: 'DataInvalid', message: "Data of 'root-1' is bad.", aboutBody: true },
      { outcome: 'refused', named: [expect.stringMatching(/^root:/)] },
    ],
    [
      'a missing right',
      { outcome: 'refused', status: 403, code: 'AuthorizationFailed', message: 'words', aboutBody: false },
      { outcome: 'failed', ...azureFailure('AuthorizationFailed', 'words'), desired: 2 },
    ],
    [
      'no answer to go by',
      { outcome: 'unavailable', status: 500, code: 'InternalServerError', message: 'words', retryAfterSeconds: 7 },
      {
        outcome: 'wait',
        isUnavailable: true,
        seconds: 7,
        ...azureFailure('InternalServerError', 'words'),
        code: 'azureUnavailable',
      },
    ],
  ])('answers %s as data', async (_what, answer, expected) => {
    const world = await aTask();
    world.arm.answerNext('putRaw', answer);

    expect(await world.writeGateway(write)).toMatchObject(expected);
  });

  it('puts the RADIUS secret back, and writes nothing when it cannot have it', async () => {
    const world = await aTask();
    const { body } = theGateway(world);
    const configuration = asObject(asObject(body['properties'])['vpnClientConfiguration']);
    change(world, { vpnClientConfiguration: { ...configuration, radiusServerAddress: '10.0.0.9' } });
    world.arm.answerNext('listRadiusSecrets', { outcome: 'busy', code: 'TooMany', message: '', retryAfterSeconds: 3 });
    world.arm.answerNext('listRadiusSecrets', {
      outcome: 'done',
      value: { value: [{ radiusServerAddress: '10.0.0.9', radiusServerSecret: 'hush' }] },
    });

    expect(await world.writeGateway(write)).toMatchObject({ outcome: 'wait', seconds: 3 });
    expect(world.arm.puts).toEqual([]);
    await world.writeGateway(write);

    expect(world.arm.puts[0]?.body).toMatchObject({
      properties: { vpnClientConfiguration: { radiusServerSecret: 'hush' } },
    });
  });

  it('keeps what is held back out of the body, and says that it still differs', async () => {
    const world = await aTask();
    const root = await world.stores.gatewayRoots.get({ partitionKey: 'vnet1gw', rowKey: 'root-1' });
    const key = `root:${given(root).record.thumbprint}`;

    expect(await world.writeGateway({ ...write, held: [key] })).toEqual({ outcome: 'equal', desired: 2, held: [key] });
    expect(world.arm.puts).toEqual([]);
  });

  it('drops an expired foreign root from a write that is made anyway', async () => {
    const world = await aTask();
    const old = await world.roots.create(
      { id: 'old', subject: { commonName: 'Old' }, keyType: 'RSA-2048', hsm: false, validityDays: 1 },
      (label, length) => Buffer.alloc(length, label),
    );
    const { body } = theGateway(world);
    const configuration = asObject(asObject(body['properties'])['vpnClientConfiguration']);
    change(world, {
      vpnClientConfiguration: {
        ...configuration,
        vpnClientRootCertificates: [{ name: 'theirs', properties: { publicCertData: old.certificate ?? '' } }],
      },
    });
    world.clock.advance(2 * 24 * 3600 * 1000);

    await world.writeGateway(write);

    expect(world.arm.puts[0]?.body).toMatchObject({
      properties: { vpnClientConfiguration: { vpnClientRootCertificates: [{ name: 'root-1' }] } },
    });
  });

  it.each([
    ['resource', { outcome: 'absent', desired: 2, isKnown: false }],
    ['resourceGroup', { outcome: 'failed', azure: { code: 'NotFound' } }],
    ['subscription', { outcome: 'failed', azure: { code: 'NotFound' } }],
  ])('takes an answer that the %s is not found for what it is', async (of, expected) => {
    const world = await aTask();
    world.arm.answerNext('readRaw', { outcome: 'missing', of, code: 'NotFound', message: 'words' });

    expect(await world.writeGateway(write)).toMatchObject(expected);
  });
});
