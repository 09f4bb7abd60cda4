import { SessionRefused } from '../../../sandbox/platform/session-refused.ts';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aClientConfiguration, aGateway } from '../../support/builders/arm-bodies.ts';
import { createRootData } from '../../support/root-certificates.ts';

const gatewayPath = '/providers/Microsoft.Network/virtualNetworkGateways/gw';
const thumbprint = 'C'.repeat(40);
const fiveMinutesMs = 5 * 60_000;

describe('sandbox/arm/gateways/sessions', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.prepareNetwork();
    await stack.put(gatewayPath, aGateway(stack.group));
  });

  afterEach(async () => {
    await stack.close();
  });

  async function health() {
    const { network } = stack;
    const poller = network.virtualNetworkGateways.getVpnclientConnectionHealth('rg', 'gw');
    await poller.submitted();
    await stack.test.advance(20_000);
    await poller.poll();
    return poller.result?.value ?? [];
  }

  const connect = (commonName: string, more: { thumbprint?: string } = {}) =>
    stack.arm.connectSession({ gateway: 'gw', commonName, publicIp: '203.0.113.9', ...more });

  it('lists a connection by its common name only, five minutes later at most', async () => {
    const session = connect('alice.1@example.com', { thumbprint });
    await stack.test.advance(fiveMinutesMs);
    const [row, ...others] = await health();

    expect(others).toEqual([]);
    expect(row).toMatchObject({
      vpnConnectionId: session.id,
      vpnUserName: 'alice.1@example.com',
      privateIpAddress: '172.16.201.2',
      publicIpAddress: '203.0.113.9:45522',
    });
    expect(session.id).toMatch(/^OVPN_[0-9A-F-]{36}$/);
    expect(row?.vpnConnectionTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(JSON.stringify(row)).not.toContain(thumbprint);
  });

  it('goes on listing a connection that is gone until the next count', async () => {
    const session = connect('alice');
    await stack.test.advance(fiveMinutesMs);
    const { clock } = stack.test.host;
    // Just behind a count, so that the next is almost five minutes away.
    clock.moveTo(Math.ceil(clock.nowMs() / fiveMinutesMs) * fiveMinutesMs + 1000);
    stack.arm.endSession(session.id);

    expect(stack.arm.listSessions()).toEqual([]);
    expect(await health()).toHaveLength(1);
    await stack.test.advance(fiveMinutesMs);
    expect(await health()).toEqual([]);
  });

  it('cuts the sessions that are named, and tells who listens', async () => {
    const cut: string[] = [];
    stack.arm.onSessionDisconnect((id) => cut.push(id));
    const [first, second] = [connect('alice'), connect('bob')];

    const { network } = stack;
    await stack.finish(
      network.virtualNetworkGateways.disconnectVirtualNetworkGatewayVpnConnections('rg', 'gw', {
        vpnConnectionIds: [first.id, 'OVPN_unknown'],
      }),
    );

    expect(cut).toEqual([first.id]);
    expect(stack.arm.listSessions()).toMatchObject([{ id: second.id, privateIp: '172.16.201.3' }]);
  });

  it('refuses a client whose thumbprint is revoked, one without a name, and one for a gateway that is not up', async () => {
    const vpnClientRevokedCertificates = [{ name: 'lost', properties: { thumbprint: thumbprint.toLowerCase() } }];
    connect('before', { thumbprint });
    await stack.put(
      gatewayPath,
      aGateway(stack.group, { vpnClientConfiguration: aClientConfiguration({ vpnClientRevokedCertificates }) }),
    );

    expect(() => connect('alice', { thumbprint })).toThrow(SessionRefused);
    expect(() => stack.arm.connectSession({ gateway: 'gw', publicIp: '203.0.113.9' })).toThrow(SessionRefused);
    expect(() => stack.arm.connectSession({ gateway: 'none', commonName: 'a', publicIp: '203.0.113.9' })).toThrow(
      SessionRefused,
    );
    // A revocation alone does not end what is connected.
    expect(stack.arm.listSessions()).toHaveLength(1);
  });

  it('shows the data plane what runs, not what is wanted', async () => {
    const publicCertData = await createRootData('root');
    const properties = {
      vpnClientConfiguration: aClientConfiguration({
        vpnClientRootCertificates: [{ name: 'root', properties: { publicCertData } }],
        vpnClientRevokedCertificates: [{ name: 'lost', properties: { thumbprint } }],
      }),
    };
    await stack.send('PUT', stack.path(gatewayPath), { body: aGateway(stack.group, properties) });

    expect(stack.arm.gatewaysForVpn()).toMatchObject([{ roots: [], revokedThumbprints: [], ready: true }]);
    await stack.test.advance(fiveMinutesMs);
    const [state] = stack.arm.gatewaysForVpn();
    expect(state).toMatchObject({
      resourceId: `${stack.group}${gatewayPath}`,
      addressPool: ['172.16.201.0/24'],
      vnetPrefixes: ['10.1.0.0/16'],
      protocols: ['OpenVPN', 'IkeV2'],
      revokedThumbprints: [thumbprint],
      roots: [{ name: 'root' }],
    });
    expect(state?.roots[0]?.certificatePem).toMatch(
      /^-----BEGIN CERTIFICATE-----\n[\s\S]+\n-----END CERTIFICATE-----\n$/,
    );
  });

  it('ends every session and the data plane when the gateway is deleted', async () => {
    const session = connect('alice');
    const cut: string[] = [];
    stack.arm.onSessionDisconnect((id) => cut.push(id));

    await stack.send('DELETE', stack.path(gatewayPath));
    expect(stack.arm.gatewaysForVpn()).toMatchObject([{ ready: false }]);
    await stack.test.advance(15 * 60_000);

    expect(cut).toEqual([session.id]);
    expect(stack.arm.gatewaysForVpn()).toEqual([]);
  });

  it('keeps gateways and sessions across a restart', async () => {
    const before = stack.arm.gatewaysForVpn();
    const session = connect('alice');
    await stack.restart();

    expect(stack.arm.gatewaysForVpn()).toEqual(before);
    expect(stack.arm.listSessions()).toEqual([session]);
  });
});
