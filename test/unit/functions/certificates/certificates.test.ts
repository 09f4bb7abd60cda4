import { certificateRoutes } from '../../../../src/functions/certificates/certificates.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { given } from '../../../support/given.ts';
import { aGateway, aRequest, aRoot, createServicesWorld, runWriter } from '../../../support/services-world.ts';
import { type ApiAnswer, type ApiRequest, createTestApi } from '../../../support/test-route.ts';

const csr = toRequestPem(aCertificateRequest());

async function open() {
  const world = createServicesWorld();
  await aRoot(world);
  const api = await createTestApi();
  const kits = { make: () => Promise.reject(new Error('no kits here')) };
  const routes = certificateRoutes({ ...world, kits });
  const issue = given(routes.find(({ name }) => name === 'issueCertificate'));
  const order = (changes: object, as: ApiRequest['as']): Promise<ApiAnswer> =>
    api.ask(issue, { body: { rootId: 'root-1', owner: 'kim@contoso.com', csr, ...changes }, as: given(as) });
  const read = given(routes.find(({ name }) => name === 'getCertificate'));
  const show = (thumbprint: string): Promise<ApiAnswer> => api.ask(read, { params: { thumbprint }, as: 'reader' });
  return { world, order, show };
}

describe('src/functions/certificates/certificates', () => {
  it('lets an operator share a name, and nobody below', async () => {
    const { order } = await open();
    const first = await order({ commonName: 'reception' }, 'requester');

    const shared = { commonName: 'Reception', allowSharedName: true };
    const byRequester = await order(shared, 'requester');
    const byOperator = await order(shared, 'operator');

    expect([first.json['sessionIdentity'], byOperator.json['sessionIdentity']]).toEqual(['unique', 'ambiguous']);
    expect(byRequester).toMatchObject({ status: 403, json: { code: 'ERR_CALLER_NOT_ALLOWED' } });
    expect(byOperator.status).toBe(201);
  });

  it('warns of a name that looks like another, and lists what was asked for beyond the key', async () => {
    const { order } = await open();
    await order({ commonName: 'pay' }, 'requester');

    const answer = await order({ commonName: 'рау' }, 'requester');

    expect(answer).toMatchObject({
      status: 201,
      json: { ignored: ['subject'], warnings: [{ path: '/commonName', code: 'nameLooksAlike' }] },
    });
  });

  it('says of a revoked certificate how far the revocation has come on each gateway, and where it is not in force', async () => {
    const { world, order, show } = await open();
    for (const id of ['gw-a', 'gw-b']) {
      await aGateway(world, id);
      await world.trust.trust(id, 'root-1', undefined, aRequest(world, `trust ${id}`));
      await runWriter(world, id);
    }
    const thumbprint = String((await order({}, 'requester')).json['thumbprint']);
    expect((await show(thumbprint)).json['revocations']).toBeUndefined();
    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world, 'gw-a');
    await world.stores.gatewayRevocations.update({ partitionKey: 'gw-b', rowKey: thumbprint }, (row) => ({
      ...row,
      state: 'overLimit',
    }));

    expect((await show(thumbprint)).json['revocations']).toEqual([
      { gatewayId: 'gw-a', state: 'disconnected' },
      { gatewayId: 'gw-b', state: 'overLimit' },
    ]);
  });
});
