/**
 * Files behind links, on memory tables and blobs. What matters most is what is not there: the token, the content in
 * clear, a fourth try, a second living link to the same thing.
 */
import { createHash } from 'node:crypto';
import { createDownloads, type Downloads, type NewDownload } from '../../../../src/services/operations/downloads.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { blobTable, createMemoryBlobs } from '../../../support/memory-blobs.ts';
import { createMemoryTables, type MemoryTables } from '../../../support/memory-tables.ts';
import { createTestClock, type TestClock } from '../../../support/test-clock.ts';
import { createTestEscrow } from '../../../support/test-escrow.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const content = Buffer.from('pre-shared key: correct horse battery staple');

interface World {
  readonly tables: MemoryTables;
  readonly clock: TestClock;
  readonly downloads: Downloads;
}

function createWorld(tables: MemoryTables = createMemoryTables()): World {
  const clock = createTestClock();
  let tokens = 0;
  const escrow = createTestEscrow();
  const downloads = createDownloads({
    tables,
    blobs: createMemoryBlobs(tables),
    container: 'downloads',
    now: clock.now,
    escrow,
    newToken: () => {
      tokens += 1;
      return createHash('sha256').update(`token ${tokens}`).digest('base64url');
    },
  });
  return { tables, clock, downloads };
}

function aDownload(change: Partial<NewDownload> = {}): NewDownload {
  return {
    fileName: 'kim.zip',
    contentType: 'application/zip',
    content,
    howTo: 'Unpack it.',
    target: 'stack-1/kim',
    requestedBy: 'operator',
    ...change,
  };
}

async function sweep({ downloads }: World): Promise<void> {
  for (const due of await downloads.listDue()) await downloads.expire(due);
}

function rowsOf(tables: MemoryTables): Record<string, number> {
  const names = ['Deliveries', 'DeliveryDues', 'DeliveryQueues', blobTable];
  return Object.fromEntries(names.map((name) => [name, tables.rows(name).length]));
}

const nothing = { Deliveries: 0, DeliveryDues: 0, DeliveryQueues: 0, [blobTable]: 0 };

describe('src/services/operations/downloads', () => {
  it('delivers what was offered, as often as it was looked at', async () => {
    const { downloads } = createWorld();
    const { token, url, expiresAt } = await downloads.offer(aDownload());

    const looks = [await downloads.describe(token), await downloads.describe(token), await downloads.describe(token)];
    const file = await downloads.deliver(token);

    expect(url).toBe(`/api/downloads?token=${token}`);
    expect(expiresAt).toBe('2026-03-02T12:00:00.000Z');
    const howTo = 'Unpack it.';
    expect(looks[2]).toEqual({ fileName: 'kim.zip', sizeBytes: content.length, howTo, triesLeft: 3, until: expiresAt });
    expect(file).toMatchObject({ fileName: 'kim.zip', contentType: 'application/zip' });
    expect(Buffer.from(file?.content ?? []).equals(content)).toBe(true);
  });

  it('delivers three times, and then neither file nor blob is there', async () => {
    const world = createWorld();
    const { token } = await world.downloads.offer(aDownload());

    const files = [];
    for (let count = 0; count < 5; count += 1) files.push(await world.downloads.deliver(token));

    expect(files.map((file) => file !== undefined)).toEqual([true, true, true, false, false]);
    expect(await world.downloads.describe(token)).toBeUndefined();
    expect(rowsOf(world.tables)[blobTable]).toBe(0);
  });

  it('delivers three times and no more to many who ask at once', async () => {
    const { downloads } = createWorld();
    const { token } = await downloads.offer(aDownload());

    const files = await Promise.all(Array.from({ length: 8 }, () => downloads.deliver(token)));

    expect(files.filter((file) => file !== undefined)).toHaveLength(3);
  });

  it('opens a window of ten minutes with the first try, and sweeps when it closes', async () => {
    const world = createWorld();
    const { token } = await world.downloads.offer(aDownload());
    world.clock.advance(dayMs - minuteMs);
    await world.downloads.deliver(token);

    world.clock.advance(9 * minuteMs);
    await sweep(world);
    const inside = await world.downloads.describe(token);
    world.clock.advance(minuteMs);
    const outside = [await world.downloads.describe(token), await world.downloads.deliver(token)];
    world.clock.advance(1);
    await sweep(world);

    expect(inside).toMatchObject({ triesLeft: 2, until: '2026-03-02T12:09:00.000Z' });
    expect(outside).toEqual([undefined, undefined]);
    expect(rowsOf(world.tables)).toEqual(nothing);
  });

  it('forgets what nobody fetched, when its time is over and not before', async () => {
    const world = createWorld();
    const { token } = await world.downloads.offer(aDownload({ replaces: 'op-1/kit', expiresAfterSeconds: 3600 }));

    world.clock.advance(59 * minuteMs);
    await sweep(world);
    const before = await world.downloads.describe(token);
    world.clock.advance(minuteMs + 1);
    const after = await world.downloads.describe(token);
    await sweep(world);

    expect(before).toBeDefined();
    expect(after).toBeUndefined();
    expect(rowsOf(world.tables)).toEqual(nothing);
  });

  it('leaves nothing of what was used up once its time is over', async () => {
    const world = createWorld();
    const { token } = await world.downloads.offer(aDownload({ replaces: 'op-1/kit' }));
    for (let count = 0; count < 3; count += 1) await world.downloads.deliver(token);

    world.clock.advance(11 * minuteMs);
    await sweep(world);
    world.clock.advance(dayMs);
    await sweep(world);

    expect(rowsOf(world.tables)).toEqual(nothing);
  });

  it('ends the link before when the same thing is offered again, and no other', async () => {
    const world = createWorld();
    const first = await world.downloads.offer(aDownload({ replaces: 'op-1/kit' }));
    const other = await world.downloads.offer(aDownload({ replaces: 'op-1/other' }));
    const second = await world.downloads.offer(aDownload({ replaces: 'op-1/kit' }));

    expect(await world.downloads.deliver(first.token)).toBeUndefined();
    expect(await world.downloads.deliver(other.token)).toBeDefined();
    expect(await world.downloads.deliver(second.token)).toBeDefined();
    expect(rowsOf(world.tables)[blobTable]).toBe(2);
  });

  it('leaves one living link when the same thing is offered many times at once', async () => {
    const world = createWorld();

    const offers = await Promise.allSettled(
      Array.from({ length: 5 }, () => world.downloads.offer(aDownload({ replaces: 'op-1/kit' }))),
    );

    const tokens = offers.flatMap((offer) => (offer.status === 'fulfilled' ? [offer.value.token] : []));
    const looks = await Promise.all(tokens.map((token) => world.downloads.describe(token)));
    expect(looks.filter((look) => look !== undefined)).toHaveLength(1);
    expect(rowsOf(world.tables)[blobTable]).toBe(1);
    for (const offer of offers) {
      if (offer.status === 'rejected') expect(offer.reason).toMatchObject({ code: 'ERR_CONFLICT' });
    }
  });

  it('withdraws every link to a thing, also when it crashed while offering or withdrawing it', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const world = createWorld(tables);
        return { ...world, other: await world.downloads.offer(aDownload({ replaces: 'op-2/kit' })) };
      },
      work: async ({ downloads }) => {
        await downloads.offer(aDownload({ replaces: 'op-1/kit' }));
        await downloads.withdraw('op-1/kit');
        await downloads.withdraw('op-1/never-offered');
      },
      check: async (world, tables, place) => {
        const living = tables.rows('Deliveries').filter(({ columns }) => columns['state'] === 'offered');
        expect([place, living.length, rowsOf(tables)[blobTable]]).toEqual([place, 1, 1]);
        expect([place, await world.downloads.describe(world.other.token)]).toEqual([place, expect.anything()]);
        world.clock.advance(2 * dayMs);
        await sweep(world);
        expect([place, rowsOf(tables)]).toEqual([place, nothing]);
      },
    });
  });

  it('keeps neither the token nor anything that opens the file', async () => {
    const { tables, downloads } = createWorld();
    const { token } = await downloads.offer(aDownload({ replaces: 'op-1/kit' }));
    await downloads.deliver(token);

    const kept = JSON.stringify(
      ['Deliveries', 'DeliveryDues', 'DeliveryQueues', blobTable].map((name) => tables.rows(name)),
    );

    const bytes = Buffer.from(token, 'base64url');
    for (const secret of [token, bytes.toString('hex'), bytes.toString('base64'), content.toString('base64')]) {
      expect(kept).not.toContain(secret.slice(0, 30));
    }
    expect(kept).not.toContain('correct horse');
  });

  it('opens no blob that was changed or put in the place of another', async () => {
    const { tables, downloads } = createWorld();
    const mine = await downloads.offer(aDownload());
    const other = await downloads.offer(aDownload({ fileName: 'other.zip' }));
    const [first, second] = tables.rows(blobTable);
    if (first === undefined || second === undefined) throw new Error('There are not two blobs.');
    await tables.upsert(blobTable, first, second.columns);
    await tables.upsert(blobTable, second, first.columns);

    await expect(downloads.deliver(mine.token)).rejects.toThrow(/authenticate/);
    await expect(downloads.deliver(other.token)).rejects.toThrow(/authenticate/);
  });

  it.each(['', 'x', 'a'.repeat(42), 'a'.repeat(44), '../'.repeat(14) + 'a', `${'a'.repeat(42)}=`, 'ä'.repeat(43)])(
    'knows nothing behind %j',
    async (token) => {
      const { downloads } = createWorld();

      expect(await downloads.describe(token)).toBeUndefined();
      expect(await downloads.deliver(token)).toBeUndefined();
    },
  );

  it('offers one living link whatever it crashed at, and the sweep leaves nothing', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createWorld(tables);
        const before = await world.downloads.offer(aDownload({ replaces: 'op-1/kit' }));
        return { ...world, before, made: [] as string[] };
      },
      work: async ({ downloads, made }) => {
        made.push((await downloads.offer(aDownload({ replaces: 'op-1/kit' }))).token);
      },
      check: async (world, tables, place) => {
        const { downloads, before, made, clock } = world;
        const offered = tables.rows('Deliveries').filter(({ columns }) => columns['state'] === 'offered');
        expect([place, offered.length]).toEqual([place, 1]);
        expect([place, await downloads.deliver(before.token)]).toEqual([place, undefined]);
        expect([place, await downloads.deliver(made.at(-1) ?? '')]).toEqual([place, expect.anything()]);
        expect([place, rowsOf(tables)[blobTable]]).toEqual([place, 1]);
        clock.advance(2 * dayMs);
        await sweep(world);
        expect([place, rowsOf(tables)]).toEqual([place, nothing]);
      },
    });

    expect(places).toBeGreaterThan(7);
  });

  it('delivers three times at most whatever it crashed at, and the sweep leaves nothing', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createWorld(tables);
        return { ...world, offered: await world.downloads.offer(aDownload()), files: [] as unknown[] };
      },
      work: async ({ downloads, offered, files }) => {
        for (let count = 0; count < 4; count += 1) {
          const file = await downloads.deliver(offered.token);
          if (file !== undefined) files.push(file);
        }
      },
      check: async (world, tables, place) => {
        expect([place, world.files.length >= 2 && world.files.length <= 3]).toEqual([place, true]);
        expect([place, await world.downloads.describe(world.offered.token)]).toEqual([place, undefined]);
        world.clock.advance(2 * dayMs);
        await sweep(world);
        expect([place, rowsOf(tables)]).toEqual([place, nothing]);
      },
    });

    expect(places).toBeGreaterThan(4);
  });

  it('sweeps away whatever the sweep itself crashed at', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const world = createWorld(tables);
        const { token } = await world.downloads.offer(aDownload({ replaces: 'op-1/kit' }));
        await world.downloads.deliver(token);
        world.clock.advance(2 * dayMs);
        return world;
      },
      work: sweep,
      check: (_world, tables, place) => {
        expect([place, rowsOf(tables)]).toEqual([place, nothing]);
        return Promise.resolve();
      },
    });
  });

  describe('with the only one of a thing', () => {
    const only = { replaces: 'certificate-1/pfx', isOnlyOne: true } as const;

    it('gives another link to it, behind which the same file waits as long as before, and ends the first', async () => {
      const { downloads, clock } = createWorld();
      const first = await downloads.offer(aDownload(only));
      clock.advance(60 * minuteMs);

      const second = await downloads.renew('certificate-1/pfx');

      expect(second?.expiresAt).toBe(first.expiresAt);
      expect(await downloads.describe(first.token)).toBeUndefined();
      expect(await downloads.describe(second?.token ?? '')).toMatchObject({ howTo: 'Unpack it.' });
      expect(await downloads.deliver(second?.token ?? '')).toMatchObject({ fileName: 'kim.zip', content });
    });

    it.each([
      ['nothing was offered', () => Promise.resolve()],
      ['it can be made again', ({ downloads }: World) => downloads.offer(aDownload({ replaces: 'certificate-1/pfx' }))],
      [
        'somebody has fetched it',
        async ({ downloads }: World) => downloads.deliver((await downloads.offer(aDownload(only))).token),
      ],
      [
        'its day is over',
        async ({ downloads, clock }: World) => {
          await downloads.offer(aDownload(only));
          clock.advance(dayMs);
        },
      ],
      [
        'it was withdrawn',
        async ({ downloads }: World) => {
          await downloads.offer(aDownload(only));
          await downloads.withdraw('certificate-1/pfx');
        },
      ],
    ])('gives none where %s', async (_why, before) => {
      const world = createWorld();
      await before(world);

      expect(await world.downloads.renew('certificate-1/pfx')).toBeUndefined();
    });

    it('loses it at no crash, and leaves one living link', async () => {
      await atEveryCrash({
        setUp: async (tables) => {
          const world = createWorld(tables);
          await world.downloads.offer(aDownload(only));
          return { ...world, links: [] as (string | undefined)[] };
        },
        work: async ({ downloads, links }) => links.push((await downloads.renew('certificate-1/pfx'))?.token),
        check: async (world, tables, place) => {
          const living = tables.rows('Deliveries').filter(({ columns }) => columns['state'] === 'offered');
          expect([place, living.length]).toEqual([place, 1]);
          const file = await world.downloads.deliver(world.links.at(-1) ?? '');
          expect([place, file]).toEqual([place, expect.objectContaining({ content })]);
        },
      });
    });

    it('keeps neither the token nor anything that opens the file outside the vault', async () => {
      const { tables, downloads } = createWorld();
      const { token } = await downloads.offer(aDownload(only));

      const kept = JSON.stringify(['Deliveries', 'DeliveryQueues', blobTable].map((name) => tables.rows(name)));

      for (const secret of [token, Buffer.from(token).toString('base64url'), content.toString('base64')]) {
        expect(kept).not.toContain(secret.slice(0, 30));
      }
    });
  });
});
