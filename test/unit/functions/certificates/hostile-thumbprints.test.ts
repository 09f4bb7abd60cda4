/** Thumbprints in paths that are none, or nobody's, at every route of a certificate. */
import { certificateRoutes } from '../../../../src/functions/certificates/certificates.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { given } from '../../../support/given.ts';
import { aRoot, createServicesWorld } from '../../../support/services-world.ts';
import { type ApiAnswer, type ApiRequest, createTestApi } from '../../../support/test-route.ts';

const csr = toRequestPem(aCertificateRequest());
const tablesOfRevocations = [
  ...['ClientCertificates', 'CertificatesByThumbprint', 'BlockedKeys', 'Revocations', 'GatewayRevocations'],
  ...['Supersessions', 'Operations', 'Outbox', 'Unfinished'],
];

async function open() {
  const world = createServicesWorld();
  await aRoot(world);
  const api = await createTestApi();
  const routes = certificateRoutes(world);
  const ask = (name: string, request: ApiRequest): Promise<ApiAnswer> =>
    api.ask(given(routes.find((route) => route.name === name)), { as: 'operator', ...request });
  const issued = await ask('issueCertificate', { body: { rootId: 'root-1', owner: 'kim@contoso.com', csr } });
  return { ask, issued, stored: () => tablesOfRevocations.map((table) => [table, world.tables.rows(table)]) };
}

/** One for all: what is refused leaves it as it is. */
let untouched: Awaited<ReturnType<typeof open>>;

beforeAll(async () => {
  untouched = await open();
});

describe('src/functions/certificates/certificates, asked for a certificate by what is no thumbprint', () => {
  it.each([
    ['a serial number', '4f3b2a190807060504030201ffeeddcc', 400],
    ['a number', '1', 400],
    ['a negative number', `-${'0'.repeat(39)}`, 400],
    ['hexadecimal digits as programs write them', `0x${'0'.repeat(40)}`, 400],
    ['a digit too many, a zero before it', `0${'A'.repeat(40)}`, 400],
    ['SHA-256', 'A'.repeat(64), 400],
    ['digits of another script', '٠'.repeat(40), 400],
    ['a filter', "' or PartitionKey ne '", 400],
    ['a path', '../roots/root-1', 400],
    ['that of a certificate of somebody else', 'A'.repeat(40), 404],
  ])('refuses to revoke, to show and to renew %s', async (_what, thumbprint, status) => {
    const { ask, stored } = untouched;
    const before = stored();

    const answers = [
      await ask('revokeCertificate', { params: { thumbprint }, body: { reason: 'left' } }),
      await ask('getCertificate', { params: { thumbprint } }),
      await ask('renewCertificate', { params: { thumbprint }, body: { csr } }),
      await ask('reinstateCertificate', { params: { thumbprint }, body: {} }),
    ];

    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => status));
    expect(stored()).toEqual(before);
  });

  it('finds one certificate however its thumbprint is written, and not by its serial number', async () => {
    const { ask, issued } = untouched;
    const { thumbprint, serialNumber } = issued.json as Record<string, string>;
    const statusOf = async (text: string) => (await ask('getCertificate', { params: { thumbprint: text } })).status;

    const written = [given(thumbprint).toLowerCase(), given(thumbprint).replaceAll(/..(?=.)/g, '$&:')];

    expect(await Promise.all(written.map(statusOf))).toEqual([200, 200]);
    expect(await statusOf(given(serialNumber))).toBe(400);
  });
});
