import { without } from '../../../../src/domain/without.ts';
import { toPem } from '../../../../src/pki/read-certificate.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { aCertificateBundle, anAuthority } from '../../../support/builders/an-authority.ts';
import { completeNoted } from '../../../support/complete-noted.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { createMemoryTables, type MemoryTables } from '../../../support/memory-tables.ts';
import { aRoot, createServicesWorld, randomnessOf } from '../../../support/services-world.ts';

const root = anAuthority();
const policyCa = anAuthority({ called: 'Contoso policy', issuer: root });
const issuingCa = anAuthority({ called: 'Contoso issuing', issuer: policyCa });
const client = anAuthority({ called: 'ann@example.com', issuer: issuingCa, isAuthority: false });
const pair = toPem(root.der) + toPem(policyCa.der);
const whole = aCertificateBundle(client.der, issuingCa.der, policyCa.der, root.der).toString('base64');

describe('src/services/certificates/import-roots', () => {
  it('takes a root with its intermediates, each after its issuer, and leaves a client out', async () => {
    const world = createServicesWorld();

    const taken = await world.rootImports.importText('contoso', whole);

    expect(taken).toMatchObject([
      { id: 'contoso', commonName: 'Contoso root', kind: 'imported', state: 'active', keyType: 'RSA-2048' },
      { id: 'contoso-2', commonName: 'Contoso policy', issuerRootId: 'contoso' },
      { id: 'contoso-3', commonName: 'Contoso issuing', issuerRootId: 'contoso-2' },
    ]);
    expect(taken[0]?.warnings).toMatchObject([{ code: 'endEntityLeftOut' }]);
    expect(taken[0]?.certificate).toBe(Buffer.from(root.der).toString('base64'));
  });

  it('takes intermediates later, under the root that is there', async () => {
    const world = createServicesWorld();
    await world.rootImports.importText('contoso', toPem(root.der));

    const taken = await world.rootImports.importText('policy', toPem(policyCa.der) + toPem(root.der));

    expect(taken).toMatchObject([{ id: 'policy', issuerRootId: 'contoso' }]);
  });

  it('answers the same to the same text under the same id, also after more has come', async () => {
    const world = createServicesWorld();
    const first = await world.rootImports.importText('contoso', toPem(root.der));

    await world.rootImports.importText('contoso', whole);

    expect(await world.rootImports.importText('contoso', toPem(root.der))).toEqual(first);
    expect(world.tables.rows('Roots')).toHaveLength(3);
  });

  it.each([
    ['an intermediate whose issuer nobody knows', toPem(issuingCa.der), 'issuerMissing'],
    ['two roots', toPem(root.der) + toPem(anAuthority({ called: 'Other' }).der), 'severalRoots'],
    ['a client alone', toPem(client.der), 'notAuthority'],
  ])('refuses %s and stores nothing', async (_, text, code) => {
    const world = createServicesWorld();

    await expect(world.rootImports.importText('contoso', text)).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      problems: [{ path: '/import', code }],
    });
    expect(world.tables.rows('Roots')).toEqual([]);
    expect(await world.unfinished.list('root')).toEqual([]);
  });

  it('refuses what is there already under another id, also a root that was made here, by that id', async () => {
    const world = createServicesWorld();
    const own = await aRoot(world);
    await world.rootImports.importText('contoso', toPem(root.der));

    for (const [text, id] of [
      [toPem(root.der), 'contoso'],
      [own.certificate ?? '', 'root-1'],
    ] as const) {
      await expect(world.rootImports.importText('twin', text)).rejects.toMatchObject({
        code: 'ERR_CONFLICT',
        problems: [{ code: 'rootKnown', message: expect.stringContaining(id) as unknown }],
      });
    }
  });

  it('refuses an id that another root has', async () => {
    const world = createServicesWorld();
    await aRoot(world);

    await expect(world.rootImports.importText('root-1', toPem(root.der))).rejects.toMatchObject({
      problems: [{ path: '/id', code: 'idTaken' }],
    });
    await world.rootImports.importText('contoso', toPem(root.der));
    const create = {
      id: 'contoso',
      subject: { commonName: 'x' },
      keyType: 'RSA-2048',
      hsm: false,
      validityDays: 9,
    } as const;
    await expect(world.roots.create(create, randomnessOf('x'))).rejects.toMatchObject({
      problems: [{ code: 'idTaken' }],
    });
  });

  it('takes one certificate once, however many import it at one moment', async () => {
    const world = createServicesWorld();
    const ids = ['c', 'a', 'b', 'd'];

    const outcomes = await Promise.allSettled(ids.map((id) => world.rootImports.importText(id, toPem(root.der))));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(world.tables.rows('Roots')).toHaveLength(1);
    expect(await world.unfinished.list('root')).toEqual([]);
  });

  it('takes it once too where one import rests after any of its calls while another goes through', async () => {
    for (let calls = 1, isThrough = false; !isThrough; calls += 1) {
      const tables = createMemoryTables();
      const [first, second] = [createTurnstile(), createTurnstile()];
      const importAs = (id: string, turnstile: Turnstile): Promise<string> =>
        createServicesWorld(passing(tables, turnstile))
          .rootImports.importText(id, toPem(root.der))
          .then(
            () => 'taken',
            (error: unknown) =>
              (error as { readonly problems: readonly { readonly code: string }[] }).problems[0]?.code ?? '',
          );

      const early = importAs('a', first);
      await first.letThrough(1);
      const late = importAs('b', second);
      isThrough = (await Promise.race([second.letThrough(calls), late])) !== undefined;
      void first.letThrough(Infinity);
      const outcomes = [await early];
      void second.letThrough(Infinity);
      outcomes.push(await late);

      expect({ calls, outcomes: outcomes.toSorted() }).toEqual({ calls, outcomes: ['rootKnown', 'taken'] });
      expect(tables.rows('Roots').map(({ columns }) => columns['state'])).toEqual(['active']);
      expect(tables.rows('Unfinished')).toEqual([]);
      expect(tables.rows('Outbox')).toHaveLength(1);
    }
  });

  it('gives intermediates ids that no other root has, and the same ones again', async () => {
    const world = createServicesWorld();
    await aRoot(world, 'corp-2');

    const taken = await world.rootImports.importText('corp', pair);

    expect(taken).toMatchObject([{ id: 'corp' }, { id: 'corp-3', issuerRootId: 'corp' }]);
    expect(await world.rootImports.importText('corp', pair)).toEqual(taken);
  });

  it('leaves a root alone that somebody imported under an id that looks like a number of this one', async () => {
    const world = createServicesWorld();
    await world.rootImports.importText('corp-2', toPem(root.der));

    await expect(world.rootImports.importText('corp', toPem(root.der))).rejects.toMatchObject({
      problems: [{ code: 'rootKnown' }],
    });
    const taken = await world.rootImports.importText('corp', pair);
    expect(taken).toMatchObject([{ id: 'corp', issuerRootId: 'corp-2' }]);
    expect(await world.rootImports.importText('corp', pair)).toEqual(taken);
  });

  it('puts a root under none that is being created at that moment', async () => {
    const world = createServicesWorld();
    const created = await aRoot(world, 'own');
    await world.stores.roots.upsert({ ...without(created, 'thumbprint', 'certificate'), state: 'creating' });

    const [taken] = await world.rootImports.importText('contoso', toPem(root.der));

    expect(taken?.issuerRootId).toBeUndefined();
  });

  it('writes nothing where the id is that of another root', async () => {
    const world = createServicesWorld();
    await world.rootImports.importText('contoso', toPem(root.der));
    await aRoot(world, 'corp');
    const rows = world.tables.rows('Roots');

    await expect(world.rootImports.importText('corp', whole)).rejects.toMatchObject({
      problems: [{ path: '/id', code: 'idTaken' }],
    });

    expect(world.tables.rows('Roots')).toEqual(rows);
    expect(world.tables.rows('Unfinished')).toEqual([]);
  });

  it('ends with each certificate once, announced once, wherever it crashes, whoever goes on', async () => {
    for (const goesOn of ['the caller', 'the sweep'] as const) {
      const places = await atEveryCrash({
        setUp: (tables) => ({ world: createServicesWorld(tables), isAgain: { value: false } }),
        work: async ({ world, isAgain }) => {
          if (isAgain.value && goesOn === 'the sweep') {
            await completeNoted(world, 'root');
          }
          isAgain.value = true;
          await world.rootImports.importText('contoso', whole);
        },
        check: async ({ world }, tables, place) => {
          const rows = tables
            .rows('Roots')
            .map(({ columns }) => `${String(columns['id'])} ${String(columns['state'])}`);
          expect({ place, rows }).toEqual({ place, rows: ['contoso active', 'contoso-2 active', 'contoso-3 active'] });
          expect(tables.rows('Outbox')).toHaveLength(3);
          expect(tables.rows('Expiries')).toHaveLength(3);
          expect(await world.unfinished.list('root')).toEqual([]);
        },
      });
      expect(places).toBeGreaterThan(12);
    }
  });

  it('issues nothing under a root whose key is elsewhere', async () => {
    const world = createServicesWorld();
    await world.rootImports.importText('contoso', toPem(root.der));
    const order = {
      rootId: 'contoso',
      owner: 'ann@example.com',
      csr: toRequestPem(aCertificateRequest()),
      requestedBy: 'tester',
    };

    await expect(world.certificates.issue(order, randomnessOf('order'))).rejects.toMatchObject({
      problems: [{ path: '/rootId', code: 'rootWithoutKey' }],
    });
  });
});

interface Turnstile {
  /** Resolves once it is somebody's turn. */
  pass(): Promise<void>;
  /** Lets so many through; resolves when the next one waits. */
  letThrough(count: number): Promise<undefined>;
}

function createTurnstile(): Turnstile {
  let left = 0;
  let onHeld = (): void => undefined;
  const held: (() => void)[] = [];
  return {
    pass: async () => {
      while (left === 0) {
        await new Promise<void>((resolve) => {
          held.push(resolve);
          onHeld();
        });
      }
      left -= 1;
    },
    letThrough: (count) =>
      new Promise((resolve) => {
        left = count;
        onHeld = () => {
          resolve(undefined);
        };
        for (const go of held.splice(0)) go();
      }),
  };
}

/** The tables, with a turnstile before every call. */
function passing(tables: MemoryTables, turnstile: Turnstile): MemoryTables {
  return new Proxy(tables, {
    get: (target, name) => {
      const call = Reflect.get(target, name) as (...parts: readonly unknown[]) => unknown;
      return async (...parts: readonly unknown[]) => {
        await turnstile.pass();
        return call(...parts);
      };
    },
  });
}
