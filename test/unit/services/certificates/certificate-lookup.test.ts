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

async function liveNamed(world: ServicesWorld, name: string): Promise<readonly (string | undefined)[]> {
  return (await world.lookup.liveNamed(name, world.now())).map(({ thumbprint }) => thumbprint);
}

describe('src/services/certificates/certificate-lookup', () => {
  it('finds live certificates by name, however a session list writes it', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const thumbprint = await issue(world, 'Müller Laptop', 'a');

    for (const name of ['Müller Laptop', 'CN=müller laptop', 'MU\u0308LLER LAPTOP']) {
      expect(await liveNamed(world, name)).toEqual([thumbprint]);
    }
    expect(await liveNamed(world, 'Müller')).toEqual([]);
  });

  it('leaves out a revoked certificate, and has it again when it is reinstated', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const thumbprint = await issue(world, 'kim laptop', 'a');

    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    expect(await liveNamed(world, 'kim laptop')).toEqual([]);
    await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate'));
    expect(await liveNamed(world, 'kim laptop')).toEqual([thumbprint]);
  });

  it('leaves out an expired certificate', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await issue(world, 'kim laptop', 'a');
    world.clock.advance(10 * 24 * 3600 * 1000);

    expect(await liveNamed(world, 'kim laptop')).toEqual([]);
  });
});
