import { rootRoutes } from '../../../../src/functions/certificates/roots.ts';
import { toPem } from '../../../../src/pki/read-certificate.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { given } from '../../../support/given.ts';
import { createServicesWorld } from '../../../support/services-world.ts';
import { createTestApi } from '../../../support/test-route.ts';

describe('src/functions/certificates/roots', () => {
  it('answers where that is which an import has taken, also where the root was there under another id', async () => {
    const world = createServicesWorld();
    const api = await createTestApi();
    const post = given(rootRoutes(world).find(({ name }) => name === 'createRoot'));
    const root = anAuthority();
    const issuing = anAuthority({ called: 'Contoso issuing', issuer: root });
    await world.rootImports.importText('corp-2', toPem(root.der));

    const body = { id: 'corp', import: toPem(root.der) + toPem(issuing.der) };
    for (const answer of [
      await api.ask(post, { body, as: 'administrator' }),
      await api.ask(post, { body, as: 'administrator' }),
    ]) {
      expect(answer).toMatchObject({ status: 201, json: { id: 'corp', issuerRootId: 'corp-2' } });
      expect(answer.headers['location']).toBe('/api/roots/corp');
    }
  });
});
