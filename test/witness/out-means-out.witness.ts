/**
 * Out means out, with a real OpenVPN client: connected, cut, refused, still refused, whatever Azure and the portal do
 * between. Needs root.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPublishedGateways } from '../../sandbox/vpn/published-gateways.ts';
import { changeGatewayInPortal, revokedOnGateway, withoutEntries } from '../e2e/support/azure.ts';
import { askForFault, takeFaultsBack } from '../e2e/support/faults.ts';
import {
  acceptedOperation,
  buildGateway,
  createRoot,
  expectStatus,
  followAccepted,
  gatewayRevocations,
  getOperation,
  makeProfile,
  revoke,
  trustRoot,
  waitForOperation,
} from '../e2e/support/line.ts';
import { type RunningTestStack, startStack, waitUntil } from '../support/stack.ts';
import { VpnPeople, type VpnPerson } from './support/vpn-people.ts';

const gatewayId = 'vnet1gw';
const timeoutMs = 600_000;
const followMs = 120_000;
const gatewayWrites = { service: 'arm', method: 'PUT', path: '/virtualNetworkGateways/[^/]+\\?', times: 500 } as const;
const gatewayReads = { ...gatewayWrites, method: 'GET', path: '/virtualNetworkGateways' } as const;

describe('src/main, out means out with a real OpenVPN client', () => {
  let stack: RunningTestStack;
  let folder: string;
  let people: VpnPeople;
  let ann: VpnPerson;
  let bob: VpnPerson;
  let carol: VpnPerson;
  let dave: VpnPerson;

  beforeAll(async () => {
    stack = await startStack({ speed: 4000, with: ['vpn'] });
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-kits-'));
    await buildGateway(stack);
    for (const rootId of ['staying', 'leaving']) {
      await createRoot(stack, rootId);
      await trustRoot(stack, gatewayId, rootId);
    }
    await makeProfile(stack, gatewayId);
    const profile = expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}/profile`), 200);
    const fqdn = String(profile['serverFqdn']);
    people = new VpnPeople({ stack, gatewayId, folder, fqdn, followMs });
    await waitUntil(
      () => readPublishedGateways(stack.directory).gateways.some((gateway) => gateway.fqdn === fqdn),
      followMs,
    );
    // Before the stack's clock moves on: OpenVPN goes by the machine's, for which later certificates are not valid yet.
    ann = await people.enrol('ann', 'staying');
    bob = await people.enrol('bob', 'staying');
    carol = await people.enrol('carol', 'leaving');
    dave = await people.enrol('dave', 'staying');
  }, timeoutMs);

  afterEach(async () => {
    await takeFaultsBack(stack);
    await people.leave();
  });

  afterAll(async () => {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }, timeoutMs);

  async function stateOf(thumbprint: string): Promise<string | undefined> {
    return (await gatewayRevocations(stack, gatewayId)).find((row) => row.thumbprint === thumbprint)?.state;
  }

  /** Refused, and refused again once the application has looked at everything anew. */
  async function isOut({ ovpnFile }: VpnPerson, reason: string): Promise<void> {
    expect((await people.untilOutcome(ovpnFile, 'refused')).reason).toBe(reason);
    await stack.advance('PT2H');
    expect(await people.connect(ovpnFile)).toMatchObject({ outcome: 'refused', reason });
  }

  it(
    'cuts a session from the gap when a revocation was taken off in the portal, and proves it anew',
    async () => {
      const first = await people.untilOutcome(ann.ovpnFile, 'connected');
      await revoke(stack, ann.thumbprint);
      await first.waitForExit();
      await people.untilOutcome(ann.ovpnFile, 'refused');

      await askForFault(stack, gatewayWrites, { status: 429, code: 'TooManyRequests', retryAfter: 1 });
      await changeGatewayInPortal(stack, (gateway) => withoutEntries(gateway, 'vpnClientRevokedCertificates'));
      const inTheGap = await people.untilOutcome(ann.ovpnFile, 'connected');
      await stack.advance('PT1H');
      expect(await stateOf(ann.thumbprint)).not.toBe('proven');
      await takeFaultsBack(stack);
      await stack.advance('PT1H');

      await inTheGap.waitForExit();
      expect(await revokedOnGateway(stack)).toContain(ann.thumbprint);
      await isOut(ann, 'certificate revoked');
      expect(await stateOf(ann.thumbprint)).toBe('proven');
    },
    timeoutMs,
  );

  it(
    'cuts and refuses when a gateway that could not be found for a while is back',
    async () => {
      const connected = await people.untilOutcome(bob.ovpnFile, 'connected');
      const absent = {
        status: 404,
        headers: { 'content-type': 'application/json' },
        body: { error: { code: 'ResourceNotFound', message: 'The Resource was not found.' } },
      };
      await askForFault(stack, { ...gatewayReads, times: 2 }, absent);
      const answer = await stack.api('POST', `/api/certificates/${bob.thumbprint}/revoke`, { reason: 'left' });
      const { id } = acceptedOperation(answer);
      await waitUntil(async () => (await getOperation(stack, id)).steps[0]?.status === 'waiting', followMs);
      // The next try is minutes away by the stack's clock.
      await stack.advance('PT10M');

      await waitForOperation(stack, id);

      await connected.waitForExit();
      expect(await revokedOnGateway(stack)).toContain(bob.thumbprint);
      await isOut(bob, 'certificate revoked');
      expect(expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}`), 200)['state']).toBe('ready');
    },
    timeoutMs,
  );

  it(
    'cuts everybody of a root that was removed, and nobody else',
    async () => {
      const leaving = await people.untilOutcome(carol.ovpnFile, 'connected');
      const staying = await people.untilOutcome(dave.ovpnFile, 'connected');

      await followAccepted(stack, await stack.api('DELETE', `/api/gateways/${gatewayId}/roots/leaving?force=true`));

      await leaving.waitForExit();
      expect(await staying.ping('10.1.0.4')).toBe(true);
      await isOut(carol, 'root certificate not trusted');
    },
    timeoutMs,
  );
});
