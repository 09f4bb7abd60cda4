import { type OrderParts, readOrder } from '../../../../src/services/certificates/check-order.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anEcKeyPair, anRsaKeyPair } from '../../../support/builders/a-key-pair.ts';
import { objectIdentifier, sequence } from '../../../support/builders/der.ts';
import {
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const codesOf = (problems: readonly { readonly path: string; readonly code: string }[]): readonly string[] =>
  problems.map(({ path, code }) => `${path} ${code}`);

const checkOrder = async (world: ServicesWorld, parts: OrderParts, faults: readonly string[] = []) =>
  (await readOrder(world, parts, faults)).problems;

describe('src/services/certificates/check-order', () => {
  it('finds everything at once', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const csr = 'no request';

    const unknownRoot = await checkOrder(world, { rootId: 'root-9', csr, commonName: '' });
    const beyond = await checkOrder(world, { rootId: 'root-1', csr, validityDays: 3650 + 30 });

    expect(codesOf(unknownRoot)).toEqual([
      '/rootId rootUnknown',
      expect.stringMatching(/^\/csr /),
      expect.stringMatching(/^\/commonName /),
    ]);
    expect(codesOf(beyond)).toEqual(['/validityDays beyondRoot', expect.stringMatching(/^\/csr /)]);
  });

  it('refuses keys on curves with the reason, unless the deployment takes them', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    for (const curve of ['P-256', 'P-384']) {
      const { spki, privateKey: signWith } = anEcKeyPair(curve);
      const ecdsa = { spki, signWith, algorithm: sequence(objectIdentifier('1.2.840.10045.4.3.2')) };
      const csr = toRequestPem(aCertificateRequest(ecdsa));

      const [problem] = await checkOrder(world, { csr });
      expect(problem).toMatchObject({ path: '/csr', code: 'keyType' });
      expect(problem?.message).toContain('Azure documents RSA only');
      expect((await readOrder({ ...world, allowEllipticCurve: true }, { csr })).problems).toEqual([]);
    }
  });

  it('finds nothing in an order that is right, nor in parts that are not there', async () => {
    const world = createServicesWorld();
    await aRoot(world);

    expect(await checkOrder(world, {})).toEqual([]);
    expect(
      await checkOrder(world, { rootId: 'root-1', csr: toRequestPem(aCertificateRequest()), validityDays: 30 }),
    ).toEqual([]);
  });

  it('finds a blocked key, a taken name and an owner of another address together', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const csr = toRequestPem(aCertificateRequest());
    const order = { rootId: 'root-1', owner: 'kim@contoso.com', csr, requestedBy: 'tester' };
    const { record } = await world.certificates.issue(order, randomnessOf('a'));
    await world.revocations.revoke(record.thumbprint ?? '', { reason: 'lost' }, aRequest(world, 'lost'));
    const { spki, privateKey } = anRsaKeyPair('other');
    const other = toRequestPem(aCertificateRequest({ spki, signWith: privateKey }));
    await world.certificates.issue({ ...order, csr: other, commonName: 'reception' }, randomnessOf('b'));

    const problems = await checkOrder(world, { ...order, owner: 'kim-contoso@com', commonName: 'Reception' });

    expect(codesOf(problems)).toEqual(['/csr keyBlocked', '/owner ownerAmbiguous', '/commonName commonNameTaken']);
  });

  it('takes an address for the owner who is registered with it, and asks where there are several', async () => {
    const world = createServicesWorld();
    const operator = { id: 'tester', role: 'operator' } as const;
    const ownerOf = async (owner: string) => (await readOrder(world, { owner })).owner;
    await world.owners.put({ id: 'kim', email: 'Kim@contoso.com' }, operator);

    expect(await ownerOf('kim@contoso.com')).toEqual({ id: 'kim', email: 'Kim@contoso.com', isNew: false });
    await world.owners.put({ id: 'kim-2', email: 'kim@contoso.com' }, operator);
    expect(codesOf(await checkOrder(world, { owner: 'kim@contoso.com' }))).toEqual(['/owner ownerAmbiguous']);
    world.clock.advance(1000);
    await world.owners.put({ id: 'kim-contoso-com', email: 'kim@contoso.com' }, operator);
    expect(codesOf(await checkOrder(world, { owner: 'kim@contoso.com' }))).toEqual(['/owner ownerAmbiguous']);
    await world.owners.put({ id: 'lee-contoso-com', email: 'lee@contoso.com' }, operator);
    world.clock.advance(1000);
    await world.owners.put({ id: 'lee', email: 'lee@contoso.com' }, operator);
    expect(await ownerOf('lee@contoso.com')).toMatchObject({ id: 'lee-contoso-com', isNew: false });
  });

  it('finds the owner however many there are before them', async () => {
    const world = createServicesWorld();
    for (let count = 0; count <= 500; count += 1) {
      await world.owners.register(
        { id: `a-${String(count).padStart(3, '0')}`, email: `a${count}@contoso.com` },
        'tester',
      );
    }
    await world.owners.register({ id: 'z', email: 'kim@contoso.com' }, 'tester');

    expect((await readOrder(world, { owner: 'kim@contoso.com' })).owner).toMatchObject({ id: 'z' });
  });

  it('finds an address of which no name can be made, unless a name was sent, were it a wrong one', async () => {
    const world = createServicesWorld();
    const owner = `kim@${'a'.repeat(60)}.com`;

    expect(codesOf(await checkOrder(world, { owner }))).toEqual(['/owner emailUnusable']);
    expect(await checkOrder(world, { owner, commonName: 'kim' })).toEqual([]);
    expect(await checkOrder(world, { owner }, ['/commonName'])).toEqual([]);
  });
});
