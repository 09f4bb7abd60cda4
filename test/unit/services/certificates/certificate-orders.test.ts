import { orderQuestion } from '../../../../src/contracts/certificates/order-certificate.ts';
import type { RootPolicy } from '../../../../src/domain/root-policy.ts';
import { openWaits } from '../../../../src/services/operations/operation-record.ts';
import { rootKeys } from '../../../../src/stores/records/certificates.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anRsaKeyPair } from '../../../support/builders/a-key-pair.ts';
import { completeNoted } from '../../../support/complete-noted.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { aRequest, createServicesWorld, randomnessOf, type ServicesWorld } from '../../../support/services-world.ts';
import {
  approval,
  ask,
  certificatesOf,
  collect,
  csr,
  decide,
  operationId,
  standing,
  tester,
  withPolicy,
} from '../../../support/standing-orders.ts';

describe('src/services/certificates/certificate-orders', () => {
  it('asks people, and issues nothing until they have approved; then it issues for the key of the request', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    expect(await world.operations.get(operationId)).toMatchObject({ kind: 'orderCertificate', target: 'root-1' });
    expect(world.orchestrations.started).toMatchObject([
      {
        name: 'orderCertificate',
        input: { operationId, days: 2, question: expect.stringMatching(/^tester asks .*ann/) as unknown },
      },
    ]);
    expect(await certificatesOf(world)).toEqual([]);

    await decide(world, 'approved');
    expect(await world.certificateOrders.advance(operationId, 'approved', false)).toBe('done');

    const [serialNumber] = await certificatesOf(world);
    expect(await world.operations.get(operationId)).toMatchObject({
      status: 'succeeded',
      result: { serialNumber, rootId: 'root-1', thumbprint: expect.stringMatching(/^[0-9A-F]{40}$/i) as unknown },
    });
  });

  it.each([
    ['rejected', 'notApproved', /^It was rejected by boss. Not for Ann.$/],
    ['not decided in time', 'notDecided', /^It was not decided in time.$/],
  ] as const)('issues nothing where it was %s, and says so', async (answer, code, detail) => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    if (answer === 'rejected') await decide(world, 'rejected', 'Not for Ann.');

    expect(await world.certificateOrders.advance(operationId, answer, false)).toBe('done');

    expect(await world.operations.get(operationId)).toMatchObject({
      status: 'failed',
      steps: [{ name: 'approve', status: 'failed', code }, { name: 'issue' }],
      problem: { detail: expect.stringMatching(detail) as unknown },
    });
    expect(await certificatesOf(world)).toEqual([]);
  });

  it('makes a key only when its asker collects it, and keeps neither key nor password before', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world, { keyType: 'RSA-2048' });
    await expect(collect(world)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await decide(world, 'approved');
    expect(await world.certificateOrders.advance(operationId, 'approved', false)).toBe('waiting');
    await expect(collect(world, { ...tester, id: 'somebody' })).rejects.toMatchObject({
      code: 'ERR_CALLER_NOT_ALLOWED',
    });
    expect(await certificatesOf(world)).toEqual([]);

    const { record, download, password } = await collect(world);

    expect(download?.url).toMatch(/^\/api\/downloads\?token=/);
    expect(password).toMatch(/^[A-Za-z0-9._-]{24}$/);
    expect(await certificatesOf(world)).toEqual([record.serialNumber]);
    expect(await world.operations.get(operationId)).toMatchObject({ status: 'succeeded' });
    expect(JSON.stringify(world.tables.rows('Operations'))).not.toContain(password);
    const again = await collect(world);
    expect(again.record.serialNumber).toBe(record.serialNumber);
    expect(again.password).toBeUndefined();
  });

  it('ends where nobody has collected it in time, and hands out nothing afterwards', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world, { keyType: 'RSA-2048' });
    await decide(world, 'approved');

    expect(await world.certificateOrders.advance(operationId, 'approved', true)).toBe('done');

    expect(await world.operations.get(operationId)).toMatchObject({
      status: 'failed',
      problem: { errors: [{ code: 'notCollected' }] },
    });
    await expect(collect(world)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });

  it('takes no decision once its time is over', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    const until = new Date(world.now().getTime() + 1000).toISOString();
    await world.operations.openWait(operationId, orderQuestion, { kind: 'approval', detail: 'Well?', until });
    world.clock.advance(1000);

    const late = { name: orderQuestion, decision: 'approved', by: 'boss', comment: undefined } as const;
    expect(await world.operations.decide(operationId, late)).toBeUndefined();

    expect((await world.operations.get(operationId))?.waits?.[orderQuestion]?.decision).toBeUndefined();
  });

  it('issues nothing of an approved order that was canceled, for the key of its request', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    await decide(world, 'approved');
    await world.operations.requestCancel(operationId);

    expect(await world.certificateOrders.advance(operationId, 'approved', false)).toBe('done');

    expect(await world.operations.get(operationId)).toMatchObject({ status: 'canceled' });
    expect(world.tables.rows('ClientCertificates')).toEqual([]);
  });

  it('hands out nothing of an approved order that was canceled, and ends it', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world, { keyType: 'RSA-2048' });
    await decide(world, 'approved');
    await world.certificateOrders.advance(operationId, 'approved', false);
    await world.operations.requestCancel(operationId);

    await expect(collect(world)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      message: expect.stringContaining('is being canceled') as unknown,
    });

    const waiting = given(await world.operations.get(operationId));
    expect(openWaits(waiting)).toMatchObject([{ instanceId: `${operationId}-1`, eventName: 'collected' }]);
    expect(await world.certificateOrders.advance(operationId, 'approved', false)).toBe('done');
    expect(await world.operations.get(operationId)).toMatchObject({ status: 'canceled' });
    await expect(collect(world)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      message: expect.stringContaining('is canceled') as unknown,
    });
    expect(await certificatesOf(world)).toEqual([]);
  });

  it.each([
    ['its time is over', () => Promise.resolve(true), true, 'failed'],
    ['it is canceled', (world: ServicesWorld) => world.operations.requestCancel(operationId), false, 'canceled'],
  ] as const)('releases no certificate that is being collected when %s', async (_, close, isLast, status) => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world, { keyType: 'RSA-2048' });
    await decide(world, 'approved');
    await world.certificateOrders.advance(operationId, 'approved', false);
    const sign = world.rootKeys.sign.bind(world.rootKeys);
    jest.spyOn(world.rootKeys, 'sign').mockImplementationOnce(async (...input) => {
      // The record of the certificate is there, its key in memory alone.
      await close(world);
      await world.certificateOrders.advance(operationId, 'approved', isLast);
      return sign(...input);
    });

    await expect(collect(world)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });

    expect(await world.operations.get(operationId)).toMatchObject({ status });
    expect(world.tables.rows('ClientCertificates').map(({ columns }) => columns['state'])).toEqual(['revoked']);
    expect(await certificatesOf(world)).toEqual([]);
  });

  it('judges the order anew when it is issued, and ends with the reason', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    await decide(world, 'approved');
    await withPolicy(world, { ...approval, names: ['*@contoso.com'] });

    expect(await world.certificateOrders.advance(operationId, 'approved', false)).toBe('done');

    expect(await world.operations.get(operationId)).toMatchObject({
      status: 'failed',
      problem: { code: 'ERR_REQUEST_INVALID', errors: [{ path: '/owner', code: 'beyondPolicy' }] },
    });
  });

  async function aRenewal(world: ServicesWorld, seed: string, old: string): Promise<string> {
    const caller = { id: 'tester', role: 'requester' } as const;
    const renewal = await world.orderRenewal(old as never, { graceDays: 1, caller }, randomnessOf(seed));
    const { spki, privateKey: signWith } = anRsaKeyPair(seed);
    const order = { ...standing, ...renewal, csr: toRequestPem(aCertificateRequest({ spki, signWith })) };
    const { id } = await world.certificateOrders.ask(order, aRequest(world, seed), randomnessOf(seed));
    expect(await world.operations.get(id)).toMatchObject({
      context: { question: expect.stringContaining(`in the place of ${old}`) as unknown },
    });
    await world.operations.openWait(id, orderQuestion, { kind: 'approval', detail: 'Well?' });
    await world.operations.decide(id, { name: orderQuestion, decision: 'approved', by: 'boss', comment: undefined });
    return id;
  }

  it('issues nothing in the place of a certificate that was revoked while the order waited', async () => {
    const world = await withPolicy(createServicesWorld(), {});
    const old = given((await world.certificates.issue({ ...standing, csr }, randomnessOf('old'))).record.thumbprint);
    await withPolicy(world, approval);
    const id = await aRenewal(world, 'one', old);
    await world.revocations.revoke(old, { reason: 'unspecified' }, aRequest(world, 'revoke'));

    expect(await world.certificateOrders.advance(id, 'approved', false)).toBe('done');

    expect(await world.operations.get(id)).toMatchObject({
      status: 'failed',
      steps: [{ name: 'approve' }, { name: 'issue', status: 'failed', code: 'certificateRevoked' }],
      problem: { code: 'ERR_CONFLICT', errors: [{ code: 'certificateRevoked' }] },
    });
    expect(await certificatesOf(world)).toHaveLength(1);
  });

  it('gives the place of a certificate to the first renewal that is approved', async () => {
    const world = await withPolicy(createServicesWorld(), {});
    const old = given((await world.certificates.issue({ ...standing, csr }, randomnessOf('old'))).record.thumbprint);
    await withPolicy(world, approval);
    const ids = [await aRenewal(world, 'one', old), await aRenewal(world, 'two', old)];

    for (const id of ids) await world.certificateOrders.advance(id, 'approved', false);

    const ends = await Promise.all(ids.map((id) => world.operations.get(id)));
    expect(ends).toMatchObject([
      { status: 'succeeded' },
      { status: 'failed', problem: { errors: [{ code: 'certificateSuperseded' }] } },
    ]);
    expect(await certificatesOf(world)).toHaveLength(2);
  });

  it('tries again what may pass: a busy Key Vault ends no order', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    world.rootKeys.answerNext({ outcome: 'busy', retryAfterSeconds: 2 });
    await expect(world.certificateOrders.advance(operationId, 'approved', false)).rejects.toThrow('busy');

    expect(await world.certificateOrders.advance(operationId, 'approved', false)).toBe('done');
    expect(await certificatesOf(world)).toHaveLength(1);
  });

  it('ends where the root goes while it is issued, also if the process dies before it says so', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    await decide(world, 'approved');
    const insert = world.stores.certificates.insert.bind(world.stores.certificates);
    jest.spyOn(world.stores.certificates, 'insert').mockImplementationOnce(async (record) => {
      const isNew = await insert(record);
      await world.stores.roots.remove(given(await world.stores.roots.get(rootKeys('root-1'))).record);
      return isNew;
    });
    jest.spyOn(world.operations, 'finish').mockRejectedValueOnce(new Error('It died.'));
    await expect(world.certificateOrders.advance(operationId, 'approved', false)).rejects.toThrow('died');

    expect(await world.certificateOrders.advance(operationId, 'approved', false)).toBe('done');

    expect(await world.operations.get(operationId)).toMatchObject({
      status: 'failed',
      problem: { errors: [{ path: '/rootId', code: 'rootGone' }] },
    });
  });

  it.each([
    ['modern', undefined, 'legacy'],
    ['legacy', 'legacy', 'modern'],
  ] as const)('makes the file in the %s form that was approved, and in no other', async (form, asked, other) => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world, { keyType: 'RSA-2048', encryption: asked });
    await decide(world, 'approved');
    await world.certificateOrders.advance(operationId, 'approved', false);

    await expect(collect(world, undefined, { encryption: other })).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      problems: [{ path: '/pfx/encryption', code: 'approvalOutdated' }],
    });
    expect(await certificatesOf(world)).toEqual([]);
    await collect(world, undefined, { encryption: form });
    expect(await certificatesOf(world)).toHaveLength(1);
  });

  it('lets nothing be issued past the approval', async () => {
    const world = await withPolicy(createServicesWorld(), approval);

    await expect(world.certificates.issue({ ...standing, csr }, randomnessOf('direct'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      problems: [{ path: '/rootId', code: 'approvalNeeded' }],
    });
  });

  it.each([
    ['a key', { keyTypes: ['RSA-4096'] }, {}, '/csr'],
    ['a time', { validityDaysMax: 30 }, { validityDays: 31 }, '/validityDays'],
    ['a name', { names: ['vpn-*'] }, { commonName: 'ann' }, '/commonName'],
    ['a name that is made of the owner', { names: ['vpn-*'] }, {}, '/owner'],
  ] as [string, RootPolicy, object, string][])(
    'refuses %s that the policy does not permit',
    async (_, policy, parts, path) => {
      const world = await withPolicy(createServicesWorld(), policy);

      await expect(world.certificates.issue({ ...standing, csr, ...parts }, randomnessOf('x'))).rejects.toMatchObject({
        problems: [{ path, code: 'beyondPolicy' }],
      });
    },
  );

  it('refuses who may not ask, and has a certificate last no longer than the policy says', async () => {
    const world = await withPolicy(createServicesWorld(), { askers: { callers: ['portal'] }, validityDaysMax: 10 });
    await expect(world.certificates.issue({ ...standing, csr }, randomnessOf('x'))).rejects.toMatchObject({
      code: 'ERR_CALLER_NOT_ALLOWED',
    });

    const { record } = await world.certificates.issue({ ...standing, csr, requestedBy: 'portal' }, randomnessOf('y'));

    const days = (Date.parse(record.notAfter) - world.now().getTime()) / 86_400_000;
    expect(days).toBeCloseTo(10, 1);
  });

  it.each([
    ['the key of a request', { csr }],
    ['a key that is collected', { keyType: 'RSA-2048' as const }],
  ])('ends with one certificate wherever it crashes, with %s', async (_, key) => {
    const places = await atEveryCrash({
      setUp: async (tables) => withPolicy(createServicesWorld(tables), approval),
      work: async (world) => {
        await ask(world, key);
        await decide(world, 'approved');
        await world.certificateOrders.advance(operationId, 'approved', false);
        if ('keyType' in key) await collect(world);
      },
      check: async (world, tables, place) => {
        const operation = await world.operations.get(operationId);
        expect({ place, status: operation?.status }).toEqual({ place, status: 'succeeded' });
        const issued = tables.rows('ClientCertificates').filter(({ columns }) => columns['state'] === 'issued');
        expect({ place, issued: issued.length }).toEqual({ place, issued: 1 });
        await world.operations.repair();
        await completeNoted(world, 'certificate');
        expect(tables.rows('Unfinished')).toEqual([]);
      },
    });
    expect(places).toBeGreaterThan(10);
  });
});
