import { X509Certificate } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { strFromU8, unzipSync } from 'fflate';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aClientConfiguration, aGateway, aVirtualNetwork } from '../../support/builders/arm-bodies.ts';

const network = '/providers/Microsoft.Network';
const gatewayPath = `${network}/virtualNetworkGateways/gw`;
const entra = { aadTenant: 'https://login/t', aadAudience: 'a', aadIssuer: 'https://sts/t/' };

type Json = Record<string, unknown>;

describe('sandbox/arm/gateways/generate-profile', () => {
  let stack: ArmStack;

  beforeEach(async () => {
    stack = await startArmStack();
    await stack.prepareNetwork();
  });

  afterEach(async () => {
    await stack.close();
  });

  async function profileUrl(client: Json = {}): Promise<string> {
    await stack.put(gatewayPath, aGateway(stack.group, { vpnClientConfiguration: aClientConfiguration(client) }));
    const { network: client39 } = stack;
    const result = await stack.finish(
      client39.virtualNetworkGateways.generateVpnProfile('rg', 'gw', { authenticationMethod: 'EAPTLS' }),
    );
    return result.body;
  }

  /** Without a token, and twice: the first answer is always "not there yet". */
  async function download(url: string): Promise<Record<string, Uint8Array>> {
    await stack.send('GET', url, { token: undefined });
    const answer = await stack.send('GET', url, { token: undefined });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/zip' } });
    return unzipSync(new Uint8Array(Buffer.from(answer.text, 'latin1')));
  }

  /** The end of an operation comes at most an hour before `finish` returns: a URL of an hour would be over. */
  async function freshUrl(client: Json = {}): Promise<string> {
    await stack.put(gatewayPath, aGateway(stack.group, { vpnClientConfiguration: aClientConfiguration(client) }));
    const started = await stack.send('POST', stack.path(`${gatewayPath}/generatevpnprofile`), { body: {} });
    await stack.test.advance(40_000);
    const done = await stack.send('GET', String(started.headers['location']));
    return JSON.parse(done.text) as string;
  }

  it('answers the typed client with a signed URL, that is not there at first and over after an hour', async () => {
    const url = await freshUrl();
    const first = await stack.send('GET', url, { token: undefined });
    const second = await stack.send('GET', url, { token: undefined });
    const forged = await stack.send('GET', url.replace('sig=', 'sig=x'), { token: undefined });
    await stack.test.advance(3600_000);
    const late = await stack.send('GET', url, { token: undefined });

    expect(new URL(url).searchParams.get('se')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(first).toMatchObject({ status: 404, headers: { 'content-type': 'application/xml' } });
    expect(first.text).toContain('The specified resource does not exist.');
    expect([second.status, forged.status, late.status]).toEqual([200, 403, 403]);
    expect(await profileUrl()).toContain('/blobs/vpnprofileimmutable/');
  });

  it('puts what a real profile has into vpnconfig.ovpn', async () => {
    const files = await download(await freshUrl());
    const profile = strFromU8(files['OpenVPN/vpnconfig.ovpn'] ?? new Uint8Array());
    const [state] = stack.arm.gatewaysForVpn();

    expect(state?.fqdn).toMatch(/^azuregateway-[0-9a-f-]{36}-[0-9a-f]{12}\.vpn\.azure\.com$/);
    for (const line of [
      'client',
      `remote ${String(state?.fqdn)} 443`,
      `verify-x509-name '${String(state?.guid)}.vpn.azure.com' name`,
      'remote-cert-tls server',
      'dev tun',
      'proto tcp',
      'resolv-retry infinite',
      'nobind',
      'auth SHA256',
      'cipher AES-256-GCM',
      'persist-key',
      'persist-tun',
      'tls-timeout 30',
      'tls-version-min 1.2',
      'key-direction 1',
      'log openvpn.log',
      'verb 3',
      '$CLIENTCERTIFICATE',
      '$PRIVATEKEY',
    ]) {
      expect(profile.split('\n')).toContain(line);
    }
    expect(profile).toContain(`<ca>\n${String(state?.serverCaPem)}</ca>`);
    expect(profile).toContain(`<tls-auth>\n${String(state?.tlsAuthKey)}</tls-auth>`);
  });

  it('gives the gateway a server certificate that its own authority signed', async () => {
    const files = await download(await freshUrl());
    const [state] = stack.arm.gatewaysForVpn();
    const authority = new X509Certificate(files['Generic/VpnServerRoot.cer'] ?? '');
    const server = new X509Certificate(String(state?.serverCertificatePem));

    expect(authority.subject).toBe('CN=VpnServerRoot');
    expect(server.verify(authority.publicKey)).toBe(true);
    expect(server.subjectAltName).toBe(`DNS:${String(state?.serverName)}, DNS:${String(state?.fqdn)}`);
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(state?.tlsAuthKey.match(/^[0-9a-f]{32}$/gm)).toHaveLength(16);
  });

  it('writes the routes, the DNS servers and the server into the XML files', async () => {
    await stack.put(`${network}/virtualNetworks/VNet1`, aVirtualNetwork({ dhcpOptions: { dnsServers: ['10.1.0.4'] } }));
    const files = await download(await freshUrl());
    const parse = (name: string) => new XMLParser().parse(strFromU8(files[name] ?? new Uint8Array())) as Json;
    const [state] = stack.arm.gatewaysForVpn();

    expect(parse('Generic/VpnSettings.xml')).toMatchObject({
      VpnProfile: { VpnServer: state?.fqdn, Routes: '10.1.0.0/16,172.16.201.0/24', CustomDnsServers: '10.1.0.4' },
    });
    expect(parse('AzureVPN/azurevpnconfig.xml')).toMatchObject({
      AzVpnProfile: {
        serverlist: { ServerEntry: { fqdn: state?.fqdn } },
        clientconfig: { dnsservers: { dnsserver: '10.1.0.4' } },
        clientauth: { type: 'cert' },
      },
    });
  });

  const generic = ['Generic/VpnServerRoot.cer', 'Generic/VpnSettings.xml'];
  const windows = ['WindowsAmd64/VpnClientSetupAmd64.exe', 'WindowsX86/VpnClientSetupX86.exe'];
  it.each<[string, Json, string[]]>([
    ['IKEv2 with certificates', { vpnClientProtocols: ['IkeV2'] }, [...generic, ...windows]],
    [
      'OpenVPN with certificates',
      { vpnClientProtocols: ['OpenVPN'] },
      ['AzureVPN/azurevpnconfig.xml', ...generic, 'OpenVPN/vpnconfig.ovpn'],
    ],
    ['both tunnels', {}, ['AzureVPN/azurevpnconfig.xml', ...generic, 'OpenVPN/vpnconfig.ovpn', ...windows]],
    [
      'Entra ID alone',
      { vpnClientProtocols: ['OpenVPN'], vpnAuthenticationTypes: ['AAD'], ...entra },
      ['AzureVPN/azurevpnconfig.xml', ...generic],
    ],
    [
      'Entra ID beside certificates',
      { vpnAuthenticationTypes: ['AAD', 'Certificate'], ...entra },
      [
        'AzureVPN/azurevpnconfig_aad.xml',
        'AzureVPN/azurevpnconfig_cert.xml',
        ...generic,
        'OpenVPN/vpnconfig.ovpn',
        ...windows,
      ],
    ],
  ])('has exactly the files that %s call for', async (_case, client, expected) => {
    expect(Object.keys(await download(await freshUrl(client))).sort()).toEqual(expected);
  });

  it('refuses a gateway without a client address pool', async () => {
    await stack.put(gatewayPath, aGateway(stack.group, { vpnClientConfiguration: undefined }));

    const answer = await stack.send('POST', stack.path(`${gatewayPath}/generatevpnprofile`), { body: {} });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'VpnClientConfigurationNotSet' } } });
  });

  it('makes the profile of what runs after an update failed', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));
    stack.test.host.faults.add({ service: 'arm', method: 'PUT', times: 1, then: { failOperation: 'Oops' } });
    const files = await download(await freshUrl({ vpnClientAddressPool: { addressPrefixes: ['172.30.0.0/24'] } }));

    expect(strFromU8(files['Generic/VpnSettings.xml'] ?? new Uint8Array())).toContain('172.16.201.0/24');
  });
});
