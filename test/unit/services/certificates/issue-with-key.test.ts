/**
 * Certificates whose key is made here: the file opens with the password, waits behind one link, and never goes without
 * its certificate.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { IssuedWithKey } from '../../../../src/services/certificates/issue-with-key.ts';
import { completeNoted } from '../../../support/complete-noted.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { blobTable } from '../../../support/memory-blobs.ts';
import {
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const keptIn = [
  'ClientCertificates',
  'Deliveries',
  'DeliveryQueues',
  'DeliveryDues',
  'Unfinished',
  'Outbox',
  blobTable,
];
const password = 'correct horse battery staple';

function anOrder(changes: object = {}) {
  return {
    rootId: 'root-1',
    owner: 'kim@contoso.com',
    requestedBy: 'tester',
    keyType: 'RSA-2048',
    encryption: 'modern',
    password,
    ...changes,
  } as const;
}

async function aWorldWithRoot(): Promise<ServicesWorld> {
  const world = createServicesWorld();
  await aRoot(world);
  return world;
}

/**
 * What OpenSSL finds in the file; throws where the password does not open it, or key and certificate are not of one
 * another.
 */
function opened(file: Uint8Array, passphrase: string): void {
  createSecureContext({ pfx: Buffer.from(file), passphrase });
}

async function fileOf({ downloads }: ServicesWorld, { download }: IssuedWithKey): Promise<Uint8Array> {
  return given(await downloads.deliver(given(download).token)).content;
}

describe('src/services/certificates/issue-with-key', () => {
  it.each(['modern', 'legacy'] as const)(
    'offers a %s file that opens with the password, and no other',
    async (encryption) => {
      const world = await aWorldWithRoot();

      const issued = await world.issueWithKey(anOrder({ encryption }), randomnessOf('a'));

      const waiting = await world.downloads.describe(given(issued.download).token);
      const file = await fileOf(world, issued);
      expect(issued.record).toMatchObject({ state: 'issued', owner: 'kim-contoso-com', isKeyMadeHere: true });
      expect(waiting?.fileName).toBe(`${issued.record.commonName}.pfx`);
      expect(() => {
        opened(file, password);
      }).not.toThrow();
      expect(() => {
        opened(file, `${password}!`);
      }).toThrow(/mac verify failure/);
    },
  );

  it('issues for the key in the file', async () => {
    const world = await aWorldWithRoot();

    const { record } = await world.issueWithKey(anOrder({ keyType: 'RSA-3072' }), randomnessOf('a'));

    const { publicKey } = new X509Certificate(Buffer.from(given(record.certificate), 'base64'));
    expect(publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 3072, publicExponent: 65537n });
  });

  it('makes up a password where none is given, and says it once', async () => {
    const world = await aWorldWithRoot();
    const order = anOrder({ password: undefined });

    const first = await world.issueWithKey(order, randomnessOf('a'));
    const again = await world.issueWithKey(order, randomnessOf('a'));

    expect(first.password).toMatch(/^[A-Za-z0-9_.-]{24}$/);
    expect(again.password).toBeUndefined();
    opened(await fileOf(world, again), given(first.password));
  });

  it('answers the same certificate and another link to a request that is sent again, until the file was fetched', async () => {
    const world = await aWorldWithRoot();
    const first = await world.issueWithKey(anOrder(), randomnessOf('a'));

    const second = await world.issueWithKey(anOrder(), randomnessOf('a'));
    const dead = await world.downloads.describe(given(first.download).token);
    opened(await fileOf(world, second), password);
    const third = await world.issueWithKey(anOrder(), randomnessOf('a'));

    expect(dead).toBeUndefined();
    expect([second.record, third.record]).toEqual([first.record, first.record]);
    expect(third.download).toBeUndefined();
  });

  it('gives no link to a file that another password opens, or that is in another form', async () => {
    const world = await aWorldWithRoot();
    const first = await world.issueWithKey(anOrder(), randomnessOf('a'));

    for (const changes of [{ password: `${password}!` }, { password: undefined }, { encryption: 'legacy' }]) {
      await expect(world.issueWithKey(anOrder(changes), randomnessOf('a'))).rejects.toMatchObject({
        code: 'ERR_CONFLICT',
      });
    }

    opened(await fileOf(world, first), password);
    const kept = JSON.stringify(keptIn.flatMap((table) => world.tables.rows(table)));
    expect(kept).not.toContain(createHash('sha256').update(password).digest('hex'));
  });

  it('hands the key over to nobody any more once the certificate is revoked', async () => {
    const world = await aWorldWithRoot();
    const issued = await world.issueWithKey(anOrder(), randomnessOf('a'));

    await world.revocations.revoke(given(issued.record.thumbprint), { reason: 'lost' }, aRequest(world, 'revoke'));
    const again = await world.issueWithKey(anOrder(), randomnessOf('a'));

    expect(await world.downloads.describe(given(issued.download).token)).toBeUndefined();
    expect(again).toMatchObject({ record: { state: 'revoked' } });
    expect(again.download).toBeUndefined();
  });

  it('releases exactly one certificate, with its key, wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aRoot(world);
        return { ...world, answers: [] as IssuedWithKey[] };
      },
      work: async (world) => world.answers.push(await world.issueWithKey(anOrder(), randomnessOf('a'))),
      check: async (world, tables, place) => {
        const rows = tables.rows('ClientCertificates').map(({ columns }) => columns);
        const released = rows.filter(({ certificate }) => certificate !== undefined);
        expect([place, released.map(({ state }) => state)]).toEqual([place, ['issued']]);
        for (const row of rows.filter(({ certificate }) => certificate === undefined)) {
          expect([place, row['state'], row['revocationReason']]).toEqual([place, 'revoked', 'keyNotKept']);
        }
        opened(await fileOf(world, given(world.answers.at(-1))), password);
        expect([place, await world.unfinished.list('certificate')]).toEqual([place, []]);
        const living = tables.rows('Deliveries').filter(({ columns }) => columns['state'] === 'offered');
        expect([place, living.length]).toEqual([place, 1]);
      },
    });

    expect(places).toBeGreaterThan(12);
  });

  it('leaves nothing that waits to be finished where nobody sends the request again', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aRoot(world);
        return { ...world, runs: [] as string[] };
      },
      // The first run dies; what comes after it is the sweep.
      work: async (world) => {
        if (world.runs.push('run') === 1) await world.issueWithKey(anOrder(), randomnessOf('a'));
        else await completeNoted(world, 'certificate');
      },
      check: async (world, tables, place) => {
        const [row] = tables.rows('ClientCertificates').map(({ columns }) => columns);
        const living = tables.rows('Deliveries').filter(({ columns }) => columns['state'] === 'offered');
        expect([place, await world.unfinished.list('certificate')]).toEqual([place, []]);
        if (row?.['certificate'] !== undefined) {
          expect([place, row['state'], living.length]).toEqual([place, 'issued', 1]);
        } else {
          expect([place, row?.['state'] ?? 'revoked', living.length]).toEqual([place, 'revoked', 0]);
        }
      },
    });
  });

  it('keeps neither key nor password in any table', async () => {
    const world = await aWorldWithRoot();
    const issued = await world.issueWithKey(anOrder(), randomnessOf('a'));

    const kept = JSON.stringify(keptIn.map((name) => world.tables.rows(name)));

    const file = Buffer.from(await fileOf(world, issued));
    for (const secret of [
      password,
      file.toString('base64').slice(0, 40),
      createHash('sha256').update(password).digest('hex'),
    ]) {
      expect(kept).not.toContain(secret);
    }
  });
});
