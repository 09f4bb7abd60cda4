import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { aRoot, createServicesWorld, randomnessOf } from '../../../support/services-world.ts';

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
