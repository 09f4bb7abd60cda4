import { thumbprintOf, toPem } from '../../../../src/pki/read-certificate.ts';
import { rootKeys } from '../../../../src/stores/records/certificates.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { aCompletePlan } from '../../../support/builders/a-complete-plan.ts';
import { aGatewayPlan, aSubscriptionId } from '../../../support/builders/a-gateway-plan.ts';
import { aPfx } from '../../../support/builders/a-pfx.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { completeNoted } from '../../../support/complete-noted.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
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

const root = anAuthority();
const issuing = anAuthority({ called: 'Contoso issuing', issuer: root });

async function withKey(world: ServicesWorld): Promise<ServicesWorld> {
  world.secrets.set('root-pfx-contoso', aPfx(root).toString('base64'));
  await world.rootKeyImports.importKey({ id: 'contoso', pfxSecret: 'root-pfx-contoso' });
  return world;
}

async function sweep(world: ServicesWorld): Promise<void> {
  await completeNoted(world, 'root');
  for (const { id, since } of await world.unfinished.list('rootKey')) await world.rootKeyImports.complete(id, since);
}

describe('src/services/certificates/remove-root', () => {
  it('forgets an imported root with its key, and takes it anew afterwards', async () => {
    const world = await withKey(createServicesWorld());

    await world.rootRemovals.remove('contoso');

    expect(world.tables.rows('Roots')).toEqual([]);
    expect(world.rootKeys.names()).toEqual([]);
    expect(world.tables.rows('Unfinished')).toEqual([]);
    const [taken] = await world.rootImports.importText('other', toPem(root.der));
    expect(taken).toMatchObject({ id: 'other', state: 'active' });
  });

  it('refuses while a gateway trusts it, until that has given it up', async () => {
    const world = createServicesWorld();
    await aGateway(world);
    await world.rootImports.importText('contoso', toPem(root.der));
    await world.trust.trust('vnet1gw', 'contoso', undefined, aRequest(world, 'trust'));
    await runWriter(world);

    await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      problems: [{ code: 'rootInUse', message: expect.stringContaining('vnet1gw') as unknown }],
    });

    expect((await world.stores.roots.list('root')).map(({ record }) => record.state)).toEqual(['active']);
  });

  it('refuses while it has intermediates or live certificates, and names them', async () => {
    const world = await withKey(createServicesWorld());
    await world.rootImports.importText('issuing', toPem(issuing.der));
    const csr = toRequestPem(aCertificateRequest());
    const order = { rootId: 'contoso', owner: 'ann@example.com', csr, requestedBy: 'tester' };
    const { record } = await world.certificates.issue(order, randomnessOf('ann'));

    await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({
      problems: [
        { code: 'rootInUse', message: expect.stringContaining('issuing') as unknown },
        { code: 'certificatesAlive', message: expect.stringContaining(record.thumbprint ?? '?') as unknown },
      ],
    });
  });

  it('stays while a certificate of it is revoked, so that no gateway that lets it in forgets that', async () => {
    const world = createServicesWorld();
    const renewed = anAuthority({ keys: root.keys, serial: 8n });
    const client = anAuthority({ called: 'ann', issuer: root, isAuthority: false, notAfter: '350101000000Z' });
    await aGateway(world);
    await world.rootImports.importText('contoso', toPem(root.der));
    const rows = [{ asked: { certificate: toPem(client.der), owner: 'ann@example.com' } }];
    await world.certificateImports.begin(rows, aRequest(world, 'register'));
    await world.rootImports.importText('renewed', toPem(renewed.der));
    await world.trust.trust('vnet1gw', 'renewed', undefined, aRequest(world, 'trust'));
    const thumbprint = thumbprintOf(client.der);
    await world.revocations.revoke(thumbprint, { reason: 'compromised' }, aRequest(world, 'revoke'));
    await runWriter(world);

    await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      problems: [{ code: 'revocationsStanding', message: expect.stringContaining(thumbprint) as unknown }],
    });
    await expect(world.rootImports.importText('contoso-2', toPem(root.der))).rejects.toMatchObject({
      problems: [{ code: 'rootKnown', message: expect.stringContaining('as root contoso') as unknown }],
    });

    world.clock.advance(Date.parse('2035-01-02') - world.now().getTime());
    await world.rootRemovals.remove('contoso');
    expect((await world.stores.roots.list('root')).map(({ record }) => record.id)).toEqual(['renewed']);
  });

  it('leaves no certificate that is alive without its root, whichever of the two comes first', async () => {
    const csr = toRequestPem(aCertificateRequest());
    const order = { rootId: 'contoso', owner: 'ann@example.com', csr, requestedBy: 'tester' };

    // The order has passed every look when the root goes.
    const late = await withKey(createServicesWorld());
    const insert = late.stores.certificates.insert.bind(late.stores.certificates);
    jest.spyOn(late.stores.certificates, 'insert').mockImplementationOnce(async (record) => {
      await late.rootRemovals.remove('contoso');
      return insert(record);
    });
    for (let times = 0; times < 2; times += 1) {
      await expect(late.certificates.issue(order, randomnessOf('ann'))).rejects.toMatchObject({
        code: 'ERR_CONFLICT',
        problems: [{ path: '/rootId', code: 'rootGone' }],
      });
    }
    expect(late.tables.rows('ClientCertificates')).toMatchObject([
      { columns: { state: 'revoked', revocationReason: 'rootGone' } },
    ]);
    expect(await late.unfinished.list('certificate')).toEqual([]);

    // The process that has begun to issue dies before the signature.
    const early = await withKey(createServicesWorld());
    jest.spyOn(early.rootKeys, 'sign').mockRejectedValue(new Error('It died.'));
    await expect(early.certificates.issue(order, randomnessOf('ann'))).rejects.toThrow();
    await expect(early.rootRemovals.remove('contoso')).rejects.toMatchObject({
      problems: [{ code: 'certificatesAlive', message: expect.stringContaining('being issued') as unknown }],
    });
  });

  it('refuses while a gateway that is being registered is to trust it', async () => {
    const world = await withKey(createServicesWorld());
    jest.spyOn(world.stores.gateways, 'insert').mockRejectedValueOnce(new Error('The process died.'));
    const plan = aCompletePlan(
      { ...aGatewayPlan({ name: 'vnet1gw' }), id: 'vnet1gw', rootIds: ['contoso'] },
      { subscriptionId: aSubscriptionId },
    );
    await expect(world.gatewayOperations.build(plan, aRequest(world, 'build'))).rejects.toThrow('died');

    await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({ problems: [{ code: 'rootInUse' }] });
  });

  it('lets no gateway be registered that is to trust it, whichever of the two comes first', async () => {
    const world = await withKey(createServicesWorld());
    const insert = world.stores.gatewayRoots.insert.bind(world.stores.gatewayRoots);
    // The gateway has passed every look when the root goes.
    jest.spyOn(world.stores.gatewayRoots, 'insert').mockImplementationOnce(async (row) => {
      await world.rootRemovals.remove('contoso');
      return insert(row);
    });
    const plan = aCompletePlan(
      { ...aGatewayPlan({ name: 'vnet1gw' }), id: 'vnet1gw', rootIds: ['contoso'] },
      { subscriptionId: aSubscriptionId },
    );

    await expect(world.gatewayOperations.build(plan, aRequest(world, 'build'))).rejects.toMatchObject({
      problems: [{ path: '/rootIds/0', code: 'rootUnknown' }],
    });

    for (const table of ['Gateways', 'GatewayRoots', 'RootGateways', 'GatewayResources', 'Roots']) {
      expect([table, world.tables.rows(table)]).toEqual([table, []]);
    }
    expect(await world.operations.get(anOperationId('build'))).toMatchObject({
      status: 'failed',
      problem: { errors: [{ code: 'rootUnknown' }] },
    });
    await world.rootImports.importText('contoso', toPem(root.der));
    expect((await world.gatewayOperations.build(plan, aRequest(world, 'again'))).status).toBe('pending');
  });

  it('goes once the work on a gateway that never was registered has ended', async () => {
    const world = await withKey(createServicesWorld());
    jest.spyOn(world.stores.gateways, 'insert').mockRejectedValueOnce(new Error('The process died.'));
    const plan = aCompletePlan(
      { ...aGatewayPlan({ name: 'vnet1gw' }), id: 'vnet1gw', rootIds: ['contoso'] },
      { subscriptionId: aSubscriptionId },
    );
    await expect(world.gatewayOperations.build(plan, aRequest(world, 'build'))).rejects.toThrow('died');
    world.clock.advance(3_600_000);

    await world.gatewayOperations.revive(
      given(await world.operations.get(anOperationId('build'))),
      world.orchestrations,
    );
    await world.rootRemovals.remove('contoso');

    expect(world.tables.rows('Roots')).toEqual([]);
  });

  it('ends no order that meets a removal which then does not happen', async () => {
    const world = await withKey(createServicesWorld());
    const order = { rootId: 'contoso', owner: 'ann', requestedBy: 'tester' };
    const csr = toRequestPem(aCertificateRequest());
    await world.certificates.issue({ ...order, csr }, randomnessOf('alive'));
    jest.spyOn(world.lookup, 'live').mockResolvedValueOnce([]);
    const waits = { code: 'ERR_IN_PROGRESS', retryAfterSeconds: 2 };
    const met: unknown[] = [];
    const list = world.stores.rootGateways.list.bind(world.stores.rootGateways);
    let looks = 0;
    jest.spyOn(world.stores.rootGateways, 'list').mockImplementation(async (...asked) => {
      looks += 1;
      if (looks === 2) {
        // One that comes now, and one that had passed every look when the root was marked.
        met.push(
          await world.certificates.issue({ ...order, csr }, randomnessOf('new')).catch((error: unknown) => error),
        );
      }
      return list(...asked);
    });
    const insert = world.stores.certificates.insert.bind(world.stores.certificates);
    jest.spyOn(world.stores.certificates, 'insert').mockImplementationOnce(async (record) => {
      await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
      return insert(record);
    });

    const { record } = await world.certificates.issue({ ...order, csr }, randomnessOf('early'));

    expect(met).toMatchObject([waits]);
    expect(record.state).toBe('issued');
    expect((await world.certificates.issue({ ...order, csr }, randomnessOf('new'))).record.state).toBe('issued');
  });

  it('withholds nothing while it is not known whether the root goes', async () => {
    const world = await withKey(createServicesWorld());
    const order = { rootId: 'contoso', owner: 'ann', requestedBy: 'tester', csr: toRequestPem(aCertificateRequest()) };
    const insert = world.stores.certificates.insert.bind(world.stores.certificates);
    const keys = rootKeys('contoso');
    const before = given(await world.stores.roots.get(keys)).record;
    jest.spyOn(world.stores.certificates, 'insert').mockImplementationOnce(async (record) => {
      // A removal that has marked the root, and dies.
      const { certificate: draft, ...rest } = before;
      await world.stores.roots.upsert({ ...rest, draft, state: 'removing' });
      return insert(record);
    });
    await expect(world.certificates.issue(order, randomnessOf('ann'))).rejects.toMatchObject({
      code: 'ERR_IN_PROGRESS',
    });

    await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({
      problems: [{ code: 'certificatesAlive', message: expect.stringContaining('being issued') as unknown }],
    });

    expect((await world.certificates.issue(order, randomnessOf('ann'))).record.state).toBe('issued');
  });

  it('stays while a certificate of it is on its way back, wherever that crashes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = await withKey(createServicesWorld(tables));
        const csr = toRequestPem(aCertificateRequest());
        const order = { rootId: 'contoso', owner: 'ann', csr, requestedBy: 'tester' };
        const issued = await world.certificates.issue(order, randomnessOf('ann'));
        const thumbprint = given(issued.record.thumbprint);
        await world.revocations.revoke(thumbprint, { reason: 'unspecified' }, aRequest(world, 'revoke'));
        return { ...world, thumbprint };
      },
      work: async (world) => {
        // Before each try, and after it.
        await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
        await world.revocations.reinstate(world.thumbprint, {}, aRequest(world, 'reinstate'));
        await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({
          problems: [{ code: 'certificatesAlive' }],
        });
      },
      check: async (world, _, place) => {
        const record = await world.lookup.byThumbprint(world.thumbprint as never);
        expect([place, record?.state]).toEqual([place, 'issued']);
      },
    });
    expect(places).toBeGreaterThan(4);
  });

  it('refuses a root that was made here, and one that nobody knows', async () => {
    const world = createServicesWorld();
    await aRoot(world);

    await expect(world.rootRemovals.remove('root-1')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await expect(world.rootRemovals.remove('nobody')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('keeps a root that something has come to depend on after it was marked', async () => {
    const world = await withKey(createServicesWorld());
    const list = world.stores.rootGateways.list.bind(world.stores.rootGateways);
    await aGateway(world);
    let looks = 0;
    jest.spyOn(world.stores.rootGateways, 'list').mockImplementation(async (...asked) => {
      looks += 1;
      if (looks === 2) await world.stores.rootGateways.upsert({ rootId: 'contoso', gatewayId: 'vnet1gw' });
      return list(...asked);
    });
    await world.stores.gatewayRoots.upsert({
      gatewayId: 'vnet1gw',
      rootId: 'contoso',
      entryName: 'contoso',
      thumbprint: 'A'.repeat(40),
      wanted: true,
      state: 'requested',
      updatedAt: world.now().toISOString(),
    });

    await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({ problems: [{ code: 'rootInUse' }] });

    const [kept] = await world.stores.roots.list('root');
    expect(kept?.record).toMatchObject({ state: 'active', certificate: Buffer.from(root.der).toString('base64') });
    expect(world.rootKeys.names()).toHaveLength(1);
  });

  it('keeps the root of orders that are under way', async () => {
    const world = await withKey(createServicesWorld());
    const csr = toRequestPem(aCertificateRequest());
    const order = { rootId: 'contoso', owner: 'ann', csr, requestedBy: 'tester' };
    const orders = Array.from({ length: 50 }, (_, seed) => world.certificates.issue(order, randomnessOf(String(seed))));
    const ends = Promise.allSettled(orders);

    await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({
      problems: expect.arrayContaining([expect.objectContaining({ code: 'certificatesAlive' })]) as unknown,
    });

    const released = (await ends).filter(({ status }) => status === 'fulfilled').length;
    const issued = world.tables.rows('ClientCertificates').filter(({ columns }) => columns['state'] === 'issued');
    expect(issued).toHaveLength(released);
    const late = await world.certificates.issue(order, randomnessOf('late'));
    expect(late.record.state).toBe('issued');
    expect(world.rootKeys.names()).toHaveLength(1);
  });

  it('ends without the root and without its key wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => ({ world: await withKey(createServicesWorld(tables)) }),
      work: async ({ world }) => {
        await sweep(world);
        if ((await world.stores.roots.list('root')).length > 0) await world.rootRemovals.remove('contoso');
      },
      check: async ({ world }, tables, place) => {
        await sweep(world);
        expect({ place, roots: tables.rows('Roots'), keys: world.rootKeys.names() }).toEqual({
          place,
          roots: [],
          keys: [],
        });
        expect(tables.rows('Unfinished')).toEqual([]);
        expect(tables.rows('RootsByThumbprint')).toEqual([]);
      },
    });
    expect(places).toBeGreaterThan(4);
  });
});
