import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import {
  aClientConfiguration,
  aGateway,
  anIpConfiguration,
  aPublicIp,
  aVirtualNetwork,
} from '../../support/builders/arm-bodies.ts';
import { createRootData } from '../../support/root-certificates.ts';
import { writableGateway } from '../../support/writable-gateway.ts';

const network = '/providers/Microsoft.Network';
const gatewayPath = `${network}/virtualNetworkGateways/gw`;
const minuteMs = 60_000;

type Json = Record<string, unknown>;

describe('sandbox/arm/gateways/gateways', () => {
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
  const withClient = (members: Json) => ({ vpnClientConfiguration: aClientConfiguration(members) });

  it('takes about 42 minutes to create and about 4 to update, and changes every etag on the way', async () => {
    const created = await put();
    await stack.test.advance(37 * minuteMs);
    const during = await stack.send('GET', stack.path(gatewayPath));
    await stack.test.advance(10 * minuteMs);
    const after = await stack.send('GET', stack.path(gatewayPath));
    const updated = await put();
    await stack.test.advance(5 * minuteMs);

    expect([created.status, updated.status]).toEqual([201, 200]);
    expect(created.headers['retry-after']).toBe('10');
    expect(during.body).toMatchObject({ properties: { provisioningState: 'Updating' } });
    expect(after.body).toMatchObject({
      properties: {
        provisioningState: 'Succeeded',
        enableBgp: false,
        activeActive: false,
        vpnGatewayGeneration: 'Generation1',
        sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ', capacity: 2 },
        bgpSettings: { asn: 65515, bgpPeeringAddress: '10.1.255.4' },
        ipConfigurations: [{ id: `${stack.group}${gatewayPath}/ipConfigurations/gwipconf`, etag: after.body['etag'] }],
      },
    });
    expect(after.body['etag']).not.toBe(created.body['etag']);
    expect(updated.body['properties']).toMatchObject({
      resourceGuid: (created.body['properties'] as Json)['resourceGuid'],
    });
    expect((await stack.send('GET', stack.path(gatewayPath))).body).toMatchObject({
      properties: { provisioningState: 'Succeeded' },
    });
  });

  it('identifies roots and revoked certificates and gives each its own provisioning state', async () => {
    const publicCertData = await createRootData('root');
    const thumbprint = 'b'.repeat(40);
    const trust = {
      vpnClientRootCertificates: [{ name: 'root', properties: { publicCertData } }],
      vpnClientRevokedCertificates: [{ name: 'lost', properties: { thumbprint } }],
    };
    const started = await put(withClient(trust));
    await stack.test.advance(60 * minuteMs);
    const after = await stack.send('GET', stack.path(gatewayPath));

    const id = `${stack.group}${gatewayPath}`;
    const states = (provisioningState: string) => ({
      properties: {
        vpnClientConfiguration: {
          vpnClientRootCertificates: [
            { id: `${id}/vpnClientRootCertificates/root`, properties: { publicCertData, provisioningState } },
          ],
          vpnClientRevokedCertificates: [
            { id: `${id}/vpnClientRevokedCertificates/lost`, properties: { thumbprint, provisioningState } },
          ],
        },
      },
    });
    expect(started.body).toMatchObject(states('Updating'));
    expect(after.body).toMatchObject(states('Succeeded'));
  });

  it('answers in the official spelling, whatever case was sent', async () => {
    const answer = await put({
      gatewayType: 'VPN',
      sku: { name: 'vpngw2az' },
      ...withClient({ vpnClientProtocols: ['ikev2', 'openvpn'], vpnAuthenticationTypes: ['certificate'] }),
    });

    expect(answer.body['properties']).toMatchObject({
      gatewayType: 'Vpn',
      sku: { name: 'VpnGw2AZ', tier: 'VpnGw2AZ' },
      vpnClientConfiguration: { vpnClientProtocols: ['IkeV2', 'OpenVPN'], vpnAuthenticationTypes: ['Certificate'] },
    });
  });

  it('keeps unknown fields, in the client configuration too, and drops what a PUT does not repeat', async () => {
    await stack.put(gatewayPath, aGateway(stack.group, { newOne: 1, ...withClient({ newTwo: { deep: [2] } }) }));
    const kept = await stack.send('GET', stack.path(gatewayPath));
    const dropped = await put({ vpnClientConfiguration: undefined });

    expect(kept.body['properties']).toMatchObject({ newOne: 1, vpnClientConfiguration: { newTwo: { deep: [2] } } });
    expect(dropped.body['properties']).toMatchObject({
      vpnClientConfiguration: { vpnClientProtocols: ['OpenVPN', 'IkeV2'], vpnClientRootCertificates: [] },
    });
    expect(dropped.body['properties']).not.toHaveProperty('vpnClientConfiguration.vpnClientAddressPool');
  });

  it('never returns a RADIUS secret, and loses it when a PUT does not bring it', async () => {
    const servers = [{ radiusServerAddress: '10.9.0.5', radiusServerScore: 30, radiusServerSecret: 'second' }];
    const radius = {
      vpnAuthenticationTypes: ['Radius'],
      radiusServerAddress: '10.9.0.4',
      radiusServerSecret: 'first',
      radiusServers: servers,
    };
    const list = () => stack.send('POST', stack.path(`${gatewayPath}/listRadiusSecrets`));
    const started = await put(withClient(radius));
    await stack.test.advance(60 * minuteMs);
    const read = await stack.send('GET', stack.path(gatewayPath));
    const before = await list();
    const client = (writableGateway(read.body)['properties'] as Json)['vpnClientConfiguration'];
    await put({ vpnClientConfiguration: client });
    const after = await list();

    expect(started.text + read.text).not.toMatch(/first|second|radiusServerSecret/);
    expect(client).toMatchObject({ radiusServerAddress: '10.9.0.4', radiusServers: [{ radiusServerScore: 30 }] });
    expect(before.body).toEqual({
      value: [
        { radiusServerAddress: '10.9.0.4', radiusServerSecret: 'first' },
        { radiusServerAddress: '10.9.0.5', radiusServerSecret: 'second' },
      ],
    });
    expect(after.body).toEqual({ value: [] });
  });

  it('takes one write at a time, naming the operation to wait for', async () => {
    const first = await put();
    const again = await put();
    const removal = await stack.send('DELETE', stack.path(gatewayPath));
    const patch = await stack.send('PATCH', stack.path(gatewayPath), { body: { tags: {} } });
    const profile = await stack.send('POST', stack.path(`${gatewayPath}/generatevpnprofile`), { body: {} });

    for (const answer of [again, removal, patch]) {
      expect(answer).toMatchObject({ status: 429, body: { error: { code: 'AnotherOperationInProgress' } } });
      expect(answer.headers['retry-after']).toBe('10');
      expect(answer.text).toContain(String(first.headers['azure-asyncoperation']));
    }
    expect(profile).toMatchObject({ status: 429, body: { error: { code: 'RetryableErrorDueToAnotherOperation' } } });
  });

  it('refuses a write while a profile is being made', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));
    await stack.send('POST', stack.path(`${gatewayPath}/generatevpnprofile`), { body: {} });

    const locked = { status: 429, body: { error: { code: 'RetryableErrorDueToAnotherOperation' } } };
    expect(await put()).toMatchObject(locked);
    await stack.test.advance(40_000);
    expect((await put()).status).toBe(200);
  });

  it('sets tags by an operation of their own', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));
    const patch = await stack.send('PATCH', stack.path(gatewayPath), { body: { tags: { owner: 'ops' } } });
    await stack.test.advance(minuteMs);

    expect(patch).toMatchObject({ status: 202, text: '' });
    expect((await stack.send('GET', stack.path(gatewayPath))).body).toMatchObject({
      tags: { owner: 'ops' },
      properties: { provisioningState: 'Succeeded' },
    });
  });

  it('takes a write whose If-Match is the etag', async () => {
    const { body } = await stack.put(gatewayPath, aGateway(stack.group));

    expect((await put({}, { 'if-match': String(body['etag']) })).status).toBe(200);
  });

  it('refuses to change what is fixed, a second gateway in the network and a public IP in use', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));
    await stack.put(`${network}/publicIPAddresses/pip2`, aPublicIp());

    const policy = await put({ vpnType: 'PolicyBased', vpnClientConfiguration: undefined });
    const generation = await put({ sku: { name: 'VpnGw2AZ' }, vpnGatewayGeneration: 'Generation2' });
    const second = (publicIp: string) =>
      stack.send('PUT', stack.path(`${network}/virtualNetworkGateways/gw2`), {
        body: aGateway(stack.group, { ipConfigurations: [anIpConfiguration(stack.group, 'ip', publicIp)] }),
      });

    const changed = { status: 400, body: { error: { code: 'VirtualNetworkGatewayPropertyCannotBeChanged' } } };
    expect(policy).toMatchObject(changed);
    expect(generation).toMatchObject(changed);
    expect((await second('pip2')).body).toMatchObject({ error: { code: 'VirtualNetworkCanHaveOnlyOneGateway' } });
    await stack.put(`${network}/virtualNetworks/VNet2`, aVirtualNetwork());
    const elsewhere = anIpConfiguration(stack.group);
    const subnet = { id: `${stack.group}${network}/virtualNetworks/VNet2/subnets/GatewaySubnet` };
    const taken = await stack.send('PUT', stack.path(`${network}/virtualNetworkGateways/gw2`), {
      body: aGateway(stack.group, {
        ipConfigurations: [{ ...elsewhere, properties: { ...(elsewhere['properties'] as Json), subnet } }],
      }),
    });
    expect(taken).toMatchObject({ status: 400, body: { error: { code: 'PublicIPAddressInUse' } } });
  });

  it('takes back what it answered, for each kind of resource', async () => {
    await stack.put(gatewayPath, aGateway(stack.group, { tags: { a: 'b' } }));

    for (const path of [gatewayPath, `${network}/virtualNetworks/VNet1`, `${network}/publicIPAddresses/pip`]) {
      const before = await stack.send('GET', stack.path(path));
      const after = await stack.put(path, writableGateway(before.body));
      const withoutEtags = (text: string) => text.replaceAll(/W\/\\"[0-9a-f-]+\\"/g, '');
      expect(withoutEtags(after.text)).toBe(withoutEtags(before.text));
      expect(after.body['etag']).not.toBe(before.body['etag']);
    }
  });

  it('answers a writer that read before another write began with the lock, not with a fault in its body', async () => {
    const { body } = await stack.put(gatewayPath, aGateway(stack.group));
    await stack.arm.putAsSomebodyElse('PUT', `${stack.group}${gatewayPath}`, aGateway(stack.group));

    const late = await stack.send('PUT', stack.path(gatewayPath), { body: writableGateway(body) });
    expect(late).toMatchObject({ status: 429, body: { error: { code: 'AnotherOperationInProgress' } } });
  });

  it('makes a gateway of the Basic SKU, which needs no public IP and gets no client configuration', async () => {
    const { subnet } = anIpConfiguration(stack.group)['properties'] as Json;
    const answer = await put({
      sku: { name: 'Basic', tier: 'Basic' },
      ipConfigurations: [{ name: 'ip', properties: { subnet } }],
      vpnClientConfiguration: undefined,
    });

    expect(answer.status).toBe(201);
    expect(answer.body['properties']).not.toHaveProperty('vpnClientConfiguration');
  });

  it('refuses a root that has expired since it was accepted, until it is taken out', async () => {
    const publicCertData = await createRootData('short', stack.test.host.clock.offsetMs + 90 * minuteMs);
    const roots = withClient({ vpnClientRootCertificates: [{ name: 'short', properties: { publicCertData } }] });
    await stack.put(gatewayPath, aGateway(stack.group, roots));
    await stack.test.advance(60 * minuteMs);

    const refused = await put(roots);
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'VpnClientRootCertificateExpired' } } });
    expect((await put()).status).toBe(200);
  });

  it('shows the wanted state after a failed update, but goes on running the old one', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));
    stack.test.host.faults.add({
      service: 'arm',
      method: 'PUT',
      times: 1,
      then: { failOperation: 'InternalServerError' },
    });

    const started = await put(withClient({ vpnClientAddressPool: { addressPrefixes: ['172.30.0.0/24'] } }));
    await stack.test.advance(10 * minuteMs);

    expect((await stack.send('GET', String(started.headers['azure-asyncoperation']))).body).toMatchObject({
      status: 'Failed',
      error: { code: 'InternalServerError' },
    });
    expect((await stack.send('GET', stack.path(gatewayPath))).body).toMatchObject({
      properties: {
        provisioningState: 'Failed',
        vpnClientConfiguration: { vpnClientAddressPool: { addressPrefixes: ['172.30.0.0/24'] } },
      },
    });
    expect(stack.arm.gatewaysForVpn()).toMatchObject([{ addressPool: ['172.16.201.0/24'], ready: true }]);
  });

  it('lets somebody else change a gateway under the same rules', async () => {
    await stack.put(gatewayPath, aGateway(stack.group));

    const accepted = await stack.arm.putAsSomebodyElse('put', `${stack.group}${gatewayPath}`, aGateway(stack.group));
    const refused = await stack.arm.putAsSomebodyElse('DELETE', `${stack.group}${gatewayPath}`, undefined);

    expect([accepted.status, refused.status]).toEqual([200, 429]);
    expect(stack.test.host.journal.list({ service: 'arm' }).at(-1)).toMatchObject({ principal: 'portal', status: 429 });
  });

  it('accepts active-active with point-to-site when it has three ipConfigurations', async () => {
    for (const name of ['pip2', 'pip3']) await stack.put(`${network}/publicIPAddresses/${name}`, aPublicIp());
    const ipConfigurations = ['pip', 'pip2', 'pip3'].map((name) => anIpConfiguration(stack.group, `ip-${name}`, name));

    expect((await put({ activeActive: true, ipConfigurations: ipConfigurations.slice(0, 2) })).status).toBe(400);
    expect((await put({ activeActive: true, ipConfigurations })).status).toBe(201);
  });
});
