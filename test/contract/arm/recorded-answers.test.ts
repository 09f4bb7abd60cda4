/** Where a recording of real Azure speaks, the emulator answers as recorded: facts of single answers, one test each. */
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import {
  aClientConfiguration,
  aGateway,
  anIpConfiguration,
  aSubnet,
  aVirtualNetwork,
} from '../../support/builders/arm-bodies.ts';
import { createRootData } from '../../support/root-certificates.ts';
import { writableGateway } from '../../support/writable-gateway.ts';

const network = '/providers/Microsoft.Network';
const gatewayPath = `${network}/virtualNetworkGateways/gw`;
const minuteMs = 60_000;

type Json = Record<string, unknown>;

describe('sandbox/arm: what Azure was seen to answer', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.prepareNetwork();
  });

  afterEach(async () => {
    await stack.close();
  });

  const put = (properties: Json = {}, headers: Record<string, string> = {}) =>
    stack.send('PUT', stack.path(gatewayPath), { body: aGateway(stack.group, properties), headers });
  const get = () => stack.send('GET', stack.path(gatewayPath));
  const withClient = (members: Json) => ({ vpnClientConfiguration: aClientConfiguration(members) });
  const pemInBase64 = (data: string) =>
    Buffer.from(
      `-----BEGIN CERTIFICATE-----\n${data.replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    ).toString('base64');

  it('shows what it computed while a gateway is in Succeeded, and neither before nor in the answer to a write', async () => {
    const created = await put();
    await stack.test.advance(60 * minuteMs);
    const { body: up } = await get();
    stack.arm.connectSession({ gateway: 'gw', commonName: 'ann', publicIp: '203.0.113.9' });
    const { body: connected } = await get();
    const updated = await put();
    const updating = await get();

    const health = (count: number) => ({
      vpnClientConnectionHealth: {
        vpnClientConnectionsCount: count,
        totalIngressBytesTransferred: 0,
        totalEgressBytesTransferred: 0,
      },
    });
    expect(up['properties']).toMatchObject({
      packetCaptureDiagnosticState: 'None',
      isMigrateToCSES: false,
      remoteVirtualNetworkPeerings: [],
      virtualNetworkGatewayMigrationStatus: { phase: 'None', state: 'None' },
      vpnClientConfiguration: health(0),
    });
    expect(connected['properties']).toMatchObject({ vpnClientConfiguration: health(1) });
    for (const { text } of [created, updated, updating]) {
      expect(text).not.toMatch(/vpnClientConnectionHealth|packetCaptureDiagnosticState|isMigrateToCSES/);
    }
  });

  it('counts no connections of a gateway without point-to-site', async () => {
    await put({ vpnClientConfiguration: undefined });
    await stack.test.advance(60 * minuteMs);

    expect((await get()).text).toContain('packetCaptureDiagnosticState');
    expect((await get()).text).not.toContain('vpnClientConnectionHealth');
  });

  it('refuses a write that sends back what was computed, and takes it without', async () => {
    const { body } = await stack.put(gatewayPath, aGateway(stack.group));

    const whole = await stack.send('PUT', stack.path(gatewayPath), { body });
    const sound = await stack.send('PUT', stack.path(gatewayPath), { body: writableGateway(body) });

    expect(whole).toMatchObject({ status: 400, body: { error: { code: 'InvalidRequestFormat' } } });
    expect(whole.text).toContain('properties.vpnClientConfiguration.vpnClientConnectionHealth');
    expect(whole.text).toContain('properties.packetCaptureDiagnosticState');
    expect(sound.status).toBe(200);
  });

  it('answers the first PUT with a client configuration that nobody asked for, and shows none when the gateway is up', async () => {
    const created = await put({ vpnClientConfiguration: undefined });
    await stack.test.advance(60 * minuteMs);

    expect(created.body['properties']).toMatchObject({
      vpnClientConfiguration: { vpnClientProtocols: ['OpenVPN', 'IkeV2'], vpnAuthenticationTypes: [] },
    });
    expect((await get()).body['properties']).not.toHaveProperty('vpnClientConfiguration');
  });

  it('has no way to authenticate until there is a root', async () => {
    const before = await stack.put(gatewayPath, aGateway(stack.group, withClient({ vpnAuthenticationTypes: [] })));
    const roots = [{ name: 'root', properties: { publicCertData: await createRootData('root') } }];
    const trusting = withClient({ vpnAuthenticationTypes: [], vpnClientRootCertificates: roots });
    const after = await stack.put(gatewayPath, aGateway(stack.group, trusting));

    expect(before.body['properties']).toMatchObject({ vpnClientConfiguration: { vpnAuthenticationTypes: [] } });
    expect(after.body['properties']).toMatchObject({
      vpnClientConfiguration: { vpnAuthenticationTypes: ['Certificate'] },
    });
  });

  it('shows the protocols in its own order once a write has succeeded', async () => {
    const accepted = await put();
    await stack.test.advance(60 * minuteMs);

    expect(accepted.body['properties']).toMatchObject({
      vpnClientConfiguration: { vpnClientProtocols: ['IkeV2', 'OpenVPN'] },
    });
    expect((await get()).body['properties']).toMatchObject({
      vpnClientConfiguration: { vpnClientProtocols: ['OpenVPN', 'IkeV2'] },
    });
  });

  it('has numbers and addresses for BGP only when the gateway is up', async () => {
    const created = await put();
    await stack.test.advance(60 * minuteMs);

    expect(created.body['properties']).toHaveProperty('bgpSettings', {
      asn: 0,
      peerWeight: 0,
      bgpPeeringAddresses: [{ defaultBgpIpAddresses: [] }],
    });
    expect((await get()).body['properties']).toMatchObject({
      bgpSettings: { asn: 65515, bgpPeeringAddresses: [{ defaultBgpIpAddresses: ['10.1.255.4'] }] },
    });
  });

  it('has the etag of a gateway in the body alone, those of others in the header too', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));
    const others = ['virtualNetworks/VNet1', 'virtualNetworks/VNet1/subnets/GatewaySubnet', 'publicIPAddresses/pip'];

    const gateway = await get();
    expect([gateway.headers['etag'], gateway.body['etag']]).toEqual([undefined, expect.stringMatching(/^W\/"/)]);
    for (const path of others) {
      const answer = await stack.send('GET', stack.path(`${network}/${path}`));
      expect(answer.headers['etag']).toBe(answer.body['etag']);
    }
  });

  it('gives each child of a gateway a type, an etag and a provisioning state', async () => {
    const publicCertData = await createRootData('root');
    const { body } = await stack.put(
      gatewayPath,
      aGateway(
        stack.group,
        withClient({
          vpnClientRootCertificates: [{ name: 'root', properties: { publicCertData } }],
          vpnClientRevokedCertificates: [{ name: 'lost', properties: { thumbprint: 'B'.repeat(40) } }],
        }),
      ),
    );

    const child = (collection: string) => ({
      type: `Microsoft.Network/virtualNetworkGateways/${collection}`,
      etag: body['etag'],
      properties: { provisioningState: 'Succeeded' },
    });
    expect(body['properties']).toMatchObject({
      ipConfigurations: [child('ipConfigurations')],
      vpnClientConfiguration: {
        vpnClientRootCertificates: [child('vpnClientRootCertificates')],
        vpnClientRevokedCertificates: [child('vpnClientRevokedCertificates')],
      },
    });
  });

  it('takes base64 of PEM text for a root, keeps it as sent, and trusts the certificate in it', async () => {
    const data = await createRootData('root');
    const publicCertData = pemInBase64(data);
    const { body } = await stack.put(
      gatewayPath,
      aGateway(
        stack.group,
        withClient({ vpnClientRootCertificates: [{ name: 'root', properties: { publicCertData } }] }),
      ),
    );

    expect(body['properties']).toMatchObject({
      vpnClientConfiguration: { vpnClientRootCertificates: [{ properties: { publicCertData } }] },
    });
    const [state] = stack.arm.gatewaysForVpn();
    expect(state?.roots[0]?.certificatePem.replaceAll(/-----[A-Z ]+-----|\s/g, '')).toBe(data);
  });

  it('refuses base64 of two certificates', async () => {
    const data = await createRootData('root');
    const pem = Buffer.from(pemInBase64(data), 'base64').toString();
    const publicCertData = Buffer.from(pem + pem).toString('base64');

    expect(
      await put(withClient({ vpnClientRootCertificates: [{ name: 'root', properties: { publicCertData } }] })),
    ).toMatchObject({ status: 400, body: { error: { code: 'VpnClientRootCertificateDataInvalid' } } });
  });

  it('takes 300 revoked certificates and 20 roots, and not one more', async () => {
    const revoked = Array.from({ length: 301 }, (_, at) => ({
      name: `r${at}`,
      properties: { thumbprint: at.toString(16).padStart(40, '0') },
    }));
    const publicCertData = await createRootData('root');
    const roots = Array.from({ length: 21 }, (_, at) => ({ name: `root${at}`, properties: { publicCertData } }));
    const trust = (revocations: number, trusted: number) =>
      put(
        withClient({
          vpnClientRevokedCertificates: revoked.slice(0, revocations),
          vpnClientRootCertificates: roots.slice(0, trusted),
        }),
      );

    const tooMany = { status: 400, body: { error: { code: 'VpnClientCertificateCountExceeded' } } };
    expect(await trust(301, 20)).toMatchObject(tooMany);
    expect(await trust(300, 21)).toMatchObject(tooMany);
    expect((await trust(300, 20)).status).toBe(201);
  });

  it('takes a gateway subnet in any letter case', async () => {
    await stack.put(
      `${network}/virtualNetworks/VNet1`,
      aVirtualNetwork({ subnets: [aSubnet('gatewaysubnet', '10.1.255.0/27')] }),
    );

    expect((await put({ ipConfigurations: [anIpConfiguration(stack.group)] })).status).toBe(201);
    await stack.test.advance(60 * minuteMs);
    const removal = await stack.send('DELETE', stack.path(`${network}/virtualNetworks/VNet1/subnets/GATEWAYSUBNET`));
    expect(removal).toMatchObject({ status: 400, body: { error: { code: 'InUseSubnetCannotBeDeleted' } } });
  });

  it('answers a DELETE with both routes and the word that it notifies', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));

    const { status, headers } = await stack.send('DELETE', stack.path(gatewayPath));

    expect([status, headers['azure-asyncnotification']]).toEqual([202, 'Enabled']);
    expect(headers['azure-asyncoperation']).toContain('/operations/');
    expect(headers['location']).toContain('/operationResults/');
  });

  it('asks for longer waits the more often it was asked about a gateway', async () => {
    const { headers } = await put();
    const waits: unknown[] = [];
    for (let look = 0; look < 10; look += 1) {
      const answer = await stack.send('GET', String(headers['azure-asyncoperation']));
      waits.push(answer.headers['retry-after']);
    }

    expect(headers['retry-after']).toBe('10');
    expect(waits).toEqual(['10', '20', '20', '40', '40', '80', '160', '100', '100', '100']);
  });

  it.each([
    ['if-match', 'W/"another"', 'does not match'],
    ['if-match', 'strong', 'does not match'],
    ['if-none-match', 'same', 'matches'],
  ])('refuses %s %s in the words of the network provider', async (header, value, words) => {
    const { body } = await stack.put(gatewayPath, aGateway(stack.group));
    const etag = String(body['etag']);
    const given = { strong: etag.replace('W/', ''), same: etag }[value] ?? value;

    expect(await put({}, { [header]: given })).toMatchObject({
      status: 412,
      body: {
        error: {
          code: 'PreconditionFailed',
          message: 'Precondition failed.',
          details: [
            {
              code: 'PreconditionFailedEtagMismatch',
              message: `Etag provided in ${header} header ${given} ${words} etag ${etag} of resource ${stack.group}${gatewayPath} in NRP data store.`,
            },
          ],
        },
      },
    });
  });

  it.each(['generatevpnprofile', 'getvpnprofilepackageurl', 'getVpnClientConnectionHealth'])(
    'answers %s with a Location alone, at which a failure is a 400 with words',
    async (action) => {
      await stack.put(gatewayPath, aGateway(stack.group));
      stack.test.host.faults.add({ service: 'arm', path: action, times: 1, then: { failOperation: 'VpnDown' } });

      const accepted = await stack.send('POST', stack.path(`${gatewayPath}/${action}`), { body: {} });
      await stack.test.advance(minuteMs);
      const end = await stack.send('GET', String(accepted.headers['location']));

      expect([accepted.status, accepted.text, accepted.headers['azure-asyncoperation']]).toEqual([
        202,
        'null',
        undefined,
      ]);
      expect(end).toMatchObject({
        status: 400,
        body: { error: { code: 'VpnDown', message: expect.any(String) as string } },
      });
    },
  );

  it('gives another address of the package that was made last, and says when there is none', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));
    const run = async (action: string) => {
      const { headers } = await stack.send('POST', stack.path(`${gatewayPath}/${action}`), { body: {} });
      await stack.test.advance(minuteMs);
      return stack.send('GET', String(headers['location']));
    };

    const early = await run('getvpnprofilepackageurl');
    const made = await run('generatevpnprofile');
    const again = await run('getvpnprofilepackageurl');

    expect(early).toMatchObject({ status: 400, body: { error: { code: 'VpnClientPackageNotFound' } } });
    const [first, second] = [made, again].map(({ text }) => new URL(JSON.parse(text) as string));
    expect(second?.pathname).toMatch(/\/vpnclientconfiguration\.zip$/);
    expect(second?.href).not.toBe(first?.href);
  });

  it('ends a disconnect in null or in nothing', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));
    const ends: string[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      const path = stack.path(`${gatewayPath}/disconnectVirtualNetworkGatewayVpnConnections`);
      const { headers } = await stack.send('POST', path, { body: { vpnConnectionIds: [] } });
      await stack.test.advance(minuteMs);
      const end = await stack.send('GET', String(headers['location']));
      ends.push(`${end.status} ${end.text}`);
    }

    expect([...new Set(ends)].toSorted()).toEqual(['200 ', '200 null']);
  });
});
