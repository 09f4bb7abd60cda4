/**
 * The line once more on a host with the real one's quirks: timers that wake early, duplicate deliveries, long error
 * texts.
 */
import { X509Certificate } from 'node:crypto';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { revokedOnGateway, rootsOnGateway } from './support/azure.ts';
import {
  buildGateway,
  createRoot,
  issue,
  kit,
  makeProfile,
  putCountOf,
  readJournal,
  reinstate,
  revoke,
  testSpeed,
  trustRoot,
} from './support/line.ts';

jest.setTimeout(600_000);

let stack: RunningTestStack;

beforeAll(async () => {
  stack = await startStack({ speed: testSpeed, quirks: 'real-host' });
});

afterAll(async () => {
  await stack.stop();
});

describe('the line on a host with the quirks of the real one', () => {
  it('goes from the plan to the reinstated certificate with one of each and one write for each change', async () => {
    await buildGateway(stack);
    const root = await createRoot(stack, 'root-1');
    await trustRoot(stack, 'vnet1gw', 'root-1');
    await makeProfile(stack, 'vnet1gw');
    const certificate = await issue(stack, { rootId: 'root-1' });
    const made = await kit(stack, certificate.thumbprint, 'vnet1gw');

    const leaf = new X509Certificate(certificate.certificate);
    expect(leaf.verify(new X509Certificate(String(root['certificate'])).publicKey)).toBe(true);
    expect(made.content).toContain('<cert>');
    expect(await rootsOnGateway(stack)).toEqual(['root-1']);

    await revoke(stack, certificate.thumbprint);
    expect(await revokedOnGateway(stack)).toEqual([certificate.thumbprint]);
    await reinstate(stack, certificate.thumbprint);
    expect(await revokedOnGateway(stack)).toEqual([]);

    const journal = await readJournal(stack, { service: 'arm' });
    const puts = ['virtualNetworks/VNet1', 'publicIPAddresses/VNet1GWpip', 'virtualNetworkGateways/VNet1GW'].map(
      (resource) => putCountOf(journal, resource),
    );
    // The gateway's own, then root, revocation and reinstatement.
    expect(puts).toEqual([1, 1, 4]);
  });
});
