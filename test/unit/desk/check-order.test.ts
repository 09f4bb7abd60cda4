import { checkOrder } from '../../../src/desk/check-order.ts';
import { aCertificateRequest, toRequestPem } from '../../support/builders/a-certificate-request.ts';
import { aRoot, createDeskWorld } from '../../support/desk-world.ts';

const codesOf = (problems: readonly { readonly path: string; readonly code: string }[]): readonly string[] =>
  problems.map(({ path, code }) => `${path} ${code}`);

describe('src/desk/check-order', () => {
  it('finds everything at once', async () => {
    const world = createDeskWorld();
    await aRoot(world);
    const csr = 'no request';

    const unknownRoot = await checkOrder(world, { rootId: 'root-9', csr, commonName: '' });
    const beyond = await checkOrder(world, { rootId: 'root-1', csr, validityDays: 3650 + 30 });

    expect(codesOf(unknownRoot)).toEqual([
      '/rootId rootUnknown',
      expect.stringMatching(/^\/csr /),
      expect.stringMatching(/^\/commonName /),
    ]);
    expect(codesOf(beyond)).toEqual([expect.stringMatching(/^\/csr /), '/validityDays beyondRoot']);
  });

  it('finds nothing in an order that is right, nor in parts that are not there', async () => {
    const world = createDeskWorld();
    await aRoot(world);

    expect(await checkOrder(world, {})).toEqual([]);
    expect(
      await checkOrder(world, { rootId: 'root-1', csr: toRequestPem(aCertificateRequest()), validityDays: 30 }),
    ).toEqual([]);
  });
});
