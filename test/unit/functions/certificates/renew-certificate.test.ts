/** A certificate in the place of another: what both are until the old one is out. */
import { dayMs } from '../../../../src/domain/days.ts';
import { certificateRoutes } from '../../../../src/functions/certificates/certificates.ts';
import { revokeSuperseded } from '../../../../src/services/gateways/revoke-superseded.ts';
import { sha256Hex } from '../../../../src/stores/digest.ts';
import { gatewayKeys } from '../../../../src/stores/records/gateways.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anRsaKeyPair } from '../../../support/builders/a-key-pair.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
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
import { type ApiRequest, createTestApi } from '../../../support/test-route.ts';

const csr = toRequestPem(aCertificateRequest());
const { spki, privateKey: signWith } = anRsaKeyPair('renewed');
const newCsr = toRequestPem(aCertificateRequest({ spki, signWith }));
const gatewayId = 'vnet1gw';

async function aLine(world: ServicesWorld, order: object = {}): Promise<string> {
  await aRoot(world);
  await aGateway(world);
  await world.trust.trust(gatewayId, 'root-1', undefined, aRequest(world, 'trust'));
  await runWriter(world);
  const asked = { rootId: 'root-1', owner: 'ann@contoso.com', csr, requestedBy: 'requester', ...order };
  return given((await world.certificates.issue(asked, randomnessOf('old'))).record.thumbprint);
}

async function open(order: object = {}) {
  const world = createServicesWorld();
  const old = await aLine(world, order);
  const api = await createTestApi();
  const routes = certificateRoutes(world);
  const ask = (name: string, request: ApiRequest) =>
    api.ask(given(routes.find((route) => route.name === name)), { params: { thumbprint: old }, ...request });
  return {
    world,
    old,
    ask,
    renew: (body: object, request: ApiRequest = {}) =>
      ask('renewCertificate', { body: { csr: newCsr, ...body }, as: 'requester', ...request }),
    as: async (id: string) => {
      const key = `${id}-0123456789abcdef0123456789abcdef`;
      await api.apiKeys.put({ id, role: 'requester', keyHash: sha256Hex(key), createdBy: 'test' });
      return { headers: { 'x-api-key': key } };
    },
    show: async (thumbprint: string) => (await ask('getCertificate', { params: { thumbprint } })).json,
    watch: () => revokeSuperseded({ ...world, onFault: thrown }),
  };
}

function thrown(_what: string, error: unknown): never {
  throw error;
}

function aSession(commonName: string) {
  return { commonName, connectionId: 'c-1', publicIpAddress: '', privateIpAddress: '' };
}

describe('src/functions/certificates/renew-certificate', () => {
  it('issues one for the same owner, root and name, and revokes the old one when its grace is over', async () => {
    const { world, old, renew, show, watch } = await open();
    const before = await show(old);

    const answer = await renew({ graceDays: 3, validityDays: 100 });

    expect(answer).toMatchObject({
      status: 201,
      json: { rootId: 'root-1', owner: 'ann-contoso-com', state: 'issued', renews: old, sessionIdentity: 'unique' },
    });
    const names = [before, answer.json].map(({ subject }) => (subject as { readonly commonName: string }).commonName);
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name).toMatch(/^ann\.[0-9a-f]{8}@contoso\.com$/);
    const graceUntil = new Date(world.now().getTime() + 3 * dayMs).toISOString();
    expect(await show(old)).toMatchObject({
      state: 'superseded',
      supersededBy: answer.json['thumbprint'],
      revokeAt: graceUntil,
    });

    expect(await watch()).toBe(0);
    expect(await show(old)).toMatchObject({ state: 'superseded' });
    world.clock.advance(3 * dayMs);
    expect(await watch()).toBe(1);
    await runWriter(world);

    expect(await show(old)).toMatchObject({
      state: 'revoked',
      revocationReason: 'superseded',
      revocations: [{ gatewayId, state: 'disconnected' }],
    });
    const intent = await world.stores.revocations.get({ partitionKey: 'root-1', rowKey: old });
    expect(intent?.record).toMatchObject({ reason: 'superseded', urgency: 'window' });
    expect((await ownActs(world)).map(({ action }) => action)).toContain('watch.supersededRevoked');
    expect(await show(String(answer.json['thumbprint']))).toMatchObject({ state: 'issued' });
    expect(await watch()).toBe(0);
  });

  it('revokes the old one as soon as a session has the name of the new one', async () => {
    const { world, old, renew, show, watch } = await open();
    const { commonName: oldName } = (await show(old))['subject'] as { readonly commonName: string };
    const { subject } = (await renew({})).json as { readonly subject: { readonly commonName: string } };

    await world.sessions.judge(gatewayId, { sessions: [aSession(oldName)], unreadable: 0 });
    expect(await watch()).toBe(0);
    await world.sessions.judge(gatewayId, { sessions: [aSession(subject.commonName)], unreadable: 0 });

    expect(await watch()).toBe(1);
    expect(await show(old)).toMatchObject({ state: 'revoked' });
  });

  it('makes no kit of the old one, names the new one in its place, and claims nothing of what gateways accept', async () => {
    const { old, ask, renew } = await open();
    const { json } = await renew({});

    const refused = await ask('makeKit', { body: { gatewayId, platform: 'strongswan' } });

    expect(refused).toMatchObject({ status: 409, json: { code: 'ERR_CONFLICT' } });
    expect(refused.json['detail']).toBe(
      `Certificate ${old} has been replaced by ${String(json['thumbprint'])}: make the kit for that one.`,
    );
  });

  it('has the gateways’ sessions looked at while a certificate waits for the one that took its place', async () => {
    const { world, old, renew, watch } = await open();
    const { resourceId } = given(await world.stores.gateways.get(gatewayKeys(gatewayId))).record;
    const gateway = given(world.arm.resources.get(resourceId));
    const look = () => world.rounds.recordRound(gatewayId, { gateway, writeSeconds: [] });
    expect(await look()).toEqual({ sessionsToSee: false });

    await renew({ graceDays: 0 }, { as: 'operator' });

    expect(await look()).toEqual({ sessionsToSee: true });
    await watch();
    await world.stores.gatewayRevocations.update({ partitionKey: gatewayId, rowKey: old }, (row) => ({
      ...row,
      state: 'proven',
    }));
    expect(await world.stores.supersessions.list('waiting')).toEqual([]);
  });

  it('keeps a name that people chose, and says that the sessions of the two cannot be told apart', async () => {
    const { world, old, renew, show, watch } = await open({ commonName: 'reception' });

    const { json } = await renew({});

    expect(json).toMatchObject({ subject: { commonName: 'reception' }, sessionIdentity: 'ambiguous' });
    await world.sessions.judge(gatewayId, { sessions: [aSession('reception')], unreadable: 0 });
    expect(await watch()).toBe(0);
    expect(await show(old)).toMatchObject({ state: 'superseded', sessionIdentity: 'ambiguous' });
  });

  it('takes a superseded certificate for one that opens gateways, until it is out', async () => {
    const { world, old, renew, ask } = await open({ commonName: 'reception' });
    await renew({});

    const live = await world.lookup.live('root-1', world.now(), 10);
    expect(live.map(({ thumbprint }) => thumbprint)).toContain(old);
    const taken = { rootId: 'root-1', owner: 'bob', csr, commonName: 'Reception' };
    expect((await ask('issueCertificate', { params: {}, body: taken })).json).toMatchObject({
      errors: [{ code: 'commonNameTaken' }],
    });
    await world.leavers.revoke('ann-contoso-com', 'left', aRequest(world, 'leave'));
    expect((await world.lookup.list({ owner: 'ann-contoso-com', state: 'revoked', top: 10 })).items).toHaveLength(2);
  });

  it('lets whoever asked for a certificate renew it, and operators, and refuses it to others', async () => {
    const { old, renew, show, as } = await open();

    const refused = await renew({}, await as('somebody'));

    expect(refused).toMatchObject({ status: 403 });
    expect(refused.json['detail']).toMatch(/whoever asked.*operators.*POST \/api\/certificates/);
    expect(await show(old)).toMatchObject({ state: 'issued' });
    const renewed = await renew({});
    expect(renewed).toMatchObject({ status: 201 });
    const params = { thumbprint: String(renewed.json['thumbprint']) };
    expect(await renew({}, { params, as: 'operator' })).toMatchObject({ status: 201 });
  });

  it('ends the old one at once for operators alone', async () => {
    const { old, renew, show, watch } = await open();

    const refused = await renew({ graceDays: 0 });

    expect(refused).toMatchObject({ status: 403 });
    expect(refused.json['detail']).toMatch(/graceDays/);
    expect(await show(old)).toMatchObject({ state: 'issued' });
    expect(await renew({ graceDays: 1 })).toMatchObject({ status: 201 });
    expect(await watch()).toBe(0);
  });

  it('shares a chosen name with those that it follows, and with nobody else', async () => {
    const line = await open({ commonName: 'reception' });
    const first = await line.renew({});
    const second = await line.renew({}, { params: { thumbprint: String(first.json['thumbprint']) } });
    expect(second).toMatchObject({ status: 201, json: { subject: { commonName: 'reception' }, state: 'issued' } });

    const { world, renew, ask } = await open({ commonName: 'reception', validityDays: 10 });
    world.clock.advance(11 * dayMs);
    const bobs = { rootId: 'root-1', owner: 'bob', csr, commonName: 'reception' };
    expect(await ask('issueCertificate', { params: {}, body: bobs })).toMatchObject({ status: 201 });

    expect(await renew({})).toMatchObject({ status: 400, json: { errors: [{ path: '', code: 'commonNameTaken' }] } });
  });

  it('answers a repeated request alike, and refuses a second renewal', async () => {
    const { renew } = await open();
    const key = { headers: { 'idempotency-key': 'renewal-1' } };

    const first = await renew({ csr: undefined, key: {}, pfx: { password: 'correct horse 12' } }, key);
    const second = await renew({ csr: undefined, key: {}, pfx: { password: 'correct horse 12' } }, key);
    const other = await renew({});

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json['thumbprint']).toBe(first.json['thumbprint']);
    expect(second.json['downloads']).toHaveLength(1);
    expect(other).toMatchObject({ status: 409 });
    expect(other.json['detail']).toContain(first.json['thumbprint']);
  });

  it('gives the place of a certificate to one alone of several that ask for it at one moment', async () => {
    const { world, renew } = await open({ commonName: 'reception' });

    const answers = await Promise.all([renew({}), renew({}), renew({})]);

    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    const lost = given(answers.find(({ status }) => status === 409));
    expect(lost).toMatchObject({ json: { errors: [{ code: 'certificateSuperseded' }] } });
    const { items } = await world.lookup.list({ owner: 'ann-contoso-com', state: 'issued', top: 10 });
    expect(items).toHaveLength(1);
    expect(await world.unfinished.list('certificate')).toEqual([]);
  });

  it('withholds a renewal that died before it was signed, if the old one is revoked by then', async () => {
    const { world, old, renew } = await open();
    world.rootKeys.answerNext({ outcome: 'busy', retryAfterSeconds: 1 });
    const key = { headers: { 'idempotency-key': 'renewal-1' } };
    expect((await renew({}, key)).status).not.toBe(201);
    await world.revocations.revoke(old, { reason: 'unspecified' }, aRequest(world, 'revoke'));
    const [open_] = await world.unfinished.list('certificate');

    expect(await world.certificates.complete(given(open_).id)).toMatchObject({ state: 'revoked' });

    expect(await world.unfinished.list('certificate')).toEqual([]);
    expect((await world.lookup.list({ state: 'issued', top: 10 })).items).toEqual([]);
  });

  it('lets a certificate be renewed whose first renewal came to nothing', async () => {
    const { world, old, renew, show } = await open();
    world.rootKeys.answerNext({ outcome: 'busy', retryAfterSeconds: 1 });
    await renew({ csr: undefined, key: {}, pfx: { password: 'correct horse 12' } });
    expect(await renew({})).toMatchObject({ status: 409 });
    const [died] = await world.unfinished.list('certificate');
    await world.certificates.complete(given(died).id);

    const { json } = await renew({});

    expect(await show(old)).toMatchObject({ state: 'superseded', supersededBy: json['thumbprint'] });
  });

  it('reinstates no certificate whose place another has taken', async () => {
    const { old, renew, watch, ask } = await open();
    await renew({ graceDays: 0 }, { as: 'operator' });
    await watch();

    expect(await ask('reinstateCertificate', { body: {} })).toMatchObject({
      status: 409,
      json: { errors: [{ code: 'certificateSuperseded' }] },
    });
    expect(old).toHaveLength(40);
  });

  it('renews none that is revoked, unknown, or of another authority, and none for nobody’s key', async () => {
    const { world, old, renew, ask } = await open();
    const bare = '00112233445566778899AABBCCDDEEFF00112233';
    await world.certificateImports.begin([{ asked: { owner: 'ann', thumbprint: bare } }], aRequest(world, 'import'));
    const statusOf = async (thumbprint: string) =>
      (await ask('renewCertificate', { params: { thumbprint }, body: { csr: newCsr } })).status;

    expect(await statusOf('F'.repeat(40))).toBe(404);
    expect(await statusOf(bare)).toBe(409);
    expect((await renew({ csr: undefined })).json).toMatchObject({ errors: [{ path: '/csr', code: 'missingField' }] });
    expect((await renew({ graceDays: 91 })).status).toBe(400);
    await world.revocations.revoke(old, { reason: 'left' }, aRequest(world, 'revoke'));
    expect(await statusOf(old)).toBe(409);
  });

  it('renews an expired one, and revokes nothing for it', async () => {
    const { world, old, renew, show, watch } = await open({ validityDays: 10 });
    world.clock.advance(11 * dayMs);

    expect(await renew({ graceDays: 0 }, { as: 'operator' })).toMatchObject({ status: 201, json: { renews: old } });
    expect(await renew({})).toMatchObject({ status: 409, json: { errors: [{ code: 'certificateSuperseded' }] } });
    expect(await watch()).toBe(0);
    expect(await world.stores.supersessions.list('waiting')).toEqual([]);
    expect(await show(old)).toMatchObject({ state: 'expired' });
  });

  it('takes one that ends before its grace is over for expired, and gives its name to others', async () => {
    const { world, old, renew, show, watch, ask } = await open({ commonName: 'reception', validityDays: 10 });
    world.clock.advance(6 * dayMs);
    const renewed = await renew({ validityDays: 1 });
    world.clock.advance(5 * dayMs);

    const found = await show(old);
    expect(found).toMatchObject({ state: 'expired', supersededBy: renewed.json['thumbprint'] });
    expect(found).not.toHaveProperty('revokeAt');
    expect((await world.lookup.list({ state: 'expired', top: 10 })).items).toHaveLength(2);
    expect(await watch()).toBe(0);
    const body = { rootId: 'root-1', owner: 'bob', csr, commonName: 'reception' };
    expect(await ask('issueCertificate', { params: {}, body })).toMatchObject({ status: 201 });
  });

  it('revokes the others where one cannot be revoked, and tries that again', async () => {
    const { world, old, renew, show } = await open();
    const asked = { rootId: 'root-1', owner: 'bob@contoso.com', csr, requestedBy: 'requester' };
    const bobs = given((await world.certificates.issue(asked, randomnessOf('bob'))).record.thumbprint);
    for (const thumbprint of [old, bobs]) await renew({ graceDays: 0 }, { params: { thumbprint }, as: 'operator' });
    const [first] = await world.stores.supersessions.list('waiting');
    const [broken, other] = given(first).record.thumbprint === old ? [old, bobs] : [bobs, old];
    const faults: unknown[] = [];
    const watch = (revocations: Pick<ServicesWorld['revocations'], 'revoke'>) =>
      revokeSuperseded({ ...world, revocations, onFault: (what, error) => faults.push([what, error]) });
    const fault = new Error('not this one');

    const failing = (thumbprint: string, ...rest: [never, never]) =>
      thumbprint === broken ? Promise.reject(fault) : world.revocations.revoke(thumbprint, ...rest);
    expect(await watch({ revoke: failing })).toBe(1);

    expect(faults).toEqual([[`superseded certificate ${broken}`, fault]]);
    expect([(await show(broken))['state'], (await show(other))['state']]).toEqual(['superseded', 'revoked']);
    expect(await watch(world.revocations)).toBe(1);
    expect(await show(broken)).toMatchObject({ state: 'revoked' });
  });

  it('comes to the same end, whatever write a crash of renewing or of revoking comes at', async () => {
    const renewIn = async (world: ServicesWorld) => {
      const items = (await world.lookup.list({ owner: 'ann-contoso-com', top: 10 })).items;
      const old = given(items.find(({ renews }) => renews === undefined)?.thumbprint);
      const random = randomnessOf('new');
      const caller = { id: 'tester', role: 'operator' } as const;
      const renewal = await world.orderRenewal(old as never, { graceDays: 0, caller }, random);
      return world.certificates.issue({ ...renewal, csr: newCsr, requestedBy: 'tester' }, random);
    };
    const setUp = async (tables: ServicesWorld['tables']) => {
      const world = createServicesWorld(tables);
      await aLine(world);
      return world;
    };
    const check = async (world: ServicesWorld, _tables: unknown, place: string) => {
      await revokeSuperseded({ ...world, onFault: thrown });
      const { items } = await world.lookup.list({ owner: 'ann-contoso-com', top: 10 });
      expect([place, items.map(({ state }) => state).toSorted()]).toEqual([place, ['issued', 'revoked']]);
      expect([place, await world.stores.supersessions.list('waiting')]).toEqual([place, []]);
      expect([place, await world.unfinished.list('certificate')]).toEqual([place, []]);
      const kinds = (await world.operations.list({ top: 10, kind: 'revokeCertificate' })).items;
      expect([place, kinds.length]).toEqual([place, 1]);
    };
    expect(await atEveryCrash({ setUp, work: renewIn, check })).toBeGreaterThan(8);
    const revoking = async (tables: ServicesWorld['tables']) => {
      const world = await setUp(tables);
      await renewIn(world);
      return world;
    };
    expect(
      await atEveryCrash({ setUp: revoking, work: (world) => revokeSuperseded({ ...world, onFault: thrown }), check }),
    ).toBeGreaterThan(8);
  });
});
