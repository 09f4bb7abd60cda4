import { AppError } from '../../../../src/domain/app-error.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { createMemoryTables } from '../../../support/memory-tables.ts';
import { aRoot, createServicesWorld, randomnessOf, type ServicesWorld } from '../../../support/services-world.ts';

const operator = { id: 'boss', role: 'operator' } as const;
const requester = { id: 'mallory', role: 'requester' } as const;

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
