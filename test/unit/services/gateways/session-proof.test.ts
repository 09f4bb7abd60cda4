import { toPem } from '../../../../src/pki/read-certificate.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  ownActs,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const csr = toRequestPem(aCertificateRequest());
const sixMinutesMs = 6 * 60 * 1000;
const gatewayId = 'vnet1gw';

async function aCertificate(
  world: ServicesWorld,
  options: { readonly rootId?: string; readonly commonName?: string; readonly seed?: string } = {},
): Promise<string> {
  const { rootId = 'root-1', seed = 'c', commonName = 'kim-laptop' } = options;
  const asked = { rootId, owner: 'kim', csr, requestedBy: 'tester', commonName, allowSharedName: true };
  const { record } = await world.certificates.issue(asked, randomnessOf(seed));
  return given(record.thumbprint);
}

async function trust(world: ServicesWorld, rootId: string): Promise<void> {
  await aRoot(world, rootId);
  await world.trust.trust(gatewayId, rootId, undefined, aRequest(world, `trust ${rootId}`));
  await runWriter(world);
}

/** A gateway that trusts a root, whose certificate of kim has just been revoked and is on the list. */
async function aRevocation(
  world: ServicesWorld,
): Promise<{ readonly thumbprint: string; readonly operationId: string }> {
  await aGateway(world);
  await trust(world, 'root-1');
  const thumbprint = await aCertificate(world);
  const { id } = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
  await runWriter(world);
  return { thumbprint, operationId: id };
}

function aSession(commonName: string, connectionId: string | null = 'OVPN_1') {
  return { commonName, connectionId: connectionId ?? undefined, publicIpAddress: '', privateIpAddress: '' };
}

async function look(
  world: ServicesWorld,
  sessions: readonly ReturnType<typeof aSession>[],
  unreadable = 0,
): Promise<{ readonly cut: readonly string[]; readonly unproven: readonly string[] }> {
  const { toCut, unproven } = await world.sessions.judge(gatewayId, { sessions, unreadable });
  await world.sessions.record(gatewayId, { cut: toCut.map(({ key }) => key), unproven });
  return { cut: toCut.map(({ connectionId }) => connectionId), unproven: unproven.map(({ key }) => key) };
}

async function rowOf(world: ServicesWorld, thumbprint: string) {
  return given(await world.stores.gatewayRevocations.get({ partitionKey: gatewayId, rowKey: thumbprint })).record;
}

describe('src/services/gateways/session-proof', () => {
  it('logs sessions that were cut, and once that nobody is left', async () => {
    const world = createServicesWorld();
    const { thumbprint, operationId } = await aRevocation(world);
    const look = async (cut: readonly string[]): Promise<void> => {
      world.clock.advance(sixMinutesMs);
      await world.sessions.record(gatewayId, { cut, unproven: [] });
    };

    await look([`revocation:${thumbprint}`]);
    for (let looks = 0; looks < 3; looks += 1) await look([]);

    const session = { event: 'session.cut', target: `gateways/${gatewayId}/${thumbprint}`, operationId };
    expect(world.told.filter(({ event }) => event === 'session.cut')).toEqual([
      { ...session, outcome: 'cut' },
      { ...session, outcome: 'proven' },
    ]);
  });

  it('has in the audit whose sessions were cut, and nothing of looks that cut none', async () => {
    const world = createServicesWorld();
    const { thumbprint } = await aRevocation(world);

    await look(world, []);
    expect(await ownActs(world)).toEqual([]);
    await look(world, [aSession('kim-laptop')]);

    expect(await ownActs(world)).toMatchObject([
      { action: 'gateway.sessionsCut.revocation', target: { gatewayId, thumbprint } },
    ]);
  });

  it.each(['kim-laptop', 'KIM-Laptop', 'CN=kim-laptop', 'cn = Kim-Laptop', ' kim-laptop '])(
    'cuts the session of a revoked certificate that Azure shows as "%s"',
    async (name) => {
      const world = createServicesWorld();
      await aRevocation(world);

      expect(await look(world, [aSession('somebody-else', 'two'), aSession(name, 'one')])).toEqual({
        cut: ['one'],
        unproven: [],
      });
    },
  );

  it('leaves the session of a living certificate alone that has the name of a revoked one, and claims nothing', async () => {
    const world = createServicesWorld();
    const { thumbprint } = await aRevocation(world);
    const other = await aCertificate(world, { seed: 'new laptop' });

    expect(await look(world, [aSession('kim-laptop')])).toEqual({ cut: [], unproven: [`revocation:${thumbprint}`] });
    for (let again = 0; again < 2; again += 1) {
      world.clock.advance(sixMinutesMs);
      await look(world, [aSession('kim-laptop')]);
    }

    const row = await rowOf(world, thumbprint);
    expect(row.state).not.toBe('proven');
    expect(row.unproven).toContain(other);
  });

  it('asks for the living namesake when it cuts: one that is revoked too is cut with the first', async () => {
    const world = createServicesWorld();
    const { thumbprint } = await aRevocation(world);
    const other = await aCertificate(world, { seed: 'new laptop' });
    await look(world, [aSession('kim-laptop')]);
    await world.revocations.revoke(other, { reason: 'left' }, aRequest(world, 'revoke other'));
    await runWriter(world);

    expect((await look(world, [aSession('kim-laptop')])).cut).toEqual(['OVPN_1', 'OVPN_1']);
    expect((await rowOf(world, thumbprint)).state).toBe('disconnected');
  });

  it('gives the name of a revoked certificate to nobody before it is proven to be out', async () => {
    const world = createServicesWorld();
    const { thumbprint } = await aRevocation(world);
    const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester', commonName: 'Kim-Laptop' };
    const order = (seed: string) => world.certificates.issue(asked, randomnessOf(seed));

    await expect(order('too early')).rejects.toMatchObject({ problems: [{ code: 'commonNameTaken' }] });
    await look(world, []);
    world.clock.advance(sixMinutesMs);
    await look(world, []);
    expect((await rowOf(world, thumbprint)).state).toBe('proven');
    expect((await order('in time')).record.state).toBe('issued');
  });

  it('is not kept from cutting by a namesake whose root this gateway does not trust', async () => {
    const world = createServicesWorld();
    await aRevocation(world);
    await aRoot(world, 'root-elsewhere');
    await aCertificate(world, { rootId: 'root-elsewhere', seed: 'elsewhere' });

    expect((await look(world, [aSession('kim-laptop')])).cut).toEqual(['OVPN_1']);
  });

  it('proves a shared name when nobody of that name is connected', async () => {
    const world = createServicesWorld();
    const { thumbprint } = await aRevocation(world);
    await aCertificate(world, { seed: 'new laptop' });

    await look(world, []);
    world.clock.advance(sixMinutesMs);
    await look(world, []);

    expect((await rowOf(world, thumbprint)).state).toBe('proven');
  });

  it.each([
    ['a row has no name', [], 1],
    ['the session cannot be disconnected', [aSession('kim-laptop', null)], 0],
  ])('proves nothing while %s, and begins to count anew', async (_why, sessions, unreadable) => {
    const world = createServicesWorld();
    const { thumbprint } = await aRevocation(world);
    await look(world, []);
    world.clock.advance(sixMinutesMs);

    await look(world, sessions, unreadable);
    expect(await rowOf(world, thumbprint)).toMatchObject({
      state: 'disconnected',
      unproven: expect.any(String) as unknown,
    });
    world.clock.advance(sixMinutesMs);
    await look(world, []);
    expect((await rowOf(world, thumbprint)).state).toBe('disconnected');
    world.clock.advance(sixMinutesMs);
    await look(world, []);
    expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'proven' });
    expect((await rowOf(world, thumbprint)).unproven).toBeUndefined();
  });

  it('counts the five minutes to when the second list was asked for, however long it took', async () => {
    const world = createServicesWorld();
    const { thumbprint } = await aRevocation(world);
    world.clock.advance(60_000);
    const begunAt = world.now().toISOString();
    world.clock.advance(sixMinutesMs);

    await world.sessions.record(gatewayId, { begunAt, cut: [], unproven: [] });

    expect((await rowOf(world, thumbprint)).state).toBe('disconnected');
  });

  it('does not end the operation while the sessions could not be seen, and ends it without the claim after a day', async () => {
    const world = createServicesWorld();
    await aGateway(world);
    await trust(world, 'root-1');
    const thumbprint = await aCertificate(world);
    const { id } = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await world.stores.gatewayRevocations.update({ partitionKey: gatewayId, rowKey: thumbprint }, (row) => ({
      ...row,
      state: 'listed',
    }));

    await world.sessions.record(gatewayId, { cut: [], unproven: [], failure: 'Azure could not list them.' });
    expect(await world.operations.view(id)).toMatchObject({
      status: 'running',
      steps: [{ status: 'waiting', detail: expect.stringContaining('Azure could not list them.') as unknown }],
    });
    world.clock.advance(25 * 3600 * 1000);
    await world.sessions.record(gatewayId, { cut: [], unproven: [], failure: 'Azure could not list them.' });

    expect(await world.operations.view(id)).toMatchObject({ status: 'failed' });
    expect((await rowOf(world, thumbprint)).state).toBe('listed');
    expect(
      (await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: gatewayId }))?.record.lookAt,
    ).toBeDefined();
  });

  describe('of a root that was taken off', () => {
    async function aRemovedRoot(world: ServicesWorld): Promise<string> {
      await aGateway(world);
      await trust(world, 'root-1');
      await aCertificate(world);
      const { id } = await world.trust.distrust(gatewayId, 'root-1', true, aRequest(world, 'distrust'));
      const record = given(await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: gatewayId })).record;
      const write = { gatewayId, epoch: given(record.writer).epoch };
      expect((await world.writeGateway(write)).outcome).toBe('written');
      const gateway = given(world.arm.resources.get(record.resourceId));
      expect(await world.rounds.recordRound(gatewayId, { gateway, desired: record.desired, writeSeconds: [] })).toEqual(
        {
          sessionsToSee: true,
        },
      );
      return id;
    }

    async function gatewayRow(world: ServicesWorld) {
      const { record } = given(await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: gatewayId }));
      return { ...record, epoch: given(record.writer).epoch };
    }

    async function rootRow(world: ServicesWorld) {
      return given(await world.stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: 'root-1' })).record;
    }

    it('cuts the sessions of its certificates before the operation ends, and proves by a second look that they are out', async () => {
      const world = createServicesWorld();
      const id = await aRemovedRoot(world);
      expect(await world.operations.view(id)).toMatchObject({ status: 'running' });

      expect(await look(world, [aSession('kim-laptop'), aSession('a-stranger', 'two')])).toMatchObject({
        cut: ['OVPN_1'],
      });
      expect(await world.operations.view(id)).toMatchObject({
        status: 'succeeded',
        steps: [{ detail: expect.stringContaining('Not proven yet') as unknown }],
      });
      expect(await rootRow(world)).toMatchObject({ state: 'removed', sessions: 'disconnected' });
      await look(world, []);
      world.clock.advance(sixMinutesMs);
      await look(world, []);

      expect(await rootRow(world)).toMatchObject({ state: 'removed', sessions: 'proven' });
    });

    it('carries a revocation of one of its certificates there too, until nobody of the root is left', async () => {
      const world = createServicesWorld();
      await aRemovedRoot(world);
      const thumbprint = given((await world.lookup.named('kim-laptop'))[0]?.thumbprint);

      const { id, steps } = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'left'));
      expect(steps.map(({ name }) => name)).toEqual([gatewayId]);
      expect(await world.operations.view(id)).toMatchObject({ status: 'running' });
      const unproven = ['revocation', 'root'].map((kind) => ({
        key: `${kind}:${kind === 'root' ? 'root-1' : thumbprint}`,
        reason: 'It cannot be told.',
      }));
      const { resourceId, epoch } = await gatewayRow(world);
      await world.writeGateway({ gatewayId, epoch });
      const gateway = given(world.arm.resources.get(resourceId));
      await world.rounds.recordRound(gatewayId, { gateway, writeSeconds: [] });
      await world.sessions.record(gatewayId, { cut: [], unproven });
      expect(await world.operations.view(id)).toMatchObject({ status: 'running', steps: [{ status: 'waiting' }] });

      await runWriter(world);
      expect((await look(world, [aSession('kim-laptop')])).cut).toEqual(['OVPN_1', 'OVPN_1']);
      expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
      await look(world, []);
      world.clock.advance(sixMinutesMs);
      await look(world, []);
      expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'proven' });
      expect(await rootRow(world)).toMatchObject({ sessions: 'proven' });
      const other = await aCertificate(world, { seed: 'afterwards', commonName: 'kim-other' });
      const afterwards = await world.revocations.revoke(other, { reason: 'left' }, aRequest(world, 'afterwards'));
      expect(afterwards.steps).toEqual([]);
    });

    it('names the session that another root’s certificate may have opened, and does not cut it', async () => {
      const world = createServicesWorld();
      const id = await aRemovedRoot(world);
      await aRoot(world, 'root-2');
      await world.stores.gatewayRoots.upsert({
        ...(await rootRow(world)),
        rootId: 'root-2',
        wanted: true,
        state: 'trusted',
      });
      await aCertificate(world, { rootId: 'root-2', seed: 'other root' });

      expect(await look(world, [aSession('kim-laptop')])).toEqual({ cut: [], unproven: ['root:root-1'] });
      expect(await rootRow(world)).toMatchObject({ unproven: expect.stringContaining('kim-laptop') as unknown });
      expect(await world.operations.view(id)).toMatchObject({ status: 'running' });
    });
  });

  describe('of an imported root that was taken off', () => {
    const rootKey = { partitionKey: gatewayId, rowKey: 'contoso' };

    async function aRemovedImport(world: ServicesWorld): Promise<string> {
      await aGateway(world);
      await trust(world, 'root-1');
      await aCertificate(world);
      await world.rootImports.importText('contoso', toPem(anAuthority().der));
      await world.trust.trust(gatewayId, 'contoso', undefined, aRequest(world, 'trust contoso'));
      await runWriter(world);
      const { id } = await world.trust.distrust(gatewayId, 'contoso', true, aRequest(world, 'distrust'));
      const record = given(await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: gatewayId })).record;
      await world.writeGateway({ gatewayId, epoch: given(record.writer).epoch });
      const gateway = given(world.arm.resources.get(record.resourceId));
      await world.rounds.recordRound(gatewayId, { gateway, desired: record.desired, writeSeconds: [] });
      return id;
    }

    it('claims nothing while a session is open whose name nobody here has, and does not cut it', async () => {
      const world = createServicesWorld();
      const id = await aRemovedImport(world);

      for (let looks = 0; looks < 3; looks += 1) {
        expect(await look(world, [aSession('kim-laptop'), aSession('a-stranger', 'two')])).toEqual({
          cut: [],
          unproven: ['root:contoso'],
        });
        world.clock.advance(sixMinutesMs);
      }

      const { record } = given(await world.stores.gatewayRoots.get(rootKey));
      expect(record).toMatchObject({ state: 'removed', sessions: 'open' });
      expect(record.unproven).toContain('"a-stranger" may be of a certificate that others issued');
      expect(await world.operations.view(id)).toMatchObject({ status: 'running', steps: [{ status: 'waiting' }] });
    });

    it('claims nothing while a session is open whose name a certificate of an unknown root has', async () => {
      const world = createServicesWorld();
      await aRemovedImport(world);
      const asked = { owner: 'ann', thumbprint: '0123456789'.repeat(4), commonName: 'kim-laptop' };
      await world.certificateImports.begin([{ asked }], aRequest(world, 'register'));

      for (let looks = 0; looks < 3; looks += 1) {
        expect(await look(world, [aSession('kim-laptop')])).toEqual({ cut: [], unproven: ['root:contoso'] });
        world.clock.advance(sixMinutesMs);
      }

      expect(given(await world.stores.gatewayRoots.get(rootKey)).record).toMatchObject({ sessions: 'open' });
    });

    it('is proven by two looks that found only sessions of certificates issued here', async () => {
      const world = createServicesWorld();
      await aRemovedImport(world);
      await look(world, [aSession('a-stranger')]);

      for (let looks = 0; looks < 2; looks += 1) {
        world.clock.advance(sixMinutesMs);
        await look(world, [aSession('kim-laptop')]);
      }

      const { record } = given(await world.stores.gatewayRoots.get(rootKey));
      expect(record).toMatchObject({ state: 'removed', sessions: 'proven' });
    });
  });
});
