import { AppError } from '../../../../src/domain/app-error.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { createMemoryTables, type MemoryTables } from '../../../support/memory-tables.ts';
import { aRoot, createServicesWorld, randomnessOf, type ServicesWorld } from '../../../support/services-world.ts';

const operator = { id: 'boss', role: 'operator' } as const;
const requester = { id: 'mallory', role: 'requester' } as const;

/** Has something else done just before the write of that number, counted from 0. */
function atWrite(tables: MemoryTables, place: number, work: () => Promise<unknown>) {
  let writes = 0;
  let done: Promise<unknown> | undefined;
  const interrupt = async (): Promise<void> => {
    if (writes++ !== place || done !== undefined) return;
    done = work();
    await done;
  };
  for (const write of ['insert', 'upsert', 'replace'] as const) {
    const original = tables[write].bind(tables) as (...input: unknown[]) => Promise<never>;
    jest.spyOn(tables, write).mockImplementation(async (...input: unknown[]) => {
      await interrupt();
      return original(...input);
    });
  }
  return { isDone: () => done !== undefined, done: async () => done };
}

describe('src/services/certificates/owners', () => {
  it('gives the address or principal of one record to a second only for an operator', async () => {
    const { owners } = createServicesWorld();
    await owners.put({ id: 'ann', email: 'ann@example.com', principal: 'ann@corp.example' }, operator);
    await owners.put({ id: 'temp-worker', email: 'temp@example.com' }, requester);

    const refusal = { code: 'ERR_CONFLICT', message: expect.stringContaining('ann') as unknown };
    for (const owner of [
      { id: 'ann-example-com', email: 'Ann@example.com' },
      { id: 'temp-worker', email: 'temp@example.com', principal: 'ANN@corp.example' },
    ]) {
      await expect(owners.put(owner, requester)).rejects.toMatchObject(refusal);
      expect(await owners.put(owner, operator)).toMatchObject(owner);
    }
  });

  const email = 'ann@example.com';
  const refused = { code: expect.stringMatching(/^ERR_(CONFLICT|IN_PROGRESS)$/) as unknown };
  const give = ({ owners }: ServicesWorld, id: 'mine' | 'theirs') =>
    owners.put({ id, email }, { id: `caller-${id}`, role: 'requester' });

  function outcomeOf(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => 'given',
      () => 'refused',
    );
  }

  async function holdersOf({ stores }: ServicesWorld): Promise<readonly string[]> {
    return (await stores.owners.list('owner'))
      .filter(({ record }) => record.email === email)
      .map(({ record }) => record.id);
  }

  it('gives an address to one of two records that are to have it at the same moment, whenever the other comes in', async () => {
    let places = 0;
    for (;;) {
      const tables = createMemoryTables();
      const world = createServicesWorld(tables);
      let writes = 0;
      let other: Promise<string> | undefined;
      const interrupt = async (): Promise<void> => {
        if (writes++ !== places || other !== undefined) return;
        other = outcomeOf(give(world, 'theirs'));
        await other;
      };
      const insert = tables.insert.bind(tables);
      const upsert = tables.upsert.bind(tables);
      jest.spyOn(tables, 'insert').mockImplementation(async (...input) => {
        await interrupt();
        return insert(...input);
      });
      jest.spyOn(tables, 'upsert').mockImplementation(async (...input) => {
        await interrupt();
        return upsert(...input);
      });

      const mine = await outcomeOf(give(world, 'mine'));

      if (other === undefined) break;
      expect([places, [mine, await other].toSorted()]).toEqual([places, ['given', 'refused']]);
      expect([places, await holdersOf(world)]).toEqual([places, [mine === 'given' ? 'mine' : 'theirs']]);
      places += 1;
    }
    expect(places).toBeGreaterThan(2);
  });

  it.each([
    ['at once', 0],
    ['later', 5 * 60 * 1000],
  ])('gives it to one of them wherever the first crashes, and the second comes %s', async (_, ms) => {
    const places = await atEveryCrash({
      setUp: (tables) => ({ ...createServicesWorld(tables), runs: [] as string[] }),
      work: async (world) => {
        const isFirst = world.runs.push('run') === 1;
        if (isFirst) await give(world, 'mine');
        world.clock.advance(ms);
        for (const id of ['theirs', 'mine'] as const) {
          await give(world, id).catch((error: unknown) => {
            if (!(error instanceof AppError)) throw error;
            expect(error).toMatchObject(refused);
          });
        }
      },
      check: async (world, _tables, place) => {
        expect([place, await holdersOf(world)]).toEqual([place, [expect.anything()]]);
      },
    });
    expect(places).toBeGreaterThan(3);
  });

  it('lets another record have what one has given up', async () => {
    const world = createServicesWorld();
    await give(world, 'mine');
    await world.owners.put({ id: 'mine', email: 'else@example.com' }, { id: 'caller-mine', role: 'requester' });

    expect(await give(world, 'theirs')).toMatchObject({ email });
    await expect(give(world, 'mine')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });

  it('registers nobody for an order with an address that another record gets at that moment', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const register = world.owners.register.bind(world.owners);
    jest.spyOn(world.owners, 'register').mockImplementationOnce(async (...input) => {
      await give(world, 'theirs');
      return register(...input);
    });
    const csr = toRequestPem(aCertificateRequest());
    const order = { rootId: 'root-1', owner: email, csr, requestedBy: 'tester' };
    await expect(world.certificates.issue(order, randomnessOf('ann'))).rejects.toMatchObject({
      code: 'ERR_IN_PROGRESS',
    });

    const { record } = await world.certificates.issue(order, randomnessOf('ann'));

    expect(record.owner).toBe('theirs');
    expect(await holdersOf(world)).toEqual(['theirs']);
  });

  const ordered = { rootId: 'root-1', owner: email, csr: toRequestPem(aCertificateRequest()), requestedBy: 'tester' };
  const issue = ({ certificates }: ServicesWorld) => certificates.issue(ordered, randomnessOf('ann'));

  /** Whoever takes out a person by their address finds what is theirs: every certificate that is in force. */
  async function foundByAddress({ stores, owners }: ServicesWorld): Promise<boolean> {
    const found = (await owners.samePerson({ email })).map(({ id }) => id);
    const released = (await stores.certificates.listPartitions({ from: '', to: 'g' })).filter(
      ({ record }) => record.certificate !== undefined,
    );
    return released.every(({ record }) => found.includes(record.owner));
  }

  it.each([
    ['the id of an order’s owner to another address', 'ann-example-com', requester],
    ['the address of an order’s owner to another id, for an operator', 'ann', operator],
  ] as const)('gives %s, and nobody’s certificate is lost to who looks for them', async (_what, id, by) => {
    let places = 0;
    for (;;) {
      const tables = createMemoryTables();
      const world = createServicesWorld(tables);
      await aRoot(world);
      const theirs = { id, email: id === 'ann' ? email : 'else@example.com' };
      const holders: string[][] = [];
      const other = atWrite(tables, places, async () => {
        holders.push([...(await holdersOf(world))]);
        return outcomeOf(world.owners.put(theirs, by));
      });

      await outcomeOf(issue(world));
      if (!other.isDone()) break;
      await other.done();
      world.clock.advance(10_000);
      await outcomeOf(issue(world));

      expect([places, await foundByAddress(world)]).toEqual([places, true]);
      // To a second record an operator gives it only where the first has it already.
      if (id === 'ann' && holders.flat().length === 0) {
        expect([places, (await holdersOf(world)).length]).toEqual([places, 1]);
      }
      places += 1;
    }
    expect(places).toBeGreaterThan(5);
  });

  it('issues nothing to a record from which its maker takes the address at that moment, whenever the other comes in', async () => {
    const outcomes = new Set<string>();
    for (const first of ['order', 'change'] as const) {
      for (let place = 0; ; place += 1) {
        const tables = createMemoryTables();
        const world = createServicesWorld(tables);
        await aRoot(world);
        await world.owners.put({ id: 'temp', email }, requester);
        const change = () => outcomeOf(world.owners.put({ id: 'temp', email: 'mallory@example.com' }, requester));
        const order = () => outcomeOf(issue(world));
        const other = atWrite(tables, place, first === 'order' ? change : order);

        const outcome = await (first === 'order' ? order : change)();
        if (!other.isDone()) break;
        outcomes.add([outcome, await other.done()].toSorted().join(' '));
        await outcomeOf(issue(world));

        expect([first, place, await foundByAddress(world)]).toEqual([first, place, true]);
      }
    }
    expect(outcomes).toContain('given refused');
    expect(outcomes).not.toContain('given given');
  });

  it('says why it withholds a certificate whose owner got another address, now and ever after', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await world.owners.put({ id: 'temp', email }, operator);
    const insert = world.stores.certificates.insert.bind(world.stores.certificates);
    jest.spyOn(world.stores.certificates, 'insert').mockImplementationOnce(async (record) => {
      await world.owners.put({ id: 'temp', email: 'else@example.com' }, operator);
      return insert(record);
    });

    for (let times = 0; times < 2; times += 1) {
      await expect(issue(world)).rejects.toMatchObject({
        code: 'ERR_CONFLICT',
        problems: [{ path: '/owner', code: 'ownerChanged', message: expect.stringContaining('temp') as unknown }],
      });
    }
    expect(world.tables.rows('ClientCertificates')).toMatchObject([{ columns: { revocationReason: 'ownerChanged' } }]);
  });

  it('lets an owner be issued to again whose maker’s request has died', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await world.owners.put({ id: 'temp', email }, requester);
    jest.spyOn(world.stores.byOwner, 'list').mockRejectedValueOnce(new Error('It died.'));
    await expect(world.owners.put({ id: 'temp', email: 'else@example.com' }, requester)).rejects.toThrow('died');

    await expect(issue(world)).rejects.toMatchObject({ code: 'ERR_IN_PROGRESS' });
    world.clock.advance(5 * 60 * 1000);

    expect((await issue(world)).record).toMatchObject({ state: 'issued', owner: 'temp' });
  });

  it('does not keep an address from others for a record that is refused', async () => {
    const world = createServicesWorld();
    const insert = world.stores.owners.insert.bind(world.stores.owners);
    jest.spyOn(world.stores.owners, 'insert').mockImplementationOnce(async (record) => {
      await world.owners.put({ id: 'mine', email: 'else@example.com' }, { id: 'stranger', role: 'requester' });
      return insert(record);
    });
    await expect(give(world, 'mine')).rejects.toMatchObject({ code: 'ERR_CALLER_NOT_ALLOWED' });

    expect(await give(world, 'theirs')).toMatchObject({ email });
  });

  it('changes or drops an address once a certificate names the owner only for an operator', async () => {
    const world = createServicesWorld();
    const { owners } = world;
    await aRoot(world);
    await owners.put({ id: 'kim', email: 'kim@example.org' }, requester);
    await owners.put({ id: 'kim', email: 'kim@example.com' }, requester);
    const csr = toRequestPem(aCertificateRequest());
    const order = { rootId: 'root-1', owner: 'kim@example.com', csr, requestedBy: 'mallory' };
    await world.certificates.issue(order, randomnessOf('kim'));

    for (const owner of [{ id: 'kim', email: 'else@example.com' }, { id: 'kim' }]) {
      await expect(owners.put(owner, requester)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    }
    expect(await owners.put({ id: 'kim', email: 'kim@example.com', team: 'sales' }, requester)).toMatchObject({
      team: 'sales',
    });
    expect(await owners.put({ id: 'kim', email: 'else@example.com' }, operator)).toMatchObject({
      email: 'else@example.com',
    });
  });
});
