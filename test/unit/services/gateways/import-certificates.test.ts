import { thumbprintOf } from '../../../../src/pki/read-certificate.ts';
import { sha256Hex } from '../../../../src/stores/digest.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { toPemBlock } from '../../../support/builders/der.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { blobTable } from '../../../support/memory-blobs.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const authority = anAuthority();
const client = anAuthority({ called: 'ann@contoso.com', issuer: authority, isAuthority: false });
const pem = toPemBlock('CERTIFICATE', client.der);
const bare = '00112233445566778899AABBCCDDEEFF00112233';

async function aWorld(tables?: ServicesWorld['tables']): Promise<ServicesWorld> {
  const world = createServicesWorld(tables);
  await world.rootImports.importText('contoso', toPemBlock('CERTIFICATE', authority.der));
  return world;
}

async function register(world: ServicesWorld, asked: object, seed = JSON.stringify(asked)) {
  const rows = [{ asked: { owner: 'ann', ...asked } }];
  const { id } = await world.certificateImports.begin(rows, aRequest(world, seed));
  return given(await world.operations.view(id));
}

async function thumbprintIn(operation: { readonly result?: unknown }): Promise<never> {
  const { items } = operation.result as { readonly items: readonly { readonly thumbprint: string }[] };
  return Promise.resolve(given(items[0]).thumbprint as never);
}

describe('src/services/gateways/import-certificates', () => {
  it('registers a certificate under the root that has signed it, once', async () => {
    const world = await aWorld();

    const first = await register(world, { certificate: pem, owner: 'ann@contoso.com' });
    const again = await register(world, { certificate: pem, owner: 'ann@contoso.com' }, 'again');

    expect(first).toMatchObject({ status: 'succeeded', result: { registered: 1, unchanged: 0, refused: 0 } });
    expect(again).toMatchObject({ status: 'succeeded', result: { registered: 0, unchanged: 1, refused: 0 } });
    const thumbprint = await thumbprintIn(first);
    expect(await world.lookup.byThumbprint(thumbprint)).toMatchObject({
      thumbprint,
      rootId: 'contoso',
      owner: 'ann-contoso-com',
      commonName: 'ann@contoso.com',
      state: 'issued',
      registered: { issuer: 'CN=Contoso root' },
    });
    expect(await world.expiries.list('2045-01-01')).toContainEqual(
      expect.objectContaining({ kind: 'certificate', id: thumbprint, owner: 'ann-contoso-com' }),
    );
    expect((await world.lookup.list({ owner: 'ann-contoso-com', top: 10 })).items).toHaveLength(1);
  });

  it.each([
    ['an authority', { certificate: toPemBlock('CERTIFICATE', authority.der) }, 'authoritySent'],
    ['an expired one', { certificate: toPemBlock('CERTIFICATE', expired()) }, 'certificateExpired'],
    [
      'a private key',
      { certificate: `${pem}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----` },
      'privateKeySent',
    ],
    ['a serial number beyond all bounds', { certificate: toPemBlock('CERTIFICATE', numbered(1n << 520n)) }, 'tooLarge'],
    ['another root', { certificate: pem, rootId: 'root-1' }, 'rootDiffers'],
    ['a root that is not there', { thumbprint: bare, rootId: 'none' }, 'rootUnknown'],
    ['a thumbprint of another', { certificate: pem, thumbprint: bare }, 'thumbprintDiffers'],
    ['an end that was', { thumbprint: bare, notAfter: '2020-01-01T00:00:00.000Z' }, 'certificateExpired'],
  ])('refuses %s and writes nothing', async (_what, asked, code) => {
    const world = await aWorld();
    await aRoot(world);

    await expect(register(world, asked)).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      problems: [{ code }],
    });

    expect((await world.lookup.list({ owner: 'ann', top: 10 })).items).toEqual([]);
    expect((await world.operations.list({ top: 10 })).items).toEqual([]);
  });

  it('takes no certificate for another owner than it has', async () => {
    const world = await aWorld();
    await register(world, { thumbprint: bare });

    await expect(register(world, { thumbprint: bare, owner: 'bob' })).rejects.toMatchObject({
      problems: [{ path: '/owner', code: 'certificateKnown' }],
    });
  });

  it('names the lines that fail, and takes the others', async () => {
    const world = await aWorld();
    const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----';
    const rows = [
      { line: 2, asked: { owner: 'ann', certificate: pem } },
      { line: 3, asked: { owner: 'ann', certificate: key } },
      { line: 4, asked: { owner: 'ann', thumbprint: bare } },
      { line: 5, asked: { owner: 'bob', thumbprint: bare } },
      { line: 6, asked: { owner: 'ann', thumbprint: bare } },
    ];

    const { id } = await world.certificateImports.begin(rows, aRequest(world, 'list'));

    const operation = given(await world.operations.view(id));
    expect(operation).toMatchObject({ status: 'failed', result: { refused: 2, notListed: 0 } });
    expect(operation.problem?.errors?.map(({ path, code }) => [path, code])).toEqual([
      ['/lines/3/certificate', 'privateKeySent'],
      ['/lines/5/owner', 'certificateKnown'],
    ]);
    expect((await world.lookup.list({ owner: 'ann', top: 10 })).items).toHaveLength(2);
    expect((await world.lookup.list({ owner: 'bob', top: 10 })).items).toEqual([]);
    expect(JSON.stringify(await world.tables.list(blobTable, 'imports'))).not.toContain('c2VjcmV0');
  });

  it('takes a serial number that is longer than authorities may make them', async () => {
    const world = await aWorld();
    const der = numbered(1n << 500n);

    await register(world, { certificate: toPemBlock('CERTIFICATE', der) });

    const serialNumber = (1n << 500n).toString(16);
    const { items } = await world.lookup.list({ serialNumber, top: 10 });
    expect(items.map(({ thumbprint }) => thumbprint)).toEqual([thumbprintOf(der)]);
  });

  it('lets no line that fails keep the others waiting, and refuses it when trying for an hour has not helped', async () => {
    const world = await aWorld();
    const upsert = world.stores.byOwner.upsert.bind(world.stores.byOwner);
    Object.assign(world.stores.byOwner, {
      upsert: (row: Parameters<typeof upsert>[0]) =>
        row.serialNumber === bare.toLowerCase()
          ? Promise.reject(new Error('The table takes no such row.'))
          : upsert(row),
    });
    const others = Array.from({ length: 20 }, (_one, index) => String(index).padStart(40, 'B'));
    const rows = [bare, ...others].map((thumbprint, index) => ({
      line: index + 2,
      asked: { owner: 'ann', thumbprint },
    }));
    const request = aRequest(world, 'list');

    await expect(world.certificateImports.begin(rows, request)).rejects.toThrow('no such row');
    const operation = given(await world.operations.get(request.operationId));
    expect((await world.lookup.list({ owner: 'ann', top: 100 })).items).toHaveLength(20);
    await expect(world.certificateImports.run(operation, world.orchestrations)).rejects.toThrow('no such row');
    world.clock.advance(60 * 60 * 1000);
    await world.certificateImports.run(operation, world.orchestrations);

    expect(await world.operations.view(request.operationId)).toMatchObject({
      status: 'failed',
      result: { registered: 20, refused: 1 },
      problem: { errors: [{ path: '/lines/2', code: 'internalError' }] },
    });
  });

  it('revokes a thumbprint of an unknown root on every gateway, and proves nothing while a session may be its', async () => {
    const world = await aWorld();
    await aGateway(world, 'gw-a');
    await register(world, { thumbprint: bare });

    const { id } = await world.revocations.revoke(bare, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world, 'gw-a');

    const row = { partitionKey: 'gw-a', rowKey: bare };
    expect((await world.stores.gatewayRevocations.get(row))?.record).toMatchObject({ state: 'disconnected' });
    const sessions = [{ commonName: 'anybody', connectionId: 'c-1' }];
    expect(await world.sessions.judge('gw-a', { sessions, unreadable: 0 } as never)).toMatchObject({
      toCut: [],
      unproven: [{ key: `revocation:${bare}` }],
    });
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
  });

  it('reinstates no certificate whose key is unknown once that is lost', async () => {
    const world = await aWorld();
    await register(world, { thumbprint: bare });
    const { id } = await world.revocations.revoke(bare, { reason: 'lost' }, aRequest(world, 'revoke'));
    expect(await world.operations.view(id)).toMatchObject({ result: { keyBlocked: false } });

    await expect(world.revocations.reinstate(bare, {}, aRequest(world, 'back'))).rejects.toMatchObject({
      problems: [{ code: 'keyBlocked' }],
    });
  });

  it('belongs to whoever leaves, also when it is registered at that moment', async () => {
    const world = await aWorld();
    const { owners } = world;
    const look = owners.get.bind(owners);
    await register(world, { certificate: pem });
    await world.leavers.revoke('ann', 'left', aRequest(world, 'leave'));
    await expect(register(world, { thumbprint: bare })).rejects.toMatchObject({ problems: [{ code: 'ownerLeft' }] });

    // The look at the owner was before they left, the record after.
    let isFirst = true;
    owners.get = async (id) => {
      const owner = await look(id);
      const before = isFirst ? undefined : owner;
      isFirst = false;
      return before;
    };
    const rows = [{ line: 2, asked: { owner: 'ann', thumbprint: bare } }];
    const { id } = await world.certificateImports.begin(rows, aRequest(world, 'late'));

    expect(await world.operations.view(id)).toMatchObject({
      result: { registered: 1, items: [{ revokedBy: expect.any(String) as string }] },
    });
    expect(await world.lookup.byThumbprint(bare as never)).toMatchObject({
      state: 'revoked',
      revocationReason: 'left',
    });
    expect((await world.lookup.list({ owner: 'ann', state: 'issued', top: 10 })).items).toEqual([]);
  });

  it.each(['registered', 'taken from'] as const)(
    'has every certificate found by the address that it was %s, whenever its owner’s maker comes in',
    async (what) => {
      const maker = { id: 'mallory', role: 'requester' } as const;
      const person = { email: 'ann@contoso.com' };
      let places = 0;
      for (;;) {
        const world = await aWorld();
        const isTaken = what === 'taken from';
        if (isTaken) await world.owners.put({ id: 'temp', ...person }, maker);
        const theirs = { id: isTaken ? 'temp' : 'ann-contoso-com', email: 'else@contoso.com' };
        let writes = 0;
        for (const write of ['insert', 'upsert', 'replace'] as const) {
          const original = world.tables[write].bind(world.tables) as (...input: unknown[]) => Promise<never>;
          jest.spyOn(world.tables, write).mockImplementation(async (...input: unknown[]) => {
            if (writes++ === places) await world.owners.put(theirs, maker).catch(() => undefined);
            return original(...input);
          });
        }

        // Whoever is told to try again does.
        for (let tries = 0; tries < 2; tries += 1) {
          await register(world, { certificate: pem, owner: person.email }).catch(() => undefined);
        }
        if (writes <= places) break;

        const found = (await world.owners.samePerson(person)).map(({ id }) => id);
        const record = await world.lookup.byThumbprint(thumbprintOf(client.der));
        if (record !== undefined) expect([places, found]).toEqual([places, expect.arrayContaining([record.owner])]);
        places += 1;
      }
      expect(places).toBeGreaterThan(8);
    },
  );

  it('blocks a certificate of a key that was reported lost', async () => {
    const world = await aWorld();
    await aRoot(world);
    const csr = toRequestPem(aCertificateRequest());
    const { record } = await world.certificates.issue(
      { rootId: 'root-1', owner: 'ann', csr, requestedBy: 'tester' },
      randomnessOf('one'),
    );
    await world.stores.blockedKeys.insert({
      publicKeyHash: sha256Hex(client.keys.spki),
      reason: 'lost',
      blockedAt: world.now().toISOString(),
      thumbprint: record.thumbprint ?? '',
      operationId: 'op-1',
    });

    const operation = await register(world, { certificate: pem });

    expect(await world.lookup.byThumbprint(await thumbprintIn(operation))).toMatchObject({
      state: 'revoked',
      revocationReason: 'lost',
    });
  });

  it('comes to the same end, whatever write a crash comes at', async () => {
    const rows = [
      { line: 2, asked: { owner: 'ann@contoso.com', certificate: pem } },
      { line: 3, problems: [{ path: '', code: 'wrongFormat' as const, message: 'm', fix: 'f' }] },
    ];
    const places = await atEveryCrash({
      setUp: (tables) => aWorld(tables),
      work: (world) => world.certificateImports.begin(rows, aRequest(world, 'list')),
      check: async (world, tables, place) => {
        const { items } = await world.operations.list({ top: 10 });
        expect([place, items]).toMatchObject([
          place,
          [{ kind: 'importCertificates', status: 'failed', result: { registered: 1, refused: 1 } }],
        ]);
        expect(await tables.list(blobTable, 'imports')).toEqual([]);
        expect((await world.lookup.list({ owner: 'ann-contoso-com', top: 10 })).items).toHaveLength(1);
        expect(await world.unfinished.list('operation')).toEqual([]);
      },
    });
    expect(places).toBeGreaterThan(10);
  });
});

function numbered(serial: bigint): Uint8Array {
  return anAuthority({ called: 'ann', issuer: authority, isAuthority: false, serial }).der;
}

function expired(): Uint8Array {
  return anAuthority({ called: 'old', issuer: authority, isAuthority: false, notAfter: '210101000000Z' }).der;
}
