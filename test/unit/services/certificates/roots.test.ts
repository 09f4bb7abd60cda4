import { X509Certificate } from 'node:crypto';
import { createRoots } from '../../../../src/services/certificates/roots.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { aRoot, createServicesWorld, randomnessOf } from '../../../support/services-world.ts';

const newRoot = {
  id: 'root-1',
  subject: { commonName: 'Contoso VPN' },
  keyType: 'RSA-2048',
  hsm: false,
  validityDays: 3650,
} as const;

describe('src/services/certificates/roots', () => {
  it('answers a self-signed certificate authority of the key store’s key', async () => {
    const world = createServicesWorld();

    const root = await world.roots.create(newRoot, randomnessOf('a'));

    const certificate = new X509Certificate(Buffer.from(root.certificate ?? '', 'base64'));
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(root).toMatchObject({ state: 'active', thumbprint: certificate.fingerprint.replaceAll(':', '') });
  });

  it('leaves the version that Key Vault signed itself disabled, and signs with the other', async () => {
    const world = createServicesWorld();

    const root = await world.roots.create(newRoot, randomnessOf('a'));

    expect(world.rootKeys.versions('root-root-1').map(({ enabled }) => enabled)).toEqual([false, true]);
    expect(root.key?.signingKeyId).toMatch(/\/2$/);
  });

  it('makes one root with two versions wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: (tables) => createServicesWorld(tables),
      work: (world) => world.roots.create(newRoot, randomnessOf('a')),
      check: async (world, tables, place) => {
        const rows = tables.rows('Roots');
        expect({ place, states: rows.map(({ columns }) => columns['state']) }).toEqual({ place, states: ['active'] });
        expect(world.rootKeys.versions('root-root-1')).toHaveLength(2);
        expect(await world.unfinished.list('root')).toEqual([]);
      },
    });
    expect(places).toBeGreaterThan(5);
  });

  it('is finished by the sweep after any call to the key store that failed', async () => {
    for (let call = 0; call < 4; call += 1) {
      const world = createServicesWorld();
      let count = 0;
      const guarded = ['ensureSelfSigned', 'sign', 'install', 'disableVersion'] as const;
      const failing = { ...world.rootKeys };
      for (const name of guarded) {
        failing[name] = (...args: never[]) => {
          if (count++ === call) world.rootKeys.answerNext({ outcome: 'busy', retryAfterSeconds: 1 });
          return (world.rootKeys[name] as (...given: never[]) => Promise<never>)(...args);
        };
      }
      const services = createRoots({
        ...world,
        imports: world.rootImports,
        removals: world.rootRemovals,
        rootKeys: failing,
      });

      await expect(services.create(newRoot, randomnessOf('a'))).rejects.toMatchObject({ code: 'ERR_AZURE_BUSY' });
      expect(await world.roots.complete('root-1')).toMatchObject({ state: 'active' });
      expect(world.rootKeys.versions('root-root-1').map(({ enabled }) => enabled)).toEqual([false, true]);
    }
  });

  it('is continued by the same request without an Idempotency-Key', async () => {
    const world = createServicesWorld();
    world.rootKeys.answerNext({ outcome: 'busy', retryAfterSeconds: 1 });
    await expect(world.roots.create(newRoot, randomnessOf('a'))).rejects.toMatchObject({ code: 'ERR_AZURE_BUSY' });

    expect(await world.roots.create(newRoot, randomnessOf('b'))).toMatchObject({ state: 'active' });
  });

  it('refuses an id that is taken and proposes another', async () => {
    const world = createServicesWorld();
    await aRoot(world);

    await expect(world.roots.create(newRoot, randomnessOf('other'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      problems: [{ path: '/id', fix: 'Use root-1-2.' }],
    });
  });

  it('refuses a subject that cannot be signed, with the place of each fault, and makes no key', async () => {
    const world = createServicesWorld();
    const subject = { commonName: 'a\u202eb', country: 'Netherlands' };

    await expect(world.roots.create({ ...newRoot, subject }, randomnessOf('a'))).rejects.toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({ path: '/subject/commonName' }),
        expect.objectContaining({ path: '/subject/country' }),
      ]) as unknown,
    });
    expect(world.rootKeys.calls).toEqual({});
  });
});
