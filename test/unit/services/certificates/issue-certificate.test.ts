import { sign, X509Certificate } from 'node:crypto';
import { createServicesAlone } from '../../../../bench/services-alone.ts';
import { createVirtualClock } from '../../../../bench/virtual-clock.ts';
import { AppError } from '../../../../src/domain/app-error.ts';
import { parseThumbprint } from '../../../../src/domain/thumbprint.ts';
import { createCertificates } from '../../../../src/services/certificates/issue-certificate.ts';
import { sweep } from '../../../../src/services/operations/sweep.ts';
import { certificateKeys, rootKeys } from '../../../../src/stores/records/certificates.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anRsaKeyPair } from '../../../support/builders/a-key-pair.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import {
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const csr = toRequestPem(aCertificateRequest());

function anOrder(changes: object = {}) {
  return { rootId: 'root-1', owner: 'kim@contoso.com', csr, requestedBy: 'tester', ...changes };
}

async function aWorldWithRoot(): Promise<ServicesWorld> {
  const world = createServicesWorld();
  await aRoot(world);
  return world;
}

describe('src/services/certificates/issue-certificate', () => {
  it('issues a certificate that the root signed and whose name only it has', async () => {
    const world = await aWorldWithRoot();

    const { record, root } = await world.certificates.issue(anOrder(), randomnessOf('a'));

    const certificate = new X509Certificate(Buffer.from(record.certificate ?? '', 'base64'));
    expect(certificate.verify(new X509Certificate(Buffer.from(given(root).certificate, 'base64')).publicKey)).toBe(
      true,
    );
    expect(record.commonName).toMatch(/^kim\.[0-9a-f]{8}@contoso\.com$/);
    expect(record).toMatchObject({ state: 'issued', owner: 'kim-contoso-com' });
  });

  it('logs what was signed and issued, once for a request that is sent again', async () => {
    const world = await aWorldWithRoot();
    const before = world.told.length;

    const { record } = await world.certificates.issue(anOrder(), randomnessOf('a'));
    await world.certificates.issue(anOrder(), randomnessOf('a'));

    const target = `certificates/${given(record.thumbprint)}`;
    expect(world.told.slice(before).map(({ event, outcome }) => `${event} ${outcome}`)).toEqual([
      'key.signature asked',
      'key.signature made',
      'certificate.issued issued',
    ]);
    expect(world.told.at(-1)).toEqual({ event: 'certificate.issued', outcome: 'issued', target, seconds: 0 });
  });

  it('logs why an order was refused, and not that Key Vault is to be asked later', async () => {
    const world = await aWorldWithRoot();
    const refusals = () => world.told.filter(({ event }) => event === 'certificate.refused');
    world.rootKeys.answerNext({ outcome: 'busy', retryAfterSeconds: 5 });
    await expect(world.certificates.issue(anOrder(), randomnessOf('a'))).rejects.toThrow('Key Vault is busy');
    const whileBusy = refusals();

    await expect(world.certificates.issue(anOrder({ csr: 'no request' }), randomnessOf('b'))).rejects.toThrow();

    expect(whileBusy).toEqual([]);
    expect(refusals()).toMatchObject([
      { outcome: 'refused', target: 'roots/root-1', code: expect.any(String) as string },
    ]);
  });

  it.each([
    ['in Azure’s own words', {}, { code: 'Forbidden', message: 'No.', correlationId: 'r-1' }],
    ['without words of Azure where the client did not ask', { isOurs: true }, undefined],
  ] as const)('says what Key Vault refuses %s', async (_how, more, azure) => {
    const world = await aWorldWithRoot();
    const refusal = { outcome: 'refused', code: 'Forbidden', message: 'No.', correlationId: 'r-1', ...more } as const;
    world.rootKeys.answerNext(refusal);

    await expect(world.certificates.issue(anOrder(), randomnessOf('a'))).rejects.toMatchObject({
      code: 'ERR_AZURE_REFUSED',
      message: 'Key Vault refuses: Forbidden No.',
      azure,
    });
  });

  it('finds a certificate by thumbprint, owner, root and day of expiry', async () => {
    const world = await aWorldWithRoot();

    const { record } = await world.certificates.issue(anOrder({ validityDays: 10 }), randomnessOf('a'));

    const thumbprint = given(parseThumbprint(record.thumbprint ?? ''));
    expect(await world.lookup.byThumbprint(thumbprint)).toEqual(record);
    expect((await world.lookup.list({ owner: 'kim-contoso-com', top: 10 })).items).toEqual([record]);
    expect((await world.lookup.list({ rootId: 'root-1', top: 10 })).items).toEqual([record]);
    expect(await world.expiries.list(record.notAfter.slice(0, 10))).toMatchObject([
      { id: thumbprint, kind: 'certificate' },
    ]);
  });

  it('makes exactly one certificate wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aRoot(world);
        return world;
      },
      work: (world) => world.certificates.issue(anOrder(), randomnessOf('a')),
      check: async (world, tables, place) => {
        const rows = tables.rows('ClientCertificates');
        expect({ place, count: rows.length, state: rows[0]?.columns['state'] }).toEqual({
          place,
          count: 1,
          state: 'issued',
        });
        expect(tables.rows('CertificatesByThumbprint')).toHaveLength(1);
        expect(await world.unfinished.list('certificate')).toEqual([]);
      },
    });
    expect(places).toBeGreaterThan(6);
  });

  it('is found by whoever revokes it before what follows the answer is done, which the sweep does as well', async () => {
    const world = await aWorldWithRoot();
    // The process ends with its answer.
    const certificates = createCertificates({ ...world, follow: () => Promise.resolve() });

    const { record } = await certificates.issue(anOrder(), randomnessOf('a'));

    const thumbprint = given(parseThumbprint(record.thumbprint ?? ''));
    expect(await world.lookup.byThumbprint(thumbprint)).toEqual(record);
    expect(await world.lookup.ofPublicKey(record.publicKeyHash)).toEqual([record]);
    expect((await world.lookup.list({ owner: 'kim-contoso-com', top: 10 })).items).toEqual([record]);
    expect(await world.lookup.live('root-1', world.now(), 10)).toEqual([record]);
    expect(await world.lookup.named(record.commonName)).toEqual([record]);
    expect(await world.outbox.get(`certificate-${record.serialNumber}-issued`)).toBeUndefined();
    expect(await world.unfinished.list('certificate')).toMatchObject([{ id: record.serialNumber }]);

    expect(await world.certificates.complete(record.serialNumber)).toEqual(record);
    expect(await world.outbox.get(`certificate-${record.serialNumber}-issued`)).toMatchObject({ state: 'pending' });
    expect(await world.unfinished.list('certificate')).toEqual([]);
  });

  it.each(['keys of their own', 'one key'])(
    'asks the tables as seldom as it was made to, and as often for the last as for the first, with %s',
    async (keys) => {
      const clock = createVirtualClock();
      const services = await createServicesAlone({ tables: () => clock.wait(1) });
      const csrOf = (seed: string): string => {
        const { spki, privateKey } = anRsaKeyPair(keys === 'one key' ? undefined : seed);
        return toRequestPem(aCertificateRequest({ spki, signWith: privateKey }));
      };
      await services.issue(csrOf('first'));
      await clock.idle();

      for (const seed of ['second', 'third', 'fourth']) {
        const [requests, at] = [services.requestCount(), clock.now()];
        await services.issue(csrOf(seed));
        const oneAfterAnother = clock.now() - at;
        await clock.idle();
        expect({ requests: services.requestCount() - requests, oneAfterAnother }).toEqual({
          requests: 22,
          oneAfterAnother: 6,
        });
      }
    },
  );

  it('is known to the sweep where a later try of the request dies, though the sweep came to clear up after the first', async () => {
    const world = await aWorldWithRoot();
    const insert = jest.spyOn(world.stores.certificates, 'insert');
    insert.mockRejectedValueOnce(new Error('It died.'));
    await expect(world.certificates.issue(anOrder(), randomnessOf('a'))).rejects.toThrow('died');
    world.clock.advance(3 * 60 * 1000);
    // The sweep has read the notes when the request comes again, and finds no record.
    const listed = await world.unfinished.listAll();
    const sweepOf = (unfinished: Pick<typeof world.unfinished, 'listAll' | 'drop'>) =>
      sweep({
        ...world,
        unfinished,
        onFault: (_what, error) => {
          expect(error).toBeUndefined();
        },
      });
    insert.mockImplementationOnce(async (record) => {
      await sweepOf({ drop: (thing) => world.unfinished.drop(thing), listAll: () => Promise.resolve(listed) });
      await world.stores.certificates.upsert(record);
      throw new Error('It died again.');
    });
    await expect(world.certificates.issue(anOrder(), randomnessOf('a'))).rejects.toThrow('died again');

    world.clock.advance(3 * 60 * 1000);
    await sweepOf(world.unfinished);

    expect(world.tables.rows('ClientCertificates')).toMatchObject([{ columns: { state: 'issued' } }]);
    expect(await world.unfinished.list('certificate')).toEqual([]);
  });

  it('drops the note of a request that died before there was a record', async () => {
    const world = await aWorldWithRoot();
    jest.spyOn(world.stores.certificates, 'insert').mockRejectedValueOnce(new Error('It died.'));
    await expect(world.certificates.issue(anOrder(), randomnessOf('a'))).rejects.toThrow('died');
    world.clock.advance(3 * 60 * 1000);

    await sweep({
      ...world,
      onFault: (_what, error) => {
        expect(error).toBeUndefined();
      },
    });

    expect(await world.unfinished.list('certificate')).toEqual([]);
  });

  it('answers the same when the request is sent again, whatever has become of the root', async () => {
    const world = await aWorldWithRoot();
    const { record } = await world.certificates.issue(anOrder(), randomnessOf('a'));
    const root = given(await world.stores.roots.get(rootKeys('root-1'))).record;
    const { certificate: draft, ...rest } = root;

    await world.stores.roots.upsert({ ...rest, draft, state: 'removing' });
    expect(await world.certificates.issue(anOrder(), randomnessOf('a'))).toMatchObject({ record });
    await world.stores.roots.remove(root);
    expect(await world.certificates.issue(anOrder(), randomnessOf('a'))).toMatchObject({ record });
  });

  it('draws again when the first draw makes no serial number', async () => {
    const world = await aWorldWithRoot();
    const randomness = randomnessOf('a');

    const { record } = await world.certificates.issue(anOrder(), (label, length) =>
      label === 'serial-0' ? Buffer.alloc(length) : randomness(label, length),
    );

    expect(record.state).toBe('issued');
  });

  it('takes no other certificate that has drawn its serial number for its own, and draws again', async () => {
    const world = await aWorldWithRoot();
    await aRoot(world, 'root-2');
    const { spki, privateKey: signWith } = anRsaKeyPair('other');
    const otherCsr = toRequestPem(aCertificateRequest({ spki, signWith }));
    /** The same first serial number for everybody. */
    const drawn = (seed: string) => (label: string, length: number) =>
      label === 'serial-0' ? Buffer.alloc(length, 7) : randomnessOf(seed)(label, length);
    const first = await world.certificates.issue(anOrder(), drawn('a'));

    const orders = [anOrder({ csr: otherCsr }), anOrder({ rootId: 'root-2' }), anOrder({ requestedBy: 'another' })];
    const others = [];
    for (const [index, order] of orders.entries()) {
      others.push(await world.certificates.issue(order, drawn(`${index}`)));
    }
    const made = await world.issueWithKey(
      { ...anOrder({ csr: undefined }), keyType: 'RSA-2048', encryption: 'modern', password: 'correct horse battery' },
      drawn('k'),
    );

    const all = [first, ...others, made].map(({ record }) => record);
    expect(new Set(all.map(({ serialNumber }) => serialNumber)).size).toBe(5);
    expect(all.map(({ rootId, state }) => `${rootId} ${state}`)).toEqual(
      ['root-1', 'root-1', 'root-2', 'root-1', 'root-1'].map((rootId) => `${rootId} issued`),
    );
    expect(others[0]?.record.publicKeyHash).not.toBe(first.record.publicKeyHash);
    expect((await world.certificates.issue(anOrder(), drawn('a'))).record).toEqual(first.record);
    expect((await world.certificates.issue(given(orders[1]), drawn('1'))).record).toEqual(others[1]?.record);
    const stuck = (_label: string, length: number) => Buffer.alloc(length, 7);
    await expect(world.certificates.issue(anOrder({ requestedBy: 'stuck' }), stuck)).rejects.toThrow('drawn anew');
  });

  it('is finished by the sweep with the same certificate when Key Vault was busy', async () => {
    const world = await aWorldWithRoot();
    world.rootKeys.answerNext({ outcome: 'busy', retryAfterSeconds: 7 });

    await expect(world.certificates.issue(anOrder(), randomnessOf('a'))).rejects.toMatchObject({
      code: 'ERR_AZURE_BUSY',
      retryAfterSeconds: 7,
    });
    const [open] = await world.unfinished.list('certificate');
    const completed = await world.certificates.complete(open?.id ?? '');
    const { record } = await world.certificates.issue(anOrder(), randomnessOf('a'));

    expect(completed).toMatchObject({ state: 'issued' });
    expect(record.thumbprint).toBe(completed?.thumbprint);
  });

  it("ends with the root when no validity is asked for, and refuses one beyond the root's end", async () => {
    const world = createServicesWorld();
    await world.roots.create(
      { id: 'root-1', subject: { commonName: 'Short' }, keyType: 'RSA-2048', hsm: false, validityDays: 30 },
      randomnessOf('r'),
    );

    const { record, root } = await world.certificates.issue(anOrder(), randomnessOf('a'));

    expect(record.notAfter).toBe(given(root).notAfter);
    await expect(world.certificates.issue(anOrder({ validityDays: 31 }), randomnessOf('b'))).rejects.toMatchObject({
      problems: [{ path: '/validityDays', code: 'beyondRoot' }],
    });
  });

  it.each([
    ['the same letters', 'shared laptop'],
    ['other letter case', 'Shared LAPTOP'],
    ['full-width letters', 'ｓｈａｒｅｄ laptop'],
  ])('refuses the name of a live certificate of anybody, in %s', async (_what, commonName) => {
    const world = await aWorldWithRoot();
    await world.certificates.issue(anOrder({ commonName: 'shared laptop' }), randomnessOf('a'));

    await expect(
      world.certificates.issue(anOrder({ commonName, owner: 'ann@contoso.com' }), randomnessOf('b')),
    ).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      problems: [{ path: '/commonName', code: 'commonNameTaken' }],
    });
    expect(world.tables.rows('ClientCertificates')).toHaveLength(1);
  });

  it('takes a shared name where that is allowed, and a name whose certificate is revoked', async () => {
    const world = await aWorldWithRoot();
    const first = await world.certificates.issue(anOrder({ commonName: 'kim laptop' }), randomnessOf('a'));

    const second = anOrder({ commonName: 'kim laptop', allowSharedName: true });
    expect((await world.certificates.issue(second, randomnessOf('b'))).record.state).toBe('issued');

    for (const { record } of [first, await world.certificates.issue(second, randomnessOf('b'))]) {
      await world.revocations.revoke(record.thumbprint ?? '', { reason: 'left' }, aRequest(world, record.serialNumber));
    }
    expect(
      (await world.certificates.issue(anOrder({ commonName: 'kim laptop' }), randomnessOf('c'))).record.state,
    ).toBe('issued');
  });

  it('never lets two requests of one moment have one name', async () => {
    const world = await aWorldWithRoot();

    await Promise.allSettled(
      ['a', 'b', 'c'].map((seed) =>
        world.certificates.issue(anOrder({ commonName: 'kim laptop' }), randomnessOf(seed)),
      ),
    );

    const states = world.tables.rows('ClientCertificates').map(({ columns }) => columns['state']);
    expect(states.filter((state) => state !== 'revoked').length).toBeLessThanOrEqual(1);
    expect(await world.unfinished.list('certificate')).toEqual([]);
  });

  it.each([
    ['takes back', undefined, { state: 'revoked', revocationReason: 'nameTaken' }, ['nameTaken']],
    ['goes on with, where that was allowed,', true, { state: 'issued' }, []],
  ])('%s an order that died, when somebody else has its name by now', async (_what, allowSharedName, end, withheld) => {
    const world = await aWorldWithRoot();
    world.rootKeys.answerNext({ outcome: 'busy', retryAfterSeconds: 1 });
    const first = anOrder({ commonName: 'reception', allowSharedName });
    await expect(world.certificates.issue(first, randomnessOf('a'))).rejects.toMatchObject({ code: 'ERR_AZURE_BUSY' });
    await world.certificates.issue(anOrder({ commonName: 'Reception', allowSharedName: true }), randomnessOf('b'));
    const [open] = await world.unfinished.list('certificate');

    expect(await world.certificates.complete(open?.id ?? '')).toMatchObject(end);
    expect(await world.unfinished.list('certificate')).toEqual([]);
    const told = world.told.filter(({ outcome }) => outcome === 'withheld');
    expect(told.map(({ target, code }) => [target, code])).toEqual(withheld.map((code) => ['roots/root-1', code]));
  });

  it('flags a name that looks like that of a live certificate but is written in another script', async () => {
    const world = await aWorldWithRoot();
    await world.certificates.issue(anOrder({ commonName: 'pay', owner: 'ann@contoso.com' }), randomnessOf('a'));

    // Cyrillic from end to end.
    const { record } = await world.certificates.issue(anOrder({ commonName: 'рау' }), randomnessOf('b'));
    const { record: other } = await world.certificates.issue(anOrder({ commonName: 'рад' }), randomnessOf('c'));

    expect([record.looksLike, other.looksLike]).toEqual([['pay'], undefined]);
    const event = await world.outbox.get(`certificate-${record.serialNumber}-issued`);
    expect(event?.event.data).toMatchObject({ looksLike: ['pay'] });
  });

  it('releases nothing that does not hold the key of the stored request', async () => {
    const world = await aWorldWithRoot();
    world.rootKeys.answerNext({ outcome: 'busy', retryAfterSeconds: 1 });
    await expect(world.certificates.issue(anOrder(), randomnessOf('a'))).rejects.toMatchObject({
      code: 'ERR_AZURE_BUSY',
    });
    const [open] = await world.unfinished.list('certificate');
    await world.stores.certificates.update(certificateKeys(open?.id ?? ''), (record) => ({
      ...record,
      publicKeyHash: '0'.repeat(64),
    }));

    await expect(world.certificates.complete(open?.id ?? '')).rejects.toThrow('the key of its request');
  });

  it.each([
    ['of no bytes', new Uint8Array()],
    ['of zeros', new Uint8Array(256)],
    ['of another length', new Uint8Array(384).fill(1)],
    ['of another key', sign('sha256', Buffer.from('other'), anRsaKeyPair('stranger').privateKey)],
  ])('releases nothing with a signature %s, and goes on with a right one', async (_what, signature) => {
    const world = await aWorldWithRoot();
    world.rootKeys.answerNext({ outcome: 'done', value: signature } as never);

    await expect(world.certificates.issue(anOrder(), randomnessOf('a'))).rejects.toThrow('is not what it should be');
    const shown = world.tables
      .rows('ClientCertificates')
      .map(({ columns }) => [columns['state'], columns['certificate']]);
    const { record } = await world.certificates.issue(anOrder(), randomnessOf('a'));

    expect(shown).toEqual([['issuing', undefined]]);
    expect(record.state).toBe('issued');
    expect(world.tables.rows('ClientCertificates')).toHaveLength(1);
  });

  it('signs nothing more once the key is disabled, however many ask, and leaves nothing half open to them', async () => {
    const world = await aWorldWithRoot();
    const [, version] = world.rootKeys.versions('root-root-1');
    await world.rootKeys.disableVersion(given(version as { readonly certificateId?: string }).certificateId ?? '');

    const ends = await Promise.allSettled(
      Array.from({ length: 50 }, (_, seed) => world.certificates.issue(anOrder(), randomnessOf(String(seed)))),
    );

    expect(ends.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    const states = new Set(world.tables.rows('ClientCertificates').map(({ columns }) => columns['state']));
    expect(states.has('issued')).toBe(false);
    expect(world.tables.rows('CertificatesByThumbprint')).toEqual([]);
  });

  it.each([
    ['a leap day', '2028-02-29T00:00:00Z', '2029-02-28T00:00:00.000Z'],
    ['the hour that clocks skip', '2026-03-29T01:30:00Z', '2027-03-29T01:30:00.000Z'],
    ['a fraction of a second', '2026-05-01T10:00:00.999Z', '2027-05-01T10:00:00.000Z'],
  ])('counts 365 days from %s, and begins five minutes before', async (_what, at, end) => {
    const world = await aWorldWithRoot();
    world.clock.advance(Date.parse(at) - world.now().getTime());

    const { record } = await world.certificates.issue(anOrder(), randomnessOf('a'));

    expect(record.notAfter).toBe(end);
    expect(Date.parse(record.notBefore)).toBe(Math.floor(Date.parse(at) / 1000) * 1000 - 5 * 60_000);
  });

  it.each([
    ['an unknown root', { rootId: 'nobody' }, 'rootUnknown'],
    ['a request that is none', { csr: 'hello' }, expect.any(String)],
    ['a name with a line break', { commonName: 'a\nb' }, expect.any(String)],
    ['a validity beyond the root', { validityDays: 4000 }, 'beyondRoot'],
  ])('stores nothing for %s', async (_what, changes, code: string) => {
    const world = await aWorldWithRoot();

    const refusal = await world.certificates
      .issue(anOrder(changes), randomnessOf('a'))
      .catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(AppError);
    expect((refusal as AppError).problems[0]).toMatchObject({ code });
    expect(world.tables.rows('ClientCertificates')).toEqual([]);
    expect(world.tables.rows('CertificatesByCn')).toEqual([]);
    expect(world.tables.rows('Owners')).toEqual([]);
  });

  it.each([
    ["the root's own name", { commonName: 'ROOT root-1' }, { path: '/commonName', code: 'subjectIsIssuer' }],
    ['an owner id that no name can begin with', { owner: '-' }, { path: '/owner', code: 'nameFirstCharacter' }],
  ])('refuses %s where it was given', async (_what, changes, problem) => {
    const world = await aWorldWithRoot();

    await expect(world.certificates.issue(anOrder(changes), randomnessOf('a'))).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      problems: [problem],
    });
  });

  it('calls a certificate expired from its last moment on, without anybody having touched it', async () => {
    const world = await aWorldWithRoot();
    const { record } = await world.certificates.issue(anOrder({ validityDays: 1 }), randomnessOf('a'));
    const thumbprint = given(parseThumbprint(record.thumbprint ?? ''));
    world.clock.advance(24 * 3600 * 1000);

    expect(await world.lookup.byThumbprint(thumbprint)).toMatchObject({ state: 'expired' });
    expect((await world.lookup.list({ rootId: 'root-1', state: 'expired', top: 10 })).items).toHaveLength(1);
    expect((await world.lookup.list({ rootId: 'root-1', state: 'issued', top: 10 })).items).toEqual([]);
  });

  it('issues nothing from an expired root', async () => {
    const world = await aWorldWithRoot();
    world.clock.advance(4000 * 24 * 3600 * 1000);

    await expect(world.certificates.issue(anOrder(), randomnessOf('a'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
  });
});
