/**
 * IKEv2 with EAP-TLS by real strongSwan at both ends: the gateway of the VPN emulator, and clients that use the kit
 * `strongswan` as it is. Needs root.
 */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isIkeAvailable, vpnUnavailableReason } from '../../sandbox/vpn/availability.ts';
import type { VpnGatewayState } from '../../sandbox/vpn/gateway-state.ts';
import { listNamespaces } from '../../sandbox/vpn/namespaces.ts';
import { readPublishedGateways } from '../../sandbox/vpn/published-gateways.ts';
import type { Kit } from '../../src/kits/kit.ts';
import { buildP2sKit } from '../../src/kits/platforms.ts';
import { someP2sSettings } from '../support/builders/some-p2s-settings.ts';
import { startStubControl, type StubControl } from '../support/vpn/stub-control.ts';
import { aVpnGateway, toTrusted } from '../support/vpn/test-gateway.ts';
import {
  clientAuth,
  makeClientCertificate,
  makeRoot,
  serverAuth,
  type TestCertificate,
  type TestRoot,
} from '../support/vpn/test-pki.ts';
import { isAlive, processesIn, startVpnProcess, until, type VpnProcess } from '../support/vpn/vpn-process.ts';
import { IkeMachine } from './support/ike-machine.ts';

const vnetAddress = '10.1.0.4';

describe('sandbox/vpn/ikev2', () => {
  let directory: string;
  let control: StubControl;
  let emulator: VpnProcess;
  let root: TestRoot;
  let otherRoot: TestRoot;
  const machines: IkeMachine[] = [];

  beforeAll(async () => {
    expect(vpnUnavailableReason()).toBeUndefined();
    expect(isIkeAvailable()).toBe(true);
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-vpn-'));
    control = await startStubControl();
    emulator = await startVpnProcess(directory, control.url);
    [root, otherRoot] = await Promise.all([makeRoot('Root one'), makeRoot('Root two')]);
  });

  afterEach(async () => {
    await Promise.all(machines.splice(0).map((machine) => machine.shutDown()));
  });

  afterAll(async () => {
    await emulator.end('SIGTERM');
    await control.close();
    rmSync(directory, { recursive: true });
  });

  async function runGateway(): Promise<VpnGatewayState> {
    const gateway = await aVpnGateway([root, otherRoot], ['IkeV2']);
    control.put(gateway);
    await until(() => isPublished(gateway));
    return gateway;
  }

  function published(gateway: VpnGatewayState) {
    return readPublishedGateways(directory).ikeGateways.find(({ fqdn }) => fqdn === gateway.fqdn);
  }

  function isPublished(gateway: VpnGatewayState): boolean {
    return published(gateway) !== undefined;
  }

  function gatewayLog(gateway: VpnGatewayState): string {
    return readFileSync(published(gateway)?.logFile ?? '', 'utf8');
  }

  async function boot(gateway: VpnGatewayState, client: TestCertificate, issuer: TestRoot = root): Promise<IkeMachine> {
    const machine = await IkeMachine.boot(directory, gateway.fqdn, kitFor(gateway, client, issuer), client.keyPem);
    machines.push(machine);
    return machine;
  }

  async function enter(gateway: VpnGatewayState, client: TestCertificate, issuer?: TestRoot): Promise<IkeMachine> {
    const machine = await boot(gateway, client, issuer);
    const { code, stdout, stderr } = await machine.connect();
    if (code !== 0) throw new Error([stdout, stderr, machine.log, gatewayLog(gateway)].join('\n'));
    return machine;
  }

  /** Tries once: what the person reads, and that nothing is open. */
  async function tryIn(gateway: VpnGatewayState, client: TestCertificate, issuer?: TestRoot): Promise<string> {
    const machine = await boot(gateway, client, issuer);
    const { code, stderr } = await machine.connect();
    expect(await machine.addresses('172.16.201.')).toEqual([]);
    expect(await machine.ping(vnetAddress)).toBe(false);
    return `${code ?? ''} ${stderr}`;
  }

  /** The emulator follows what is applied by itself: until it has, a client may still come in. */
  async function untilRefused(gateway: VpnGatewayState, client: TestCertificate): Promise<void> {
    const machine = await boot(gateway, client);
    await until(async () => {
      const { code } = await machine.connect();
      if (code !== 0) return true;
      await machine.run('swanctl', '--terminate', '--ike', 'vnet1gw-alice');
      return false;
    });
  }

  function sessionsOf(gateway: VpnGatewayState) {
    return control.sessions().filter((session) => session.gateway === gateway.resourceId);
  }

  it('lets a client with its kit in: an address of the pool, a way through, a session that ARM lists', async () => {
    const gateway = await runGateway();
    const alice = await makeClientCertificate(root, 'alice@example.org');
    const machine = await boot(gateway, alice);
    expect(await machine.ping(vnetAddress)).toBe(false);

    expect(await machine.connect()).toMatchObject({ code: 0, stdout: expect.stringContaining('Connected') as string });

    const [address = ''] = await machine.addresses('172.16.201.');
    expect(address).toMatch(/^172\.16\.201\.\d+$/);
    expect(await machine.ping(vnetAddress)).toBe(true);
    await until(() => sessionsOf(gateway).length === 1);
    const [session] = sessionsOf(gateway);
    expect(session).toMatchObject({
      commonName: 'alice@example.org',
      thumbprint: alice.thumbprint,
      privateIp: address,
      id: expect.stringMatching(/^IKEv2_[0-9A-F-]{36}$/) as string,
      publicIp: expect.stringMatching(/^198\.18\.\d+\.\d+:\d+$/) as string,
    });
  });

  it.each(['kim-laptop', 'Kim at home'])('finds the certificate of a client that is called %j', async (commonName) => {
    const gateway = await runGateway();

    const machine = await enter(gateway, await makeClientCertificate(root, commonName));

    expect(await machine.ping(vnetAddress)).toBe(true);
  });

  it('refuses a revoked certificate, keeps the others in, and takes it back when it is reinstated', async () => {
    const gateway = await runGateway();
    const [alice, bob] = [await makeClientCertificate(root, 'alice'), await makeClientCertificate(root, 'bob')];
    const inside = await enter(gateway, bob);

    control.put({ ...gateway, revokedThumbprints: [alice.thumbprint] });
    await untilRefused(gateway, alice);

    expect(gatewayLog(gateway)).toContain('certificate revoked');
    expect(await tryIn(gateway, alice)).toMatch(/^1 .*the certificate is revoked or expired/s);
    expect(await inside.ping(vnetAddress)).toBe(true);

    control.put(gateway);
    const again = await boot(gateway, alice);
    await until(async () => (await again.connect()).code === 0);
    expect(await again.ping(vnetAddress)).toBe(true);
  });

  it('refuses the clients of a root that was removed, and keeps those of another in', async () => {
    const gateway = await runGateway();
    const [alice, carol] = [
      await makeClientCertificate(root, 'alice'),
      await makeClientCertificate(otherRoot, 'carol'),
    ];
    const inside = await enter(gateway, carol, otherRoot);

    control.put({ ...gateway, roots: toTrusted([otherRoot]) });
    await untilRefused(gateway, alice);

    expect(await inside.ping(vnetAddress)).toBe(true);
    expect(await (await enter(gateway, carol, otherRoot)).ping(vnetAddress)).toBe(true);
  });

  it('refuses strangers, expired certificates and those of servers, each for its reason', async () => {
    const gateway = await runGateway();
    const rogue = await makeRoot(root.commonName);
    const secondUsage = /(?:refused .*: clientAuth is not its first.*){2}/s;
    const cases = [
      [await makeClientCertificate(rogue, 'alice'), /refused .*: (UNABLE_TO|SELF_SIGNED|CERT_SIGNATURE)/],
      [await makeClientCertificate(root, 'alice', { expired: true }), /refused .*: CERT_HAS_EXPIRED/],
      [await makeClientCertificate(root, 'alice', { usages: [serverAuth] }), /refused .*: INVALID_PURPOSE/],
      [await makeClientCertificate(root, 'bob', { usages: [] }), /refused .*: clientAuth is not its first/],
      [await makeClientCertificate(root, 'carol', { usages: [serverAuth, clientAuth] }), secondUsage],
    ] as const;

    for (const [client, reason] of cases) {
      expect(await tryIn(gateway, client)).toMatch(/^1 /);
      expect(gatewayLog(gateway)).toMatch(reason);
    }
    expect(sessionsOf(gateway)).toEqual([]);
    const both = await makeClientCertificate(root, 'alice', { usages: [clientAuth, serverAuth] });
    expect(await (await enter(gateway, both)).ping(vnetAddress)).toBe(true);
  });

  it('ends the session that ARM is asked to cut, and no other', async () => {
    const gateway = await runGateway();
    const [alice, bob] = [await makeClientCertificate(root, 'alice'), await makeClientCertificate(root, 'bob')];
    const [cut, kept] = [await enter(gateway, alice), await enter(gateway, bob)];
    await until(() => sessionsOf(gateway).length === 2);

    control.disconnect(sessionsOf(gateway).find(({ commonName }) => commonName === 'alice')?.id ?? '');

    await until(async () => (await cut.addresses('172.16.201.')).length === 0);
    await until(() => sessionsOf(gateway).length === 1);
    expect(await cut.ping(vnetAddress)).toBe(false);
    expect(await kept.ping(vnetAddress)).toBe(true);
  });

  it('ends the session of a client that goes by itself', async () => {
    const gateway = await runGateway();
    const machine = await enter(gateway, await makeClientCertificate(root, 'alice'));
    await until(() => sessionsOf(gateway).length === 1);

    expect((await machine.disconnect()).stdout).toContain('Disconnected.');

    await until(() => sessionsOf(gateway).length === 0);
    expect(await machine.ping(vnetAddress)).toBe(false);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves no namespace, process or file when it ends by %s',
    async (signal) => {
      const ownDirectory = mkdtempSync(join(tmpdir(), 'gatehouse-vpn-'));
      const ownControl = await startStubControl();
      const gateway = await aVpnGateway([root], ['IkeV2']);
      ownControl.put(gateway);
      const own = await startVpnProcess(ownDirectory, ownControl.url);
      await until(() => readPublishedGateways(ownDirectory).ikeGateways.length === 1);
      const pids = (await Promise.all((await listNamespaces(own.prefix)).map(processesIn))).flat();
      expect(pids).toHaveLength(2);

      expect(await own.end(signal)).toBe(signal === 'SIGTERM' ? 0 : null);

      if (signal === 'SIGTERM') expect(await listNamespaces(own.prefix)).toEqual([]);
      await until(async () => (await listNamespaces(own.prefix)).length === 0);
      await until(() => !readdirSync(tmpdir()).some((name) => name.startsWith(own.prefix)));
      expect(pids.filter(isAlive)).toEqual([]);
      await ownControl.close();
      rmSync(ownDirectory, { recursive: true });
    },
  );
});

/** The kit as Gatehouse makes it of this gateway's profile. */
function kitFor(gateway: VpnGatewayState, client: TestCertificate, issuer: TestRoot): Kit {
  const settings = someP2sSettings({
    protocols: ['IkeV2'],
    certificate: new X509Certificate(client.certificatePem).raw,
    chain: [new X509Certificate(issuer.certificatePem).raw],
    commonName: client.commonName,
    thumbprint: client.thumbprint,
    rootThumbprint: issuer.thumbprint,
  });
  const serverRoot = new X509Certificate(gateway.serverCaPem).raw;
  const profile = { ...settings.profile, serverFqdn: gateway.fqdn, serverRoot, routes: ['10.1.0.0/16', '10.2.0.0/16'] };
  return buildP2sKit('strongswan', { ...settings, profile });
}
