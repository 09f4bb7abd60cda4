import { asObject } from '../../../../src/domain/gateway-entries.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { watchGateways } from '../../../../src/services/gateways/watch-gateways.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { InjectedFault } from '../../../support/memory-tables.ts';
import {
  aGateway,
  anOperationId,
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const csr = toRequestPem(aCertificateRequest());
const sixMinutesMs = 6 * 60 * 1000;

/** A gateway that trusts a root, and a certificate of that root. */
async function aLine(world: ServicesWorld, gateways = ['vnet1gw']): Promise<string> {
  await aRoot(world);
  for (const id of gateways) {
    await aGateway(world, id);
    await world.trust.trust(id, 'root-1', undefined, aRequest(world, `trust ${id}`));
    await runWriter(world, id);
  }
  return aCertificate(world, 'c');
}

async function aCertificate(world: ServicesWorld, seed: string, changes: object = {}): Promise<string> {
  const order = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester', ...changes };
  return (await world.certificates.issue(order, randomnessOf(seed))).record.thumbprint ?? '';
}

async function stateOf(world: ServicesWorld, thumbprint: string, gatewayId = 'vnet1gw'): Promise<string | undefined> {
  return (await world.stores.gatewayRevocations.get({ partitionKey: gatewayId, rowKey: thumbprint }))?.record.state;
}

function listedOn(world: ServicesWorld): readonly unknown[] {
  const [, put] = [...world.arm.resources.entries()].find(([id]) => id.includes('virtualNetworkGateways')) ?? [];
  const configuration = asObject(asObject(put?.['properties'])['vpnClientConfiguration']);
  return (configuration['vpnClientRevokedCertificates'] as readonly JsonObject[]).map(
    (entry) => asObject(entry['properties'])['thumbprint'],
  );
}

describe('src/services/gateways/revocations', () => {
  it('puts the thumbprint on the gateway and ends the operation once no session is left', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world);

    const { id } = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world);

    expect(listedOn(world)).toEqual([thumbprint]);
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    expect(await stateOf(world, thumbprint)).toBe('disconnected');
  });

  it('is proven by two looks without a session five minutes apart, and by nothing less', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world);
    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world);

    const look = (cut: readonly string[] = []) => world.sessions.record('vnet1gw', { cut, unproven: [] });

    await look();
    expect(await stateOf(world, thumbprint)).toBe('disconnected');
    world.clock.advance(sixMinutesMs);
    await look([`revocation:${thumbprint}`]);
    expect(await stateOf(world, thumbprint)).toBe('disconnected');
    await look();
    world.clock.advance(sixMinutesMs);
    await look();

    expect(await stateOf(world, thumbprint)).toBe('proven');
  });

  it('ends when every gateway that trusts the root has it', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world, ['gw-a', 'gw-b']);

    const { id } = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world, 'gw-a');
    const halfway = await world.operations.view(id);
    await runWriter(world, 'gw-b');

    expect(halfway?.status).toBe('running');
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
  });

  it('ends for a gateway that was removed before it was done there', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world, ['gw-a', 'gw-b']);
    const { id } = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world, 'gw-a');
    const removed = given(await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: 'gw-b' })).record;
    await world.stores.gateways.remove(removed);
    await world.stores.gatewayRevocations.remove(
      given(await world.stores.gatewayRevocations.get({ partitionKey: 'gw-b', rowKey: thumbprint })).record,
    );

    await world.revocations.run(given(await world.operations.get(id)), world.orchestrations);

    expect(await world.operations.view(id)).toMatchObject({
      status: 'succeeded',
      steps: [{ status: 'succeeded' }, { name: 'gw-b', status: 'skipped' }],
    });
    expect(await world.stores.gatewayRevocations.list('gw-b')).toEqual([]);
  });

  it('ends at once when no gateway trusts the root', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world, []);

    const operation = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));

    expect(operation.status).toBe('succeeded');
  });

  it('answers the operation that is under way when asked for the same again', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world);

    const first = await world.revocations.revoke(thumbprint, { reason: 'lost' }, aRequest(world, 'one'));
    const second = await world.revocations.revoke(thumbprint, { reason: 'lost' }, aRequest(world, 'two'));

    expect(second.id).toBe(first.id);
  });

  it('ends two equal requests of one moment together', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world);

    const asked = ['one', 'two', 'three'].map((seed) =>
      world.revocations.revoke(thumbprint, { reason: 'lost' }, aRequest(world, seed)),
    );
    const ids = (await Promise.all(asked)).map(({ id }) => id);
    await runWriter(world);
    await runWriter(world);

    const states = await Promise.all(ids.map(async (id) => (await world.operations.view(id))?.status));
    expect(new Set(states)).toEqual(new Set(['succeeded']));
  });

  it('takes the entry off again on reinstatement, and ends the revocation that it overtakes', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world);
    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));

    const { id } = await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate'));
    await runWriter(world);

    expect(listedOn(world)).toEqual([]);
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    expect(await world.operations.view(anOperationId('revoke'))).toMatchObject({
      status: 'failed',
      problem: { code: 'ERR_CONFLICT' },
    });
  });

  it('leaves the gateway in peace once there is nothing more to see', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world);
    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world);
    await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate'));
    await runWriter(world);
    world.clock.advance(sixMinutesMs);

    expect(await watchGateways(world)).toBe(0);
  });

  it('refuses to reinstate what is not revoked or has expired', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world);

    await expect(world.revocations.reinstate(thumbprint, {}, aRequest(world, 'a'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'b'));
    world.clock.advance(366 * 24 * 3600 * 1000);
    await expect(world.revocations.reinstate(thumbprint, {}, aRequest(world, 'c'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
  });

  it('reinstates nothing of a root that no gateway trusts any more, until one does again', async () => {
    const world = createServicesWorld();
    const thumbprint = await aLine(world);
    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world);
    await world.trust.distrust('vnet1gw', 'root-1', true, aRequest(world, 'distrust'));
    await runWriter(world);

    await expect(world.revocations.reinstate(thumbprint, {}, aRequest(world, 'a'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      message: expect.stringContaining('No gateway trusts root root-1 any more') as string,
    });

    await world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'trust again'));
    await runWriter(world);
    await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'b'));
    await runWriter(world);
    expect(listedOn(world)).toEqual([]);
  });

  it('reinstates nothing whose name was given away meanwhile, unless that is allowed', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const thumbprint = await aCertificate(world, 'first', { commonName: 'reception' });
    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await aCertificate(world, 'second', { commonName: 'Reception' });

    await expect(world.revocations.reinstate(thumbprint, {}, aRequest(world, 'a'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      problems: [{ code: 'commonNameTaken' }],
    });
    const { status } = await world.revocations.reinstate(thumbprint, { allowSharedName: true }, aRequest(world, 'b'));
    expect(status).toBe('succeeded');
  });

  it('never lets a reinstatement and an order of one moment have one name', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const thumbprint = await aCertificate(world, 'first', { commonName: 'reception' });
    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));

    await Promise.allSettled([
      world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate')),
      aCertificate(world, 'second', { commonName: 'Reception' }),
    ]);

    const inForce = (await world.lookup.named('reception')).filter(({ state }) => state === 'issued');
    expect(inForce.length).toBeLessThanOrEqual(1);
  });

  it('reinstates nothing when the owner leaves after a crash, and puts back what a gateway took off by then', async () => {
    const places: number[] = [];
    for (const isOffAlready of [false, true]) {
      let hasCrashed = true;
      for (let place = 1; hasCrashed; place += 1) {
        const world = createServicesWorld();
        const thumbprint = await aLine(world);
        await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
        await runWriter(world);
        const request = aRequest(world, 'reinstate');
        world.tables.setFault((write) => (write === place ? 'after' : undefined));
        hasCrashed = await world.revocations.reinstate(thumbprint, {}, request).then(
          () => false,
          (error: unknown) => {
            expect(error).toBeInstanceOf(InjectedFault);
            return true;
          },
        );
        world.tables.setFault(undefined);
        const { state } = given(await world.lookup.byThumbprint(thumbprint as never));
        const operation = await world.operations.get(request.operationId);
        if (state !== 'revoked' || operation === undefined) continue;
        places.push(place);
        if (isOffAlready) {
          // The writer writes, and dies before it has noted anything.
          const gateway = given(await world.writer.recordIntent(world.orchestrations, 'vnet1gw'));
          const epoch = given(gateway.writer).epoch;
          await world.writeGateway({ gatewayId: 'vnet1gw', epoch });
          await world.writer.pause('vnet1gw', epoch, gateway.desired);
        }
        const at = world.now().toISOString();
        await world.owners.depart('kim', { at, reason: 'left', by: 'tester', operationId: anOperationId('leave') });

        await world.revocations.run(operation, world.orchestrations);
        await runWriter(world);

        expect([place, (await world.lookup.byThumbprint(thumbprint as never))?.state]).toEqual([place, 'revoked']);
        expect([place, listedOn(world)]).toEqual([place, [thumbprint]]);
        expect([place, (await world.operations.get(operation.id))?.status]).toEqual([place, 'failed']);
      }
    }
    expect(places.length).toBeGreaterThan(2);
  });

  it('leaves neither a lost revocation nor a second operation wherever it crashes', async () => {
    let thumbprint = '';
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        thumbprint = await aLine(world);
        return world;
      },
      work: (world) => world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke')),
      check: async (world, _tables, place) => {
        await runWriter(world);
        expect({ place, listed: listedOn(world) }).toEqual({ place, listed: [thumbprint] });
        const page = await world.operations.list({ kind: 'revokeCertificate', top: 10 });
        expect(page.items.map(({ status }) => status)).toEqual(['succeeded']);
      },
    });
    expect(places).toBeGreaterThan(6);
  });

  it('reaches every gateway wherever it crashes between two of them', async () => {
    const gateways = ['gw-a', 'gw-b'];
    let thumbprint = '';
    await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        thumbprint = await aLine(world, gateways);
        return world;
      },
      work: (world) => world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke')),
      check: async (world, _tables, place) => {
        for (const id of gateways) await runWriter(world, id);
        const states = await Promise.all(gateways.map((id) => stateOf(world, thumbprint, id)));
        expect({ place, states }).toEqual({ place, states: ['disconnected', 'disconnected'] });
        const page = await world.operations.list({ kind: 'revokeCertificate', top: 10 });
        expect(page.items.map(({ status }) => status)).toEqual(['succeeded']);
      },
    });
  });

  it('is carried out when the sweep comes before the caller asks again, wherever the request died', async () => {
    let thumbprint = '';
    await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        thumbprint = await aLine(world);
        // An intent that has been carried out stands in the stores already.
        await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'first'));
        await runWriter(world);
        await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'second'));
        await runWriter(world);
        world.clock.advance(sixMinutesMs);
        return world;
      },
      work: async (world) => {
        const request = aRequest(world, 'third');
        for (const id of await world.operations.repair()) {
          await world.revocations.run(given(await world.operations.get(id)), request.orchestrations);
        }
        return world.revocations.revoke(thumbprint, { reason: 'lost' }, request);
      },
      check: async (world, _tables, place) => {
        await runWriter(world);
        expect({ place, listed: listedOn(world) }).toEqual({ place, listed: [thumbprint] });
        const page = await world.operations.list({ kind: 'revokeCertificate', top: 10 });
        expect(page.items.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
      },
    });
  });
});
