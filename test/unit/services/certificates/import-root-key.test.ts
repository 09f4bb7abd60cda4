import { toPem } from '../../../../src/pki/read-certificate.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anEcKeyPair, anRsaKeyPair } from '../../../support/builders/a-key-pair.ts';
import { aDeepNest, aPfx, aPfxBomb } from '../../../support/builders/a-pfx.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { completeNoted } from '../../../support/complete-noted.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { aRoot, createServicesWorld, randomnessOf, type ServicesWorld } from '../../../support/services-world.ts';

const root = anAuthority();
const issuingCa = anAuthority({ called: 'Contoso issuing', issuer: root });
const asked = { id: 'contoso', pfxSecret: 'root-pfx-contoso' };

function withFile(world: ServicesWorld, file: Buffer = aPfx(root)): ServicesWorld {
  world.secrets.set(asked.pfxSecret, file.toString('base64'));
  return world;
}

function issueUnder(world: ServicesWorld, rootId: string, commonName?: string) {
  const order = { rootId, owner: 'ann@example.com', csr: toRequestPem(aCertificateRequest()), requestedBy: 'tester' };
  return world.certificates.issue({ ...order, commonName }, randomnessOf(`${rootId}${commonName ?? ''}`));
}

/** What the sweep does for these imports once their notes are old. */
async function sweepRoots(world: ServicesWorld): Promise<void> {
  await completeNoted(world, 'root');
  for (const { id, since } of await world.unfinished.list('rootKey')) await world.rootKeyImports.complete(id, since);
}

const crashes = ['the caller', 'the sweep'] as const;

describe('src/services/certificates/import-root-key', () => {
  it('takes an authority with its key, which then issues, and warns of the secret that still has the key', async () => {
    const world = createServicesWorld();
    world.secrets.set('root-password-contoso', 'opens the file');
    withFile(world, aPfx(root, { password: 'opens the file' }));

    const taken = await world.rootKeyImports.importKey({ ...asked, passwordSecret: 'root-password-contoso' });

    expect(taken).toMatchObject({ kind: 'imported', state: 'active', commonName: 'Contoso root' });
    expect(taken.key?.signingKeyId).toMatch(/\/keys\/imported-contoso-[0-9a-f]{16}\//);
    expect(taken.warnings).toMatchObject([{ code: 'pfxInVault' }]);
    expect(await world.unfinished.list('rootKey')).toEqual([]);
    const { record } = await issueUnder(world, 'contoso');
    expect(record).toMatchObject({ state: 'issued', rootId: 'contoso' });
  });

  it('issues nothing beyond the end of an authority above the one that issues, nor after it', async () => {
    const world = createServicesWorld();
    const top = anAuthority({ notAfter: '270101000000Z' });
    withFile(world, aPfx(anAuthority({ called: 'Contoso issuing', issuer: top, notAfter: '450101000000Z' })));
    await world.rootImports.importText('top', toPem(top.der));
    await world.rootKeyImports.importKey(asked);
    const order = { rootId: 'contoso', owner: 'ann@example.com', csr: toRequestPem(aCertificateRequest()) };
    const by = { ...order, requestedBy: 'tester' };

    await expect(world.certificates.issue({ ...by, validityDays: 800 }, randomnessOf('long'))).rejects.toMatchObject({
      problems: [
        { path: '/validityDays', code: 'beyondRoot', message: expect.stringContaining('2027-01-01') as string },
      ],
    });
    const { record } = await world.certificates.issue(by, randomnessOf('usual'));
    expect(record.notAfter).toBe('2027-01-01T00:00:00.000Z');

    world.clock.advance(Date.parse('2027-01-01') - world.now().getTime());
    await expect(world.certificates.issue(by, randomnessOf('late'))).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });

  it('writes nothing of the file, its password or its key into the tables or the log', async () => {
    const world = withFile(createServicesWorld(), aPfx(root, { password: 'opens the file' }));
    world.secrets.set('root-password-contoso', 'opens the file');
    await world.rootKeyImports.importKey({ ...asked, passwordSecret: 'root-password-contoso' });

    const all = JSON.stringify([world.tables.rows('Roots'), world.tables.rows('Outbox'), world.told]);

    const file = world.secrets.get(asked.pfxSecret) ?? '';
    expect(all).not.toContain('opens the file');
    expect(all).not.toContain(file.slice(400, 440));
  });

  it('puts an intermediate under its root, and hands out the whole chain with a certificate', async () => {
    const world = withFile(createServicesWorld(), aPfx(issuingCa, { chain: [root.der] }));
    await expect(world.rootKeyImports.importKey(asked)).rejects.toMatchObject({
      problems: [
        {
          path: '/pfxSecret',
          code: 'issuerMissing',
          message: expect.stringContaining('is not imported yet') as string,
          fix: expect.stringContaining('nothing of the file but the certificate of its key is read') as string,
        },
      ],
    });
    await world.rootImports.importText('top', toPem(root.der));

    const taken = await world.rootKeyImports.importKey(asked);

    expect(taken.issuerRootId).toBe('top');
    const { record } = await issueUnder(world, 'contoso');
    expect(record.state).toBe('issued');
  });

  it.each([
    ['a client', aPfx(anAuthority({ isAuthority: false, issuer: root })), 'notAuthority'],
    ['one that has expired', aPfx(anAuthority({ notAfter: '250101000000Z' })), 'certificateExpired'],
    ['a weak signature of an issuer', aPfx(anAuthority({ hash: 'md5' })), 'signatureWeak'],
    ['a short key', aPfx(anAuthority({ keys: anRsaKeyPair('short', 1024) })), 'keySize'],
    ['a key on a curve', aPfx({ ...root, keys: anEcKeyPair() }), 'pfxRefused'],
    ['the key of another', aPfx(root, { keys: anRsaKeyPair('other') }), 'pfxRefused'],
    ['a wrong password', aPfx(root, { password: 'another one' }), 'pfxRefused'],
    ['a count of rounds that takes a day', aPfxBomb(), 'pfxRefused'],
    ['a nest', aDeepNest(15_000), 'pfxRefused'],
    [
      'an authority below one that allows none',
      aPfx(anAuthority({ called: 'Too deep', issuer: anAuthority({ called: 'No more', pathLength: 0 }) })),
      'pathTooLong',
    ],
    ['an authority for servers only', aPfx(anAuthority({ purposes: ['1.3.6.1.5.5.7.3.1'] })), 'purposeNotPermitted'],
  ])('refuses %s, and keeps neither a root nor a key', async (_, file, code) => {
    const world = withFile(createServicesWorld(), file);
    await world.rootImports.importText('no-more', toPem(anAuthority({ called: 'No more', pathLength: 0 }).der));

    await expect(world.rootKeyImports.importKey(asked)).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      problems: [{ path: '/pfxSecret', code }],
    });

    expect(world.tables.rows('Roots')).toHaveLength(1);
    expect(await world.unfinished.list('rootKey')).toEqual([]);
    expect(world.rootKeys.names()).toEqual([]);
  });

  it.each([
    ['a secret that is not there', undefined, 'secretMissing'],
    ['PEM', toPem(root.der), 'notBase64'],
  ])('refuses %s before Key Vault is asked', async (_, value, code) => {
    const world = createServicesWorld();
    if (value !== undefined) world.secrets.set(asked.pfxSecret, value);

    await expect(world.rootKeyImports.importKey(asked)).rejects.toMatchObject({ problems: [{ code }] });

    expect(world.rootKeys.calls['importPfx']).toBeUndefined();
  });

  it('refuses an id that another root has, and what is there already under another id', async () => {
    const world = withFile(createServicesWorld());
    await aRoot(world, 'contoso');
    await expect(world.rootKeyImports.importKey(asked)).rejects.toMatchObject({ problems: [{ code: 'idTaken' }] });
    await world.rootImports.importText('public', toPem(root.der));

    await expect(world.rootKeyImports.importKey({ ...asked, id: 'again' })).rejects.toMatchObject({
      problems: [{ path: '/pfxSecret', code: 'rootKnown' }],
    });
    expect(await world.unfinished.list('rootKey')).toEqual([]);
  });

  it('answers the same to the same request, and keeps the key where Key Vault was busy', async () => {
    const world = withFile(createServicesWorld());
    world.rootKeys.answerNext({ outcome: 'busy', retryAfterSeconds: 2 });
    await expect(world.rootKeyImports.importKey(asked)).rejects.toMatchObject({ code: 'ERR_AZURE_BUSY' });
    expect(await world.unfinished.list('rootKey')).toHaveLength(1);

    const taken = await world.rootKeyImports.importKey(asked);

    expect(await world.rootKeyImports.importKey(asked)).toEqual(taken);
    expect(await world.unfinished.list('rootKey')).toEqual([]);
  });

  it.each(crashes)('ends with one root and one key wherever it crashes and %s goes on', async (goesOn) => {
    const places = await atEveryCrash({
      setUp: (tables) => ({ world: withFile(createServicesWorld(tables)), isAgain: { value: false } }),
      work: async ({ world, isAgain }) => {
        if (isAgain.value && goesOn === 'the sweep') {
          await sweepRoots(world);
          // What is left then is named by a root, or gone.
          expect(world.tables.rows('Unfinished')).toEqual([]);
          const named = (await world.stores.roots.list('root')).map(({ record }) => record.key?.name);
          expect(world.rootKeys.names()).toEqual(named);
        }
        isAgain.value = true;
        await world.rootKeyImports.importKey(asked);
      },
      check: async ({ world }, tables, place) => {
        const roots = await world.stores.roots.list('root');
        expect({ place, states: roots.map(({ record }) => record.state) }).toEqual({ place, states: ['active'] });
        expect(world.rootKeys.names()).toEqual([roots[0]?.record.key?.name]);
        expect(tables.rows('Unfinished')).toEqual([]);
        expect(tables.rows('Outbox')).toHaveLength(1);
      },
    });
    expect(places).toBeGreaterThan(6);
  });

  it('has the sweep delete a key that a crash left without a root, and leave one alone whose import has begun anew', async () => {
    const world = withFile(createServicesWorld());
    jest.spyOn(world.rootImports, 'judgeIssuer').mockRejectedValueOnce(new Error('The process has died.'));
    await expect(world.rootKeyImports.importKey(asked)).rejects.toThrow('died');
    const [note] = await world.unfinished.list('rootKey');
    const name = note?.id ?? '';
    expect(world.rootKeys.versions(name)).toHaveLength(1);

    await world.rootKeyImports.complete(name, 'another time');
    expect(world.rootKeys.versions(name)).toHaveLength(1);
    await world.rootKeyImports.complete(name, note?.since ?? '');

    expect(world.rootKeys.versions(name)).toEqual([]);
    expect(await world.unfinished.list('rootKey')).toEqual([]);
  });

  it.each([
    ['an address of another domain', { permittedMail: 'example.com' }, 'ann@example.org', 'nameNotPermitted'],
    ['an excluded host', { excludedHosts: 'example.com' }, 'laptop.example.com', 'nameNotPermitted'],
    ['a permitted address', { permittedMail: 'example.com' }, 'ann@example.com', undefined],
  ])('looks at the name constraints of the chain when it issues: %s', async (_, names, commonName, code) => {
    const world = withFile(createServicesWorld(), aPfx(anAuthority({ called: 'Bounded', ...names })));
    await world.rootKeyImports.importKey(asked);

    const issued = issueUnder(world, 'contoso', commonName);

    if (code === undefined) expect((await issued).record.state).toBe('issued');
    else await expect(issued).rejects.toMatchObject({ problems: [{ path: '/commonName', code }] });
  });
});
