import { dayMs } from '../../../../src/domain/days.ts';
import { renderStatement } from '../../../../src/domain/leaver-statement.ts';
import { without } from '../../../../src/domain/without.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const csr = toRequestPem(aCertificateRequest());
const sixMinutesMs = 6 * 60 * 1000;

async function aCertificate(world: ServicesWorld, seed: string, changes: object = {}): Promise<string> {
  const order = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester', ...changes };
  return (await world.certificates.issue(order, randomnessOf(seed))).record.thumbprint ?? '';
}

/** Two gateways that trust root-1, and root-2 that no gateway trusts. */
async function aLine(world: ServicesWorld): Promise<void> {
  for (const id of ['root-1', 'root-2']) await aRoot(world, id);
  for (const id of ['gw-a', 'gw-b']) {
    await aGateway(world, id);
    await world.trust.trust(id, 'root-1', undefined, aRequest(world, `trust ${id}`));
    await runWriter(world, id);
  }
}

/** Everything that is asked of the gateways is done, and their sessions are looked at twice. */
async function prove(world: ServicesWorld): Promise<void> {
  for (const id of ['gw-a', 'gw-b']) await runWriter(world, id);
  world.clock.advance(sixMinutesMs);
  for (const id of ['gw-a', 'gw-b']) await world.sessions.record(id, { cut: [], unproven: [] });
}

describe('src/services/gateways/leavers', () => {
  it('takes everything of a person out on every gateway, and says when each was proven', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const own = [
      await aCertificate(world, 'one'),
      await aCertificate(world, 'two', { commonName: 'shared' }),
      await aCertificate(world, 'three', { commonName: 'shared', allowSharedName: true }),
    ];
    const nowhere = await aCertificate(world, 'four', { rootId: 'root-2' });
    const other = await aCertificate(world, 'other', { owner: 'lee' });

    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    expect(await world.leavers.look(id, false)).toBe('waiting');
    await expect(world.leavers.statementOf('kim')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await prove(world);
    expect(await world.leavers.look(id, false)).toBe('done');

    const statement = await world.leavers.statementOf('kim');
    const at = world.now().toISOString();
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded', result: statement });
    expect(statement).toMatchObject({ owner: 'kim', reason: 'left', requestedBy: 'tester', isProven: true });
    expect(statement.certificates.map(({ thumbprint }) => thumbprint).toSorted()).toEqual([...own, nowhere].toSorted());
    for (const { thumbprint, gateways } of statement.certificates) {
      const places = gateways.map(({ gatewayId, state, provenAt }) => [gatewayId, state, provenAt]);
      const proven = ['gw-a', 'gw-b'].map((gatewayId) => [gatewayId, 'proven', at]);
      expect(places.toSorted()).toEqual(thumbprint === nowhere ? [] : proven);
    }
    expect(await world.lookup.byThumbprint(other as never)).toMatchObject({ state: 'issued' });
    expect(renderStatement(statement)).toContain(`gw-b: proven ${at}`);
    expect(renderStatement(statement)).toContain('no gateway trusts its root');
  });

  it('issues nothing to whoever left, and reinstates nothing of theirs, until they are reopened', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const thumbprint = await aCertificate(world, 'one');
    await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    await prove(world);

    await expect(aCertificate(world, 'again')).rejects.toMatchObject({
      problems: [{ path: '/owner', code: 'ownerLeft' }],
    });
    await expect(world.revocations.reinstate(thumbprint, {}, aRequest(world, 'back'))).rejects.toMatchObject({
      problems: [{ code: 'ownerLeft' }],
    });
    await world.owners.reopen('kim');

    const fresh = await aCertificate(world, 'anew');
    expect(await world.lookup.byThumbprint(fresh as never)).toMatchObject({ state: 'issued' });
    expect(await world.lookup.byThumbprint(thumbprint as never)).toMatchObject({ state: 'revoked' });
  });

  it('takes a person out under every id that has their address or principal, and names those ids', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const operator = { id: 'tester', role: 'operator' } as const;
    const email = 'kim@contoso.com';
    const own = [await aCertificate(world, 'address', { owner: email })];
    await world.owners.put({ id: 'kim', email: 'Kim@Contoso.com', principal: 'kim@corp.example' }, operator);
    await world.owners.put({ id: 'kim-2', email: 'k2@contoso.com', principal: 'KIM@corp.example' }, operator);
    await world.owners.put({ id: 'lee', email: 'lee@contoso.com' }, operator);
    own.push(await aCertificate(world, 'id'), await aCertificate(world, 'principal', { owner: 'kim-2' }));
    const other = await aCertificate(world, 'other', { owner: 'lee' });

    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    await prove(world);
    expect(await world.leavers.look(id, false)).toBe('done');

    const statement = await world.leavers.statementOf('kim');
    expect(statement).toMatchObject({ isProven: true, alsoOwners: ['kim-2', 'kim-contoso-com'] });
    expect(statement.certificates.map(({ thumbprint }) => thumbprint).toSorted()).toEqual(own.toSorted());
    expect(renderStatement(statement)).toContain('Registered as well as kim-contoso-com');
    expect(await world.leavers.statementOf('kim-contoso-com')).toEqual(statement);
    for (const owner of ['kim-2', 'kim-contoso-com', email, 'k2@contoso.com']) {
      await expect(aCertificate(world, `again ${owner}`, { owner })).rejects.toMatchObject({
        problems: [{ path: '/owner', code: 'ownerLeft' }],
      });
    }
    expect(await world.lookup.byThumbprint(other as never)).toMatchObject({ state: 'issued' });
  });

  it('issues nothing to the address of whoever left under an id of another make', async () => {
    const world = createServicesWorld();
    await aLine(world);
    await world.owners.put({ id: 'kim', email: 'kim@contoso.com' }, { id: 'tester', role: 'operator' });
    await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));

    await expect(aCertificate(world, 'again', { owner: 'KIM@contoso.com' })).rejects.toMatchObject({
      problems: [{ path: '/owner', code: 'ownerLeft' }],
    });
  });

  it('withholds what is being issued at that moment', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const sign = world.rootKeys.sign.bind(world.rootKeys);
    Object.assign(world.rootKeys, {
      sign: async (...request: Parameters<typeof sign>) => {
        await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
        return sign(...request);
      },
    });

    await expect(aCertificate(world, 'racing')).rejects.toMatchObject({ problems: [{ code: 'ownerLeft' }] });

    const { items } = await world.lookup.list({ owner: 'kim', top: 10 });
    expect(items).toMatchObject([{ state: 'revoked', revocationReason: 'left' }]);
    expect(given(items[0]).certificate).toBeUndefined();
  });

  it('claims nothing that was not looked at: says what is not in force, and why', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const thumbprint = await aCertificate(world, 'one');
    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    await prove(world);
    await world.stores.gatewayRevocations.update({ partitionKey: 'gw-b', rowKey: thumbprint }, (row) => ({
      ...row,
      state: 'overLimit',
    }));

    expect(await world.leavers.look(id, false)).toBe('done');

    const statement = await world.leavers.statementOf('kim');
    expect(await world.operations.view(id)).toMatchObject({
      status: 'failed',
      problem: { detail: expect.stringContaining('1 of 2 proven') as unknown },
    });
    expect(statement).toMatchObject({
      isProven: false,
      certificates: [
        {
          gateways: [
            { gatewayId: 'gw-a', state: 'proven' },
            { gatewayId: 'gw-b', state: 'overLimit', why: expect.stringContaining('Not in force') as unknown },
          ],
        },
      ],
    });
    expect(renderStatement(statement)).toContain('NOT everything is proven');
    expect(renderStatement(statement)).toContain(`${thumbprint} on gw-b: overLimit. Not in force`);
  });

  it('says of what was proven that it is not in force any more, and what was stated stays on record', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const thumbprint = await aCertificate(world, 'one');
    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    await prove(world);
    await world.leavers.look(id, false);
    const stated = await world.leavers.statementOf('kim');
    expect(stated).toMatchObject({ isProven: true });
    expect(stated.sinceThen).toBeUndefined();

    world.clock.advance(dayMs);
    await world.stores.gatewayRevocations.update({ partitionKey: 'gw-b', rowKey: thumbprint }, (row) => ({
      ...without(row, 'clearAt', 'provenAt'),
      state: 'overLimit',
    }));

    const statement = await world.leavers.statementOf('kim');
    const why = expect.stringContaining('Not in force') as unknown;
    const unproven = [expect.objectContaining({ thumbprint, gatewayId: 'gw-b', state: 'overLimit', why }) as unknown];
    const sinceThen = { lookedAt: world.now().toISOString(), unproven };
    expect(statement).toEqual({ ...stated, isProven: false, sinceThen });
    expect(renderStatement(statement)).toContain(`${thumbprint} on gw-b: overLimit. Not in force`);
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded', result: stated });
  });

  it.each([
    ['nobody knows which root', undefined],
    ['a root that the gateway was to trust', 'root-1'],
  ])(
    'waits for no gateway whose build failed before Azure was asked for it, with a certificate of %s',
    async (_what, rootId) => {
      const world = createServicesWorld();
      await aLine(world);
      const failed = await aGateway(world, 'never', { state: 'failed', applied: 0 });
      world.arm.resources.delete(failed.resourceId);
      await world.stores.rootGateways.upsert({ rootId: 'root-1', gatewayId: 'never' });
      await world.stores.gatewayRoots.insert({
        gatewayId: 'never',
        rootId: 'root-1',
        entryName: 'root-1',
        thumbprint: given(
          (await world.stores.roots.get({ partitionKey: 'root', rowKey: 'root-1' }))?.record.thumbprint,
        ),
        wanted: true,
        state: 'requested',
        updatedAt: world.now().toISOString(),
      });
      const asked = { owner: 'kim', thumbprint: 'AB'.repeat(20), ...(rootId === undefined ? {} : { rootId }) };
      await world.certificateImports.begin([{ asked }], aRequest(world, 'register'));

      const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
      await prove(world);

      expect(await world.leavers.look(id, false)).toBe('done');
      const { isProven, certificates } = await world.leavers.statementOf('kim');
      expect(isProven).toBe(true);
      expect(certificates[0]?.gateways.map(({ gatewayId }) => gatewayId).toSorted()).toEqual(['gw-a', 'gw-b']);
    },
  );

  it('waits for a gateway whose build failed after Azure was asked for it: it may be there', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const { resourceId } = await aGateway(world, 'half', { state: 'failed', applied: 0 });
    const at = world.now().toISOString();
    await world.stores.madeResources.insert({ gatewayId: 'half', resource: 'gateway', resourceId, at });
    await world.certificateImports.begin(
      [{ asked: { owner: 'kim', thumbprint: 'AB'.repeat(20) } }],
      aRequest(world, 'register'),
    );

    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    await prove(world);

    expect(await world.leavers.look(id, false)).toBe('waiting');
  });

  it('counts as proven what was proven before the certificate ended and its entry was taken off', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const old = await aCertificate(world, 'old', { validityDays: 30 });
    await world.revocations.revoke(old, { reason: 'left' }, aRequest(world, 'old'));
    await prove(world);
    const provenAt = world.now().toISOString();
    world.clock.advance(60 * dayMs);
    await aCertificate(world, 'new');

    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    await prove(world);
    expect(await world.leavers.look(id, false)).toBe('done');

    const { certificates, isProven } = await world.leavers.statementOf('kim');
    const places = certificates.find(({ thumbprint }) => thumbprint === old)?.gateways;
    expect(places).toMatchObject([
      { state: 'removed', provenAt },
      { state: 'removed', provenAt },
    ]);
    expect(isProven).toBe(true);
  });

  it('takes no proof from before Azure refused the entry', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const old = await aCertificate(world, 'old', { validityDays: 30 });
    await world.revocations.revoke(old, { reason: 'left' }, aRequest(world, 'old'));
    await prove(world);
    await world.stores.gatewayRevocations.update({ partitionKey: 'gw-b', rowKey: old }, (row) => ({
      ...row,
      state: 'refused',
    }));
    world.clock.advance(60 * dayMs);
    await aCertificate(world, 'new');

    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    await prove(world);
    await world.leavers.look(id, false);

    const { certificates, isProven } = await world.leavers.statementOf('kim');
    const places = certificates.find(({ thumbprint }) => thumbprint === old)?.gateways;
    expect(places).toMatchObject([
      { provenAt: expect.any(String) as unknown },
      { gatewayId: 'gw-b', state: 'removed' },
    ]);
    expect([places?.[1]?.provenAt, isProven]).toEqual([undefined, false]);
  });

  it('does not take the proof of an earlier time on a gateway that trusts the root anew', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const thumbprint = await aCertificate(world, 'one');
    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    await prove(world);
    await world.stores.gatewayRevocations.update({ partitionKey: 'gw-b', rowKey: thumbprint }, (row) => ({
      ...row,
      state: 'removed',
    }));

    await world.leavers.look(id, true);

    expect(await world.leavers.statementOf('kim')).toMatchObject({ isProven: false });
  });

  it('has nothing refused of a certificate that ended before, whatever is said of its key, and waits for nothing', async () => {
    const world = createServicesWorld();
    await aLine(world);
    await aCertificate(world, 'old', { validityDays: 30 });
    world.clock.advance(60 * dayMs);

    const { id } = await world.leavers.revoke('kim', 'compromised', aRequest(world, 'leave'));
    expect(await world.leavers.look(id, false)).toBe('done');

    const statement = await world.leavers.statementOf('kim');
    const place = { state: 'expired', why: 'Expired: nothing to refuse.' };
    expect(statement).toMatchObject({ isProven: true, certificates: [{ gateways: [place, place] }] });
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    expect(renderStatement(statement)).not.toContain('Not in force');
  });

  it('has nothing refused where a gateway came to trust the root of what was revoked and over by then', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const old = await aCertificate(world, 'old', { rootId: 'root-2', validityDays: 30 });
    await world.revocations.revoke(old, { reason: 'left' }, aRequest(world, 'old'));
    world.clock.advance(60 * dayMs);
    await world.trust.trust('gw-a', 'root-2', undefined, aRequest(world, 'trust anew'));
    await runWriter(world, 'gw-a');

    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    expect(await world.leavers.look(id, false)).toBe('done');

    expect(await world.leavers.statementOf('kim')).toMatchObject({
      isProven: true,
      certificates: [{ thumbprint: old, gateways: [{ gatewayId: 'gw-a', state: 'expired' }] }],
    });
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
  });

  it('says of certificates that expired that their sessions were not looked at, and how many that were of late', async () => {
    const world = createServicesWorld();
    await aLine(world);
    await aCertificate(world, 'long ago', { validityDays: 30 });
    await aCertificate(world, 'of late', { validityDays: 58 });
    world.clock.advance(60 * dayMs);

    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    await world.leavers.look(id, false);

    const statement = await world.leavers.statementOf('kim');
    const text = renderStatement(statement);
    expect(statement.left).toMatchObject({ expired: 2, expiredLately: 1 });
    expect(statement.limits).toContainEqual(expect.stringContaining('Sessions of certificates that expired'));
    expect(text).toContain('Sessions of 1 certificates that expired within the last 7 days were not looked at.');
    expect(text).not.toContain('no gateway accepts them');
  });

  it('says so too of one that expired of late and whose key was reported after that', async () => {
    const world = createServicesWorld();
    await aLine(world);
    await aCertificate(world, 'of late', { validityDays: 58 });
    world.clock.advance(60 * dayMs);

    const { id } = await world.leavers.revoke('kim', 'lost', aRequest(world, 'leave'));
    await world.leavers.look(id, false);

    const statement = await world.leavers.statementOf('kim');
    expect(statement.left).toMatchObject({ expired: 0, expiredLately: 1 });
    expect(renderStatement(statement)).toContain(
      'gw-a: expired, so that there is nothing to refuse; its sessions were not',
    );
  });

  it('ends after its time with what is known, and waits no longer', async () => {
    const world = createServicesWorld();
    await aLine(world);
    await aCertificate(world, 'one');
    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));

    expect(await world.leavers.look(id, true)).toBe('done');

    const { certificates, isProven } = await world.leavers.statementOf('kim');
    expect(isProven).toBe(false);
    expect(certificates[0]?.gateways).toMatchObject([{ state: 'requested' }, { state: 'requested' }]);
    expect(await world.operations.view(id)).toMatchObject({ status: 'failed' });
  });

  it('leaves a proof that is there as it is, and answers the run that is under way', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const thumbprint = await aCertificate(world, 'one');
    await world.revocations.revoke(thumbprint, { reason: 'lost' }, aRequest(world, 'lost'));
    await prove(world);
    const provenAt = world.now().toISOString();
    world.clock.advance(sixMinutesMs);

    const first = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    const second = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave again'));
    expect(second.id).toBe(first.id);
    await world.leavers.look(first.id, false);

    const { certificates } = await world.leavers.statementOf('kim');
    expect(certificates).toMatchObject([{ reason: 'lost', gateways: [{ provenAt }, { provenAt }] }]);
  });

  it('writes a statement of however much there is: what is not proven first, and counts what has no room', async () => {
    const world = createServicesWorld();
    const { stores } = world;
    await aLine(world);
    const thumbprint = await aCertificate(world, 'one');
    const proven = await aCertificate(world, 'proven', { rootId: 'root-2' });
    const { id } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    const trust = given(await stores.gatewayRoots.get({ partitionKey: 'gw-a', rowKey: 'root-1' })).record;
    for (let count = 0; count < 8; count += 1) {
      const gatewayId = `gateway-of-a-long-name-in-a-far-region-${count}`;
      await stores.rootGateways.insert({ rootId: 'root-1', gatewayId });
      await stores.gatewayRoots.insert({ ...trust, gatewayId });
    }
    const copies = 400;
    for (const like of [thumbprint, proven]) {
      const certificate = given(await world.lookup.byThumbprint(like as never));
      for (let count = 0; count < copies; count += 1) {
        const serialNumber = `${like.slice(0, 20)}${String(count).padStart(12, '0')}`;
        const copy = { ...certificate, serialNumber, thumbprint: `${serialNumber}00000000` };
        await stores.certificates.insert(copy);
        await stores.byOwner.upsert({ group: 'kim', key: serialNumber, serialNumber });
      }
    }

    expect(await world.leavers.look(id, true)).toBe('done');

    const { certificates, left, isProven } = await world.leavers.statementOf('kim');
    expect(isProven).toBe(false);
    expect(new Set(certificates.map(({ rootId }) => rootId))).toEqual(new Set(['root-1']));
    expect(certificates.length).toBeGreaterThan(50);
    expect(left.notListed).toBe(copies + 1);
    expect(left.notListedUnproven).toBe(copies + 1 - certificates.length);
    const text = renderStatement(await world.leavers.statementOf('kim'));
    expect(text).toContain(`${left.notListedUnproven} further certificates, NOT proven to be out`);
  });

  it('knows nobody by an id to which nothing was ever issued', async () => {
    const world = createServicesWorld();

    await expect(world.leavers.revoke('nobody', 'left', aRequest(world, 'x'))).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
    });
    await expect(world.leavers.statementOf('nobody')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('is followed by another instance where the one that followed it died', async () => {
    const world = createServicesWorld();
    await aLine(world);
    await aCertificate(world, 'one');
    const { id, createdAt } = await world.leavers.revoke('kim', 'left', aRequest(world, 'leave'));
    world.orchestrations.setState(`${id}-1`, 'ended');
    world.clock.advance(sixMinutesMs);

    await world.leavers.run(given(await world.operations.get(id)), world.orchestrations);

    const second = world.orchestrations.started.find(({ instanceId }) => instanceId === `${id}-2`);
    expect(second?.input).toEqual({ operationId: id, begunAt: createdAt });
  });

  it('revokes the others where one cannot be revoked, tries that again, and waits for it', async () => {
    const world = createServicesWorld();
    await aLine(world);
    const seeds = Array.from({ length: 9 }, (_, index) => `c${index}`);
    const own: string[] = [];
    for (const seed of seeds) own.push(await aCertificate(world, seed, { rootId: 'root-2' }));
    const bad = given((await world.lookup.list({ owner: 'kim', top: 1 })).items[0]?.thumbprint);
    const revoke = world.revocations.revoke.bind(world.revocations);
    Object.assign(world.revocations, {
      revoke: (...asked: Parameters<typeof revoke>) =>
        asked[0] === bad ? Promise.reject(new Error('no way')) : revoke(...asked),
    });
    const request = aRequest(world, 'leave');
    const statesOf = async () =>
      Promise.all(own.map(async (one) => (await world.lookup.byThumbprint(one as never))?.state));

    await expect(world.leavers.revoke('kim', 'left', request)).rejects.toThrow('no way');
    expect((await statesOf()).filter((state) => state !== 'revoked')).toHaveLength(1);
    expect(world.orchestrations.started.map(({ instanceId }) => instanceId)).toContain(`${request.operationId}-1`);
    expect(await world.leavers.look(request.operationId, false)).toBe('waiting');

    Object.assign(world.revocations, { revoke });
    await world.leavers.run(given(await world.operations.get(request.operationId)), world.orchestrations);
    expect(new Set(await statesOf())).toEqual(new Set(['revoked']));
    expect(await world.leavers.look(request.operationId, false)).toBe('done');
    expect(await world.leavers.statementOf('kim')).toMatchObject({ isProven: true });
  });

  it('takes all of it out whatever write it dies at', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aRoot(world);
        await aGateway(world, 'gw-a');
        await world.trust.trust('gw-a', 'root-1', undefined, aRequest(world, 'trust'));
        await runWriter(world, 'gw-a');
        for (const seed of ['one', 'two']) await aCertificate(world, seed);
        return world;
      },
      work: (world) => world.leavers.revoke('kim', 'left', aRequest(world, 'leave')),
      check: async (world, _tables, place) => {
        for (const id of await world.operations.repair()) {
          const operation = given(await world.operations.get(id));
          if (operation.kind === 'revokeCertificate') await world.revocations.run(operation, world.orchestrations);
        }
        const id = aRequest(world, 'leave').operationId;
        await runWriter(world, 'gw-a');
        world.clock.advance(sixMinutesMs);
        await world.sessions.record('gw-a', { cut: [], unproven: [] });
        await world.leavers.look(id, false);
        const { certificates, isProven } = await world.leavers.statementOf('kim');
        expect([place, isProven, certificates.length]).toEqual([place, true, 2]);
        expect([place, (await world.operations.get(id))?.status]).toEqual([place, 'succeeded']);
      },
    });

    expect(places).toBeGreaterThan(20);
  });
});
