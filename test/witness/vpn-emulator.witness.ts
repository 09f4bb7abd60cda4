/**
 * The VPN emulator with real OpenVPN on both sides: who gets in, who does not, and what the gateway does to those
 * inside when its configuration changes. Each test has a gateway of its own on one emulator; the last ones end theirs.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vpnUnavailableReason } from '../../sandbox/vpn/availability.ts';
import { connectClient, type ConnectedClient, type RefusedClient } from '../../sandbox/vpn/client.ts';
import { openClientNetwork } from '../../sandbox/vpn/client-network.ts';
import type { VpnGatewayState } from '../../sandbox/vpn/gateway-state.ts';
import { listNamespaces } from '../../sandbox/vpn/namespaces.ts';
import { startStubControl, type StubControl } from '../support/vpn/stub-control.ts';
import { aVpnGateway, toTrusted, writeProfile } from '../support/vpn/test-gateway.ts';
import {
  clientAuth,
  makeClientCertificate,
  makeRoot,
  serverAuth,
  type TestCertificate,
  type TestRoot,
} from '../support/vpn/test-pki.ts';
import { isAlive, processesIn, startVpnProcess, until, type VpnProcess } from '../support/vpn/vpn-process.ts';

const gatewayAddress = '172.16.201.1';
const vnetAddress = '10.1.0.4';

describe('sandbox/vpn', () => {
  let directory: string;
  let control: StubControl;
  let emulator: VpnProcess;
  let root: TestRoot;
  let otherRoot: TestRoot;
  const connections: ConnectedClient[] = [];

  beforeAll(async () => {
    expect(vpnUnavailableReason()).toBeUndefined();
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-vpn-'));
    control = await startStubControl();
    emulator = await startVpnProcess(directory, control.url);
    [root, otherRoot] = await Promise.all([makeRoot('Root one'), makeRoot('Root two')]);
  });

  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.stop()));
  });

  afterAll(async () => {
    await emulator.end('SIGTERM');
    await control.close();
    rmSync(directory, { recursive: true });
  });

  async function runGateway(roots: readonly TestRoot[] = [root, otherRoot]): Promise<VpnGatewayState> {
    const gateway = await aVpnGateway(roots);
    control.put(gateway);
    await emulator.gateway(gateway.resourceId);
    return gateway;
  }

  async function connect(gateway: VpnGatewayState, client: TestCertificate): Promise<ConnectedClient | RefusedClient> {
    const ovpnFile = writeProfile(directory, gateway, client);
    const connection = await connectClient({ stackDir: directory, ovpnFile, fqdn: gateway.fqdn });
    if (connection.outcome === 'connected') connections.push(connection);
    return connection;
  }

  async function enter(gateway: VpnGatewayState, client: TestCertificate): Promise<ConnectedClient> {
    const connection = await connect(gateway, client);
    if (connection.outcome === 'refused') throw new Error(`${connection.reason}\n${connection.log.join('\n')}`);
    return connection;
  }

  /** Tries until the change, which the emulator follows by itself, has taken effect. */
  async function untilRefused(gateway: VpnGatewayState, client: TestCertificate): Promise<RefusedClient> {
    let last: RefusedClient | undefined;
    await until(async () => {
      const connection = await connect(gateway, client);
      if (connection.outcome === 'connected') await connection.stop();
      else last = connection;
      return last !== undefined;
    });
    if (last === undefined) throw new Error('never refused');
    return last;
  }

  async function untilConnected(gateway: VpnGatewayState, client: TestCertificate): Promise<ConnectedClient> {
    let last: ConnectedClient | undefined;
    await until(async () => {
      const connection = await connect(gateway, client);
      if (connection.outcome === 'connected') last = connection;
      return last !== undefined;
    });
    if (last === undefined) throw new Error('never connected');
    return last;
  }

  async function readGatewayLog(gateway: VpnGatewayState): Promise<string> {
    return readFileSync((await emulator.gateway(gateway.resourceId)).logFile, 'utf8');
  }

  it('gives a client an address of the pool and a way to the gateway and the virtual network', async () => {
    const gateway = await runGateway();
    const network = await openClientNetwork(directory);
    const ovpnFile = writeProfile(directory, gateway, await makeClientCertificate(root, 'alice'));
    expect(await Promise.all([network.ping(gatewayAddress), network.ping(vnetAddress)])).toEqual([false, false]);

    const client = await connectClient({ stackDir: directory, network, ovpnFile, fqdn: gateway.fqdn });

    if (client.outcome === 'refused') throw new Error(client.reason);
    connections.push(client);
    expect(client.address).toMatch(/^172\.16\.201\.\d+$/);
    expect(await Promise.all([client.ping(gatewayAddress), client.ping(vnetAddress)])).toEqual([true, true]);
    await client.stop();
    expect(await network.ping(vnetAddress)).toBe(false);
    await network.close();
  });

  it('tells the control API of each session, from its start to its end', async () => {
    const gateway = await runGateway();
    const alice = await makeClientCertificate(root, 'alice');

    const client = await enter(gateway, alice);

    const mine = (): ReturnType<StubControl['sessions']> =>
      control.sessions().filter((session) => session.gateway === gateway.resourceId);
    await until(() => mine().length === 1);
    const [session] = mine();
    expect(session).toMatchObject({ commonName: 'alice', thumbprint: alice.thumbprint, privateIp: client.address });
    expect(session?.id).toMatch(/^OVPN_[0-9A-F-]{36}$/);
    expect(session?.publicIp).toMatch(/^198\.18\.\d+\.\d+:\d+$/);
    await client.stop();
    await until(() => mine().length === 0);
  });

  it('refuses a revoked certificate, keeps the others in, and takes it back when it is reinstated', async () => {
    const gateway = await runGateway();
    const [alice, bob] = await Promise.all([makeClientCertificate(root, 'alice'), makeClientCertificate(root, 'bob')]);
    const inside = await enter(gateway, bob);

    control.put({ ...gateway, revokedThumbprints: [alice.thumbprint] });
    const refused = await untilRefused(gateway, alice);

    expect(refused.reason).toBe('certificate revoked');
    expect(inside.isRunning()).toBe(true);
    expect(await inside.ping(vnetAddress)).toBe(true);
    expect((await enter(gateway, bob)).outcome).toBe('connected');

    control.put(gateway);
    expect(await (await untilConnected(gateway, alice)).ping(vnetAddress)).toBe(true);
  });

  it('refuses the clients of a root that was removed, keeps those of another in, and takes them back with it', async () => {
    const gateway = await runGateway();
    const alice = await makeClientCertificate(root, 'alice');
    const carol = await makeClientCertificate(otherRoot, 'carol');
    const inside = await enter(gateway, carol);
    await (await enter(gateway, alice)).stop();

    control.put({ ...gateway, roots: toTrusted([otherRoot]) });
    const refused = await untilRefused(gateway, alice);

    expect(refused.reason).toBe('root certificate not trusted');
    expect((await enter(gateway, carol)).outcome).toBe('connected');

    control.put(gateway);
    await untilConnected(gateway, alice);
    expect(inside.isRunning()).toBe(true);
    expect(await inside.ping(vnetAddress)).toBe(true);
  });

  it('trusts a root that is added to a gateway without one, and drops nobody when another is added', async () => {
    const gateway = await runGateway([]);
    const alice = await makeClientCertificate(root, 'alice');
    const carol = await makeClientCertificate(otherRoot, 'carol');
    expect((await connect(gateway, alice)).outcome).toBe('refused');

    control.put({ ...gateway, roots: toTrusted([root]) });
    const inside = await untilConnected(gateway, alice);
    control.put({ ...gateway, roots: toTrusted([root, otherRoot]) });
    await untilConnected(gateway, carol);

    expect(inside.isRunning()).toBe(true);
    expect(await inside.ping(vnetAddress)).toBe(true);
  });

  it('trusts two roots with the same subject, added one after the other', async () => {
    const gateway = await runGateway([root]);
    const twin = await makeRoot(root.commonName);
    const [alice, dora] = await Promise.all([
      makeClientCertificate(root, 'alice'),
      makeClientCertificate(twin, 'dora'),
    ]);
    const dropped = await enter(gateway, alice);
    const { reason } = await untilRefused(gateway, dora);
    expect(reason).toBe('connection closed by the gateway');

    control.put({ ...gateway, roots: toTrusted([root, twin]) });
    await dropped.waitForExit();

    await untilConnected(gateway, dora);
    expect(await (await untilConnected(gateway, alice)).ping(vnetAddress)).toBe(true);
    const sessions = control.sessions().filter((session) => session.gateway === gateway.resourceId);
    expect(sessions.map((session) => session.commonName).sort()).toEqual(['alice', 'dora']);
  });

  it('refuses a certificate of a stranger with the same names', async () => {
    const gateway = await runGateway();
    const mallory = await makeClientCertificate(await makeRoot(root.commonName), 'alice');

    const refused = await connect(gateway, mallory);

    expect(refused).toMatchObject({ outcome: 'refused', reason: 'connection closed by the gateway' });
    expect(await readGatewayLog(gateway)).toMatch(/VERIFY ERROR.*CN=alice/);
  });

  it('refuses an expired certificate', async () => {
    const gateway = await runGateway();

    const refused = await connect(gateway, await makeClientCertificate(root, 'alice', { expired: true }));

    expect(refused.outcome).toBe('refused');
    expect(await readGatewayLog(gateway)).toMatch(/VERIFY ERROR.*certificate has expired/);
  });

  it('refuses a certificate that is for clients in the second place, or for nothing at all, as Azure does', async () => {
    const gateway = await runGateway();
    const made = (...usages: readonly string[]) => makeClientCertificate(root, 'alice', { usages });

    const second = await connect(gateway, await made(serverAuth, clientAuth));
    const without = await connect(gateway, await made());

    expect(second).toMatchObject({ outcome: 'refused', reason: 'clientAuth is not its first extended key usage' });
    expect(without.outcome).toBe('refused');
    expect((await enter(gateway, await made(clientAuth, serverAuth))).outcome).toBe('connected');
  });

  it('ends the session that the control API asks to cut, and no other', async () => {
    const gateway = await runGateway();
    const [alice, bob] = await Promise.all([makeClientCertificate(root, 'alice'), makeClientCertificate(root, 'bob')]);
    const [cut, kept] = [await enter(gateway, alice), await enter(gateway, bob)];
    const find = (commonName: string): string | undefined =>
      control.sessions().find((session) => session.gateway === gateway.resourceId && session.commonName === commonName)
        ?.id;
    await until(() => find('alice') !== undefined && find('bob') !== undefined);

    control.disconnect(find('alice') ?? '');

    expect((await cut.waitForExit()).reason).toBe('disconnected by the gateway');
    await until(() => find('alice') === undefined);
    expect(kept.isRunning()).toBe(true);
    expect(await kept.ping(vnetAddress)).toBe(true);
  });

  it('serves a new pool after a change of it', async () => {
    const gateway = await runGateway();
    const alice = await makeClientCertificate(root, 'alice');
    const before = await enter(gateway, alice);

    control.put({ ...gateway, addressPool: ['172.16.77.0/28'] });
    await before.waitForExit();

    await until(async () => {
      await emulator.gateway(gateway.resourceId);
      return (await connect(gateway, alice)).outcome === 'connected';
    });
    expect(connections.at(-1)?.address).toMatch(/^172\.16\.77\.\d+$/);
  });

  it('starts OpenVPN again when it has died', async () => {
    const gateway = await runGateway();
    const alice = await makeClientCertificate(root, 'alice');
    const inside = await enter(gateway, alice);
    const [pid] = await findOpenVpn(emulator.prefix, gateway);
    process.kill(pid ?? 0, 'SIGKILL');

    await inside.waitForExit();

    await until(async () => {
      await emulator.gateway(gateway.resourceId);
      return (await connect(gateway, alice)).outcome === 'connected';
    });
  });

  it('removes the gateway of a resource that is gone', async () => {
    const gateway = await runGateway();
    const before = await listNamespaces(emulator.prefix);

    control.remove(gateway.resourceId);

    await until(async () => (await listNamespaces(emulator.prefix)).length === before.length - 1);
    const ovpnFile = writeProfile(directory, gateway, root);
    await expect(connectClient({ stackDir: directory, ovpnFile, fqdn: gateway.fqdn })).rejects.toThrow(gateway.fqdn);
  });

  describe('when it ends', () => {
    let ownDirectory: string;
    let ownControl: StubControl;
    let gateway: VpnGatewayState;
    const started: VpnProcess[] = [];

    beforeEach(async () => {
      ownDirectory = mkdtempSync(join(tmpdir(), 'gatehouse-vpn-'));
      ownControl = await startStubControl();
      gateway = await aVpnGateway([root]);
      ownControl.put(gateway);
    });

    afterEach(async () => {
      await Promise.all(started.splice(0).map((process) => process.end('SIGTERM')));
      await ownControl.close();
      rmSync(ownDirectory, { recursive: true });
    });

    async function runWithClient(): Promise<{ process: VpnProcess; client: ConnectedClient; pids: number[] }> {
      const process = await startVpnProcess(ownDirectory, ownControl.url);
      started.push(process);
      await process.gateway(gateway.resourceId);
      const ovpnFile = writeProfile(ownDirectory, gateway, await makeClientCertificate(root, 'alice'));
      const client = await connectClient({ stackDir: ownDirectory, ovpnFile, fqdn: gateway.fqdn });
      if (client.outcome === 'refused') throw new Error(client.reason);
      connections.push(client);
      await until(() => ownControl.sessions().length === 1);
      const namespaces = await listNamespaces(process.prefix);
      const pids = (await Promise.all(namespaces.map(processesIn))).flat();
      expect(pids).toHaveLength(2);
      return { process, client, pids };
    }

    async function expectNothingLeft(prefix: string, pids: readonly number[]): Promise<void> {
      expect(await listNamespaces(prefix)).toEqual([]);
      expect(pids.filter(isAlive)).toEqual([]);
      expect(readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))).toEqual([]);
    }

    it('leaves no namespace, process, file or session after SIGTERM', async () => {
      const { process, pids } = await runWithClient();

      expect(await process.end('SIGTERM')).toBe(0);

      await expectNothingLeft(process.prefix, pids);
      expect(existsSync(join(ownDirectory, 'vpn.json'))).toBe(false);
      expect(ownControl.sessions()).toEqual([]);
    });

    it('leaves nothing when its parent dies', async () => {
      const { process, pids } = await runWithClient();

      expect(await process.orphan()).toBe(0);

      await expectNothingLeft(process.prefix, pids);
    });

    it('leaves nothing after kill -9, though nothing of its own runs any more', async () => {
      const { process, pids } = await runWithClient();

      await process.end('SIGKILL');

      await until(async () => (await listNamespaces(process.prefix)).length === 0);
      await until(() => !readdirSync(tmpdir()).some((name) => name.startsWith(process.prefix)));
      await expectNothingLeft(process.prefix, pids);
    });

    it('removes at its next start what kill -9 left, and serves again', async () => {
      const killed = await runWithClient();
      await killed.process.end('SIGKILL');

      const { process } = await runWithClient();

      expect(process.prefix).not.toBe(killed.process.prefix);
      await expectNothingLeft(killed.process.prefix, killed.pids);
      expect(await process.end('SIGTERM')).toBe(0);
    });
  });
});

/** Ids of the OpenVPN processes that have this gateway's addresses. */
async function findOpenVpn(prefix: string, gateway: VpnGatewayState): Promise<number[]> {
  const namespaces = await listNamespaces(prefix);
  const pids = (await Promise.all(namespaces.map(processesIn))).flat();
  return pids.filter((pid) => isGatewayProcess(pid, gateway));
}

function isGatewayProcess(pid: number, gateway: VpnGatewayState): boolean {
  const certificate = `/proc/${pid}/cwd/server.pem`;
  return existsSync(certificate) && readFileSync(certificate, 'utf8').trim() === gateway.serverCertificatePem.trim();
}
