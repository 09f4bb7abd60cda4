import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import {
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const csr = toRequestPem(aCertificateRequest());

async function issue(world: ServicesWorld, commonName: string, seed: string): Promise<string> {
  const order = { rootId: 'root-1', owner: 'kim', csr, commonName, requestedBy: 'tester', validityDays: 10 };
  const { record } = await world.certificates.issue(order, randomnessOf(seed));
  return record.thumbprint ?? '';
}

async function named(world: ServicesWorld, name: string): Promise<readonly object[]> {
  return (await world.lookup.named(name)).map(({ thumbprint, state }) => ({ thumbprint, state }));
}

async function live(world: ServicesWorld): Promise<readonly (string | undefined)[]> {
  return (await world.lookup.live('root-1', world.now(), 10)).map(({ thumbprint }) => thumbprint);
}

describe('src/services/certificates/certificate-lookup', () => {
  it('finds certificates by name, however a session list writes it', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const thumbprint = await issue(world, 'Müller Laptop', 'a');

    for (const name of ['Müller Laptop', 'CN=müller laptop', 'MU\u0308LLER LAPTOP']) {
      expect(await named(world, name)).toEqual([{ thumbprint, state: 'issued' }]);
    }
    expect(await named(world, 'Müller')).toEqual([]);
  });

  it('finds a revoked certificate by its name, and among the live ones only when it is reinstated', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const thumbprint = await issue(world, 'kim laptop', 'a');

    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    expect(await named(world, 'kim laptop')).toEqual([{ thumbprint, state: 'revoked' }]);
    expect(await live(world)).toEqual([]);
    await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate'));
    expect(await named(world, 'kim laptop')).toEqual([{ thumbprint, state: 'issued' }]);
    expect(await live(world)).toEqual([thumbprint]);
  });

  it('finds an expired certificate by its name, and not among the live ones', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const thumbprint = await issue(world, 'kim laptop', 'a');
    world.clock.advance(10 * 24 * 3600 * 1000);

    expect(await named(world, 'kim laptop')).toEqual([{ thumbprint, state: 'expired' }]);
    expect(await live(world)).toEqual([]);
  });
});
