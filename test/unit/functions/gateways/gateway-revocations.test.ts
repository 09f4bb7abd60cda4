/** Certificates that nobody registered, refused on one gateway by their thumbprints. */
import { asList, asObject, asText } from '../../../../src/domain/gateway-entries.ts';
import { gatewayRevocationRoutes } from '../../../../src/functions/gateways/gateway-revocations.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { createMemoryTables } from '../../../support/memory-tables.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';
import { createTestApi } from '../../../support/test-route.ts';

const id = 'vnet1gw';
const stolen = '00112233445566778899AABBCCDDEEFF00112233';
const shown = '00 11 22 33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33';
const years = 40 * 366 * 24 * 60 * 60 * 1000;

async function open() {
  const world = createServicesWorld();
  await aRoot(world);
  const gateway = await aGateway(world);
  const api = await createTestApi();
  const routes = gatewayRevocationRoutes(world);
  const route = (name: string) => given(routes.find((one) => one.name === name));
  return {
    world,
    resourceId: gateway.resourceId,
    list: async () => (await api.ask(route('listGatewayRevocations'), { params: { id }, as: 'reader' })).json,
    revoke: (body: object) => api.ask(route('revokeThumbprint'), { params: { id }, body }),
    takeBack: (thumbprint: string) => api.ask(route('reinstateThumbprint'), { params: { id, thumbprint } }),
    statusOf: async (operationId: unknown) => (await world.operations.view(String(operationId)))?.status,
    stepOf: async (operationId: unknown) => (await world.operations.view(String(operationId)))?.steps[0]?.status,
  };
}

/** The revocations in Azure, by name. */
function entriesOf(world: ServicesWorld, resourceId: string): Readonly<Record<string, unknown>> {
  const configuration = asObject(
    asObject(world.arm.resources.get(resourceId)?.['properties'])['vpnClientConfiguration'],
  );
  const entries = asList(configuration['vpnClientRevokedCertificates']).map((entry) => asObject(entry));
  return Object.fromEntries(entries.map(({ name, properties }) => [asText(name), asObject(properties)['thumbprint']]));
}

function putByOthers(world: ServicesWorld, resourceId: string, name: string): void {
  const body = given(world.arm.resources.get(resourceId));
  const properties = asObject(body['properties']);
  const vpnClientConfiguration = {
    ...asObject(properties['vpnClientConfiguration']),
    vpnClientRevokedCertificates: [{ name, properties: { thumbprint: stolen, provisioningState: 'Succeeded' } }],
  };
  world.arm.resources.set(resourceId, { ...body, properties: { ...properties, vpnClientConfiguration } });
}

async function look(world: ServicesWorld, ...names: readonly string[]): Promise<void> {
  const sessions = names.map((commonName, index) => ({
    commonName,
    connectionId: `c-${index}`,
    publicIpAddress: '',
    privateIpAddress: '',
  }));
  const { toCut, unproven } = await world.sessions.judge(id, { sessions, unreadable: 0 });
  expect(toCut).toEqual([]);
  await world.sessions.record(id, { cut: [], unproven });
}

describe('src/functions/gateways/gateway-revocations', () => {
  it('refuses a thumbprint under the name that was given, for ever, and proves it by looks without any session', async () => {
    const { world, resourceId, list, revoke, statusOf } = await open();

    const answer = await revoke({ thumbprint: shown, name: 'stolen-laptop' });
    expect(answer).toMatchObject({ status: 202, json: { kind: 'revokeThumbprint', target: id, status: 'running' } });
    expect(await list()).toMatchObject({
      items: [{ thumbprint: stolen, entryName: 'stolen-laptop', state: 'requested' }],
    });
    await runWriter(world);

    expect(entriesOf(world, resourceId)).toEqual({ 'stolen-laptop': stolen });
    expect(await list()).toMatchObject({ items: [{ state: 'disconnected' }], others: [] });
    expect((await list())['items']).not.toContainEqual(expect.objectContaining({ commonName: '' }));
    expect(await statusOf(answer.json['id'])).toBe('succeeded');
    world.clock.advance(6 * 60 * 1000);
    await look(world);
    expect(await list()).toMatchObject({ items: [{ state: 'proven' }] });

    world.clock.advance(years);
    await world.writer.wake(world.orchestrations, id);
    await runWriter(world);
    expect(entriesOf(world, resourceId)).toEqual({ 'stolen-laptop': stolen });
  });

  it('says that it is unproven while any session is open, and claims nothing', async () => {
    const { world, list, revoke, stepOf } = await open();
    // The look of the writer itself comes to no end: what follows is the first.
    const record = world.sessions.record.bind(world.sessions);
    world.sessions.record = () => Promise.resolve();
    const { json } = await revoke({ thumbprint: stolen });
    await runWriter(world);

    world.sessions.record = record;
    await look(world, 'somebody');

    const [row] = (await list())['items'] as readonly Record<string, unknown>[];
    expect(row).toMatchObject({ state: 'listed', unproven: expect.stringContaining('somebody') as string });
    expect(row?.['provenAt']).toBeUndefined();
    expect(await stepOf(json['id'])).toBe('waiting');
  });

  it('takes it back, and does so with what others have put there', async () => {
    const { world, resourceId, list, revoke, takeBack, statusOf } = await open();
    expect((await takeBack(stolen)).status).toBe(404);
    await revoke({ thumbprint: stolen });
    await runWriter(world);

    const { json } = await takeBack(shown.replaceAll(':', '%3A').replaceAll('%3A', ':'));
    await runWriter(world);
    expect(await statusOf(json['id'])).toBe('succeeded');
    expect(entriesOf(world, resourceId)).toEqual({});
    expect(await list()).toMatchObject({ items: [{ state: 'removed' }] });
    expect((await takeBack(stolen)).status).toBe(404);
  });

  it('lists what others have put there, makes it its own when asked, and takes it off', async () => {
    const { world, resourceId, list, revoke, takeBack } = await open();
    putByOthers(world, resourceId, 'theirs');
    await world.writer.wake(world.orchestrations, id);
    await runWriter(world);
    expect(await list()).toMatchObject({ items: [], others: [{ entryName: 'theirs', thumbprint: stolen }] });

    await revoke({ thumbprint: stolen, name: 'ours' });
    await runWriter(world);
    expect(entriesOf(world, resourceId)).toEqual({ theirs: stolen });
    expect(await list()).toMatchObject({ items: [{ state: 'disconnected' }], others: [] });

    await takeBack(stolen);
    await runWriter(world);
    expect(entriesOf(world, resourceId)).toEqual({});
  });

  it('refuses what is known here, and what is no name of an entry', async () => {
    const { world, revoke, takeBack } = await open();
    await world.certificateImports.begin([{ asked: { owner: 'ann', thumbprint: stolen } }], aRequest(world, 'import'));

    const known = await revoke({ thumbprint: stolen });
    expect(known).toMatchObject({ status: 409, json: { code: 'ERR_CONFLICT' } });
    expect(known.json['detail']).toContain(`/api/certificates/${stolen}/revoke`);
    expect((await revoke({ thumbprint: stolen, name: 'no/name' })).json).toMatchObject({ errors: [{ path: '/name' }] });
    expect((await revoke({ thumbprint: 'xyz' })).json).toMatchObject({ errors: [{ path: '/thumbprint' }] });

    await world.revocations.revoke(stolen, { reason: 'left' }, aRequest(world, 'revoke'));
    const held = await takeBack(stolen);
    expect(held).toMatchObject({ status: 409 });
    expect(held.json['detail']).toContain(`/api/certificates/${stolen}/reinstate`);
  });

  it('goes on refusing a thumbprint that was registered since, until the certificate is reinstated', async () => {
    const { world, resourceId, revoke, takeBack } = await open();
    await revoke({ thumbprint: stolen, name: 'early' });
    await runWriter(world);
    await world.certificateImports.begin([{ asked: { owner: 'ann', thumbprint: stolen } }], aRequest(world, 'import'));
    await world.revocations.revoke(stolen, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world);

    expect(entriesOf(world, resourceId)).toEqual({ early: stolen });
    expect((await takeBack(stolen)).status).toBe(409);

    const { id: back } = await world.revocations.reinstate(stolen, {}, aRequest(world, 'back'));
    await runWriter(world);
    expect(entriesOf(world, resourceId)).toEqual({});
    expect((await world.operations.view(back))?.status).toBe('succeeded');
  });

  /** The same certificate, registered and revoked on every gateway. */
  async function revokeEverywhere(world: ServicesWorld): Promise<string> {
    await world.certificateImports.begin([{ asked: { owner: 'ann', thumbprint: stolen } }], aRequest(world, 'import'));
    return (await world.revocations.revoke(stolen, { reason: 'left' }, aRequest(world, 'everywhere'))).id;
  }

  it('leaves what is revoked on every gateway since, wherever a taking back died, and however often it is swept', async () => {
    for (let place = 1; ; place += 1) {
      const tables = createMemoryTables();
      const world = createServicesWorld(tables);
      await aRoot(world);
      const { resourceId } = await aGateway(world);
      const asked = { thumbprint: stolen as never, name: 'early' };
      await world.gatewayRevocations.revoke(id, asked, aRequest(world, 'early'));
      await runWriter(world);
      tables.setFault((write) => (write === place ? 'before' : undefined));
      const back = aRequest(world, 'back');
      const isWhole = await world.gatewayRevocations.takeBack(id, stolen as never, back).then(
        () => true,
        () => false,
      );
      tables.setFault(undefined);
      if (isWhole) {
        expect(place).toBeGreaterThan(4);
        return;
      }
      const everywhere = await revokeEverywhere(world);
      await runWriter(world);
      world.clock.advance(6 * 60 * 1000);
      await world.sessions.record(id, { cut: [], unproven: [] });

      for (const sweep of ['first', 'second']) {
        const operation = await world.operations.get(back.operationId);
        if (operation !== undefined && operation.status !== 'failed') {
          await world.gatewayRevocations.run(operation, world.orchestrations);
        }
        await runWriter(world);
        const row = await world.stores.gatewayRevocations.get({ partitionKey: id, rowKey: stolen });
        expect([place, sweep, row?.record.wanted, row?.record.state]).toEqual([place, sweep, true, 'proven']);
      }

      expect([place, Object.values(entriesOf(world, resourceId))]).toEqual([place, [stolen]]);
      expect((await world.operations.view(everywhere))?.status).toBe('succeeded');
      const taken = await world.operations.view(back.operationId);
      expect([place, taken?.status ?? 'failed']).toEqual([place, 'failed']);
    }
  });

  it('lets a revocation on every gateway stand that comes between the look and the write of a taking back', async () => {
    const { world, resourceId, revoke, takeBack, statusOf } = await open();
    await revoke({ thumbprint: stolen, name: 'early' });
    await runWriter(world);
    const update = world.stores.gatewayRevocations.update.bind(world.stores.gatewayRevocations);
    const meanwhile: { everywhere?: string } = {};
    Object.assign(world.stores.gatewayRevocations, {
      update: async (...write: Parameters<typeof update>) => {
        Object.assign(world.stores.gatewayRevocations, { update });
        meanwhile.everywhere = await revokeEverywhere(world);
        return update(...write);
      },
    });

    const { json } = await takeBack(stolen);
    await runWriter(world);

    expect(Object.values(entriesOf(world, resourceId))).toEqual([stolen]);
    expect(await statusOf(meanwhile.everywhere)).toBe('succeeded');
    expect(await statusOf(json['id'])).toBe('failed');
  });

  it('answers the operation that is at work to the same request', async () => {
    const { revoke } = await open();

    const first = await revoke({ thumbprint: stolen });
    const second = await revoke({ thumbprint: stolen });

    expect(second.json['id']).toBe(first.json['id']);
  });

  it('comes to the same end, whatever write a crash comes at', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aGateway(world);
        return world;
      },
      work: (world) =>
        world.gatewayRevocations.revoke(id, { thumbprint: stolen as never, name: 'x' }, aRequest(world, 'revoke')),
      check: async (world, _tables, place) => {
        await runWriter(world);
        const row = await world.stores.gatewayRevocations.get({ partitionKey: id, rowKey: stolen });
        expect([place, row?.record.state]).toEqual([place, 'disconnected']);
        const { items } = await world.operations.list({ top: 10 });
        expect([place, items.map(({ status }) => status)]).toEqual([place, ['succeeded']]);
      },
    });
    expect(places).toBeGreaterThan(4);
  });
});
