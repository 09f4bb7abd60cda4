/**
 * The line with a real OpenVPN client: who Gatehouse lets in gets in, and nobody else. Needs root.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPublishedGateways } from '../../sandbox/vpn/published-gateways.ts';
import {
  aKeyAndRequest,
  buildGateway,
  createRoot,
  expectStatus,
  followAccepted,
  issue,
  kit,
  reinstate,
  revoke,
  trustRoot,
} from '../e2e/support/line.ts';
import { endProcess, type RunningTestStack, spawnStart, startStack, waitUntil } from '../support/stack.ts';
import { VpnPeople } from './support/vpn-people.ts';

const gatewayId = 'vnet1gw';
/** The first address of the example's network that Azure does not keep for itself. */
const insideAddress = '10.1.0.4';
const timeoutMs = 600_000;
const followMs = 120_000;

describe('src/main, with a real OpenVPN client', () => {
  let stack: RunningTestStack;
  let folder: string;
  let people: VpnPeople;

  beforeAll(async () => {
    stack = await startStack({ speed: 4000, with: ['vpn'] });
    expect(stack.info.processes['vpn']).toBeDefined();
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-kits-'));
    await buildGateway(stack);
    for (const id of ['trusted', 'other']) await createRoot(stack, id);
    await trustRoot(stack, gatewayId, 'trusted');
    await followAccepted(stack, await stack.api('POST', `/api/gateways/${gatewayId}/profile`));
    const profile = expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}/profile`), 200);
    const fqdn = String(profile['serverFqdn']);
    people = new VpnPeople({ stack, gatewayId, folder, fqdn, followMs });
    await waitUntil(
      () => readPublishedGateways(stack.directory).gateways.some((gateway) => gateway.fqdn === fqdn),
      followMs,
    );
  }, timeoutMs);

  afterEach(async () => {
    await people.leave();
  });

  afterAll(async () => {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }, timeoutMs);

  it(
    'lets a certificate in, cuts and refuses it when revoked, and takes it back when reinstated',
    async () => {
      const ann = await people.enrol('ann', 'trusted');
      const first = await people.untilOutcome(ann.ovpnFile, 'connected');
      expect(first.address).toMatch(/^172\.16\.201\.\d+$/);
      expect(await first.ping(insideAddress)).toBe(true);

      await revoke(stack, ann.thumbprint);
      await first.waitForExit();
      const refused = await people.untilOutcome(ann.ovpnFile, 'refused');
      expect(refused.reason).toBe('certificate revoked');

      await reinstate(stack, ann.thumbprint);
      const again = await people.untilOutcome(ann.ovpnFile, 'connected');
      expect(await again.ping(insideAddress)).toBe(true);
    },
    timeoutMs,
  );

  it(
    'keeps out a certificate of a root that the gateway does not trust',
    async () => {
      const bob = await people.enrol('bob', 'trusted');
      const { keyPem, csrPem } = aKeyAndRequest('mallory');
      const stranger = await issue(stack, { rootId: 'other', owner: 'mallory@example.com', csr: csrPem });
      const denied = await stack.api('POST', `/api/certificates/${stranger.thumbprint}/kits`, {
        gatewayId,
        platform: 'openvpn2',
      });
      // No kit is made for it, so it is tried with another's profile and its own certificate.
      expect(denied.status).toBe(409);
      const ownContent = (await kit(stack, bob.thumbprint, gatewayId)).content.replace(
        /<cert>[\s\S]*?<\/cert>/,
        `<cert>\n${stranger.certificate}\n</cert>`,
      );
      const keyFileName = (await kit(stack, bob.thumbprint, gatewayId)).keyFileName;
      const place = mkdtempSync(join(folder, 'mallory-'));
      writeFileSync(join(place, keyFileName), keyPem, { mode: 0o600 });
      writeFileSync(join(place, 'mallory.ovpn'), ownContent, { mode: 0o600 });
      expect(ownContent).toContain(stranger.certificate.trim().split('\n')[1]);

      expect((await people.connect(join(place, 'mallory.ovpn'))).outcome).toBe('refused');
      expect((await people.untilOutcome(bob.ovpnFile, 'connected')).outcome).toBe('connected');
    },
    timeoutMs,
  );

  it(
    'keeps everybody of a root out once the gateway no longer trusts it',
    async () => {
      const carol = await people.enrol('carol', 'trusted');
      await (await people.untilOutcome(carol.ovpnFile, 'connected')).stop();

      await followAccepted(stack, await stack.api('DELETE', `/api/gateways/${gatewayId}/roots/trusted?force=true`));

      expect((await people.untilOutcome(carol.ovpnFile, 'refused')).outcome).toBe('refused');
    },
    timeoutMs,
  );
});

describe('sandbox/walkthrough, as npm start runs it', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-stack-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it.each([
    ['with VPN gateways, where they can run,', [], /connected as 172\.16\.201\.\d+.*\n.*refused: certificate revoked/],
    ['without', ['--with', ''], /client +not tried/],
  ])(
    'walks the line %s and leaves the stack running',
    async (_name, options, end) => {
      const start = spawnStart(['--state', directory, '--speed', '4000', ...options]);
      try {
        await waitUntil(() => start.output().includes('The stack runs on'), timeoutMs, start.hasEnded);

        expect(start.output()).toMatch(end);
        expect(start.hasEnded()).toBe(false);
      } catch (cause) {
        throw new Error(start.output(), { cause });
      } finally {
        start.child.kill('SIGINT');
        await endProcess(start.child);
      }
      expect(start.child.exitCode).toBe(0);
    },
    timeoutMs,
  );
});
