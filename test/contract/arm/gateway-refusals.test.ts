import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import {
  aClientConfiguration,
  aGateway,
  anIpConfiguration,
  aPublicIp,
  aSubnet,
  aVirtualNetwork,
} from '../../support/builders/arm-bodies.ts';
import { createRootData } from '../../support/root-certificates.ts';

const network = '/providers/Microsoft.Network';
const gatewayPath = `${network}/virtualNetworkGateways/gw`;
const group = '/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/rg';
const thumbprint = 'A'.repeat(40);

type Json = Record<string, unknown>;

const root = (name: string, publicCertData: string) => ({ name, properties: { publicCertData } });
const revoked = (name: string, value = thumbprint) => ({ name, properties: { thumbprint: value } });
const withClient = (members: Json) => ({ vpnClientConfiguration: aClientConfiguration(members) });
const withIp = (properties: Json) => ({ ipConfigurations: [{ name: 'ip', properties }] });
const pip = (name: string) => ({ ipConfigurations: [anIpConfiguration(group, 'ip', name)] });
const sku = (name: string, more: Json = {}) => ({ sku: { name, tier: name }, ...more });

/** Everything here is refused at once and leaves nothing behind; one stack serves all. */
describe('sandbox/arm/gateways', () => {
  let stack: ArmStack;
  let good: string;

  beforeAll(async () => {
    stack = await startArmStack();
    good = await createRootData('good');
    await stack.prepareNetwork();
    await stack.put(`${network}/virtualNetworks/Other`, {
      ...aVirtualNetwork({ subnets: [aSubnet('GatewaySubnet', '10.1.255.0/27')] }),
    });
    await stack.put(`${network}/publicIPAddresses/basic`, aPublicIp({ sku: { name: 'Basic' }, zones: undefined }));
    await stack.put(`${network}/publicIPAddresses/regional`, aPublicIp({ zones: undefined }));
    await stack.put(`${network}/publicIPAddresses/west`, { ...aPublicIp(), location: 'westus2' });
  });

  afterAll(async () => {
    await stack.close();
  });

  async function refusalOf(properties: Json) {
    const answer = await stack.send('PUT', stack.path(gatewayPath), { body: aGateway(stack.group, properties) });
    expect((await stack.send('GET', stack.path(gatewayPath))).status).toBe(404);
    return { status: answer.status, error: answer.body['error'] as { code: string; message: string; details: Json[] } };
  }

  it.each<[string, Json, string]>([
    ['a SKU without zones', sku('VpnGw1'), 'NonAzSkusNotAllowedForVPNGateway'],
    ['a SKU of the classic days', sku('HighPerformance'), 'InvalidGatewaySize'],
    ['a SKU that is none', sku('VpnGw9AZ'), 'InvalidRequestFormat'],
    [
      'the smallest SKU in the second generation',
      { vpnGatewayGeneration: 'Generation2' },
      'VirtualNetworkGatewaySkuCannotBeCreatedForSpecifiedVmGeneration',
    ],
    [
      'a large SKU in the first generation',
      sku('VpnGw4AZ', { vpnGatewayGeneration: 'Generation1' }),
      'VirtualNetworkGatewaySkuCannotBeCreatedForSpecifiedVmGeneration',
    ],
    ['another type of gateway', { gatewayType: 'ExpressRoute' }, 'GatewayTypeNotSupported'],
    ['no ipConfiguration', { ipConfigurations: [] }, 'VirtualNetworkGatewayIpConfigurationCountInvalid'],
    [
      'active-active with one ipConfiguration',
      { activeActive: true },
      'VirtualNetworkGatewayIpConfigurationCountInvalid',
    ],
    ['a Basic public IP', pip('basic'), 'PublicIpWithBasicSkuNotAllowedOnVPNGateways'],
    ['a public IP without zones', pip('regional'), 'VmssVpnGatewayPublicIpsMustHaveZonesConfigured'],
    ['a public IP of another region', pip('west'), 'InvalidResourceReference'],
    ['a public IP that does not exist', pip('none'), 'InvalidResourceReference'],
    [
      'a subnet of another name',
      withIp({
        ...(anIpConfiguration(group)['properties'] as Json),
        subnet: { id: `${group}${network}/virtualNetworks/VNet1/subnets/FrontEnd` },
      }),
      'SubnetNameMustBeGatewaySubnet',
    ],
    [
      'a subnet that does not exist',
      withIp({
        ...(anIpConfiguration(group)['properties'] as Json),
        subnet: { id: `${group}${network}/virtualNetworks/VNet1/subnets/none` },
      }),
      'InvalidResourceReference',
    ],
    ['SSTP', withClient({ vpnClientProtocols: ['SSTP'] }), 'SstpProtocolNotAllowedForVPNGateway'],
    [
      'SSTP together with OpenVPN',
      withClient({ vpnClientProtocols: ['SSTP', 'OpenVPN'] }),
      'VpnClientProtocolsCannotBeCombined',
    ],
    ['OpenVPN on the Basic SKU', sku('Basic'), 'VpnClientProtocolNotSupportedForBasicSku'],
    ['clients on a policy-based gateway', { vpnType: 'PolicyBased' }, 'VpnClientNotSupportedForPolicyBasedGateway'],
    ['AAD without its tenant', withClient({ vpnAuthenticationTypes: ['AAD'] }), 'VpnAuthenticationTypesInvalid'],
    [
      'AAD without OpenVPN',
      withClient({ vpnAuthenticationTypes: ['AAD'], vpnClientProtocols: ['IkeV2'] }),
      'VpnAuthenticationTypesInvalid',
    ],
    ['Radius without a server', withClient({ vpnAuthenticationTypes: ['Radius'] }), 'VpnAuthenticationTypesInvalid'],
    [
      'Radius beside Certificate with IkeV2',
      withClient({ vpnAuthenticationTypes: ['Radius', 'Certificate'] }),
      'VpnAuthenticationTypesInvalid',
    ],
    [
      'a pool inside the network',
      withClient({ vpnClientAddressPool: { addressPrefixes: ['10.1.8.0/24'] } }),
      'VpnClientAddressPoolOverlapsWithVirtualNetwork',
    ],
    [
      'a pool that is too small',
      withClient({ vpnClientAddressPool: { addressPrefixes: ['172.16.0.0/30'] } }),
      'VpnClientAddressPoolTooSmall',
    ],
    [
      'pools that overlap',
      withClient({ vpnClientAddressPool: { addressPrefixes: ['172.16.0.0/24', '172.16.0.0/25'] } }),
      'VpnClientAddressPoolsOverlap',
    ],
    [
      'a thumbprint of the wrong length',
      withClient({ vpnClientRevokedCertificates: [revoked('r', 'ABC')] }),
      'VpnClientRevokedCertificateThumbprintInvalid',
    ],
    [
      'a revoked name twice',
      withClient({ vpnClientRevokedCertificates: [revoked('r'), revoked('R')] }),
      'DuplicateResourceName',
    ],
    [
      '301 revoked certificates',
      withClient({ vpnClientRevokedCertificates: Array.from({ length: 301 }, (_, at) => revoked(`r${at}`)) }),
      'VpnClientCertificateCountExceeded',
    ],
    ['a protocol that is none', withClient({ vpnClientProtocols: ['L2TP'] }), 'InvalidRequestFormat'],
  ])('refuses %s', async (_case, properties, code) => {
    expect(await refusalOf(properties)).toMatchObject({ status: 400, error: { code } });
  });

  it.each<[string, (data: string) => Json[], string]>([
    [
      'PEM markers',
      (data) => [root('a', `-----BEGIN CERTIFICATE-----${data}-----END CERTIFICATE-----`)],
      'VpnClientRootCertificateDataInvalid',
    ],
    [
      'line breaks',
      (data) => [root('a', `${data.slice(0, 64)}\n${data.slice(64)}`)],
      'VpnClientRootCertificateDataInvalid',
    ],
    [
      'base64 of something else',
      () => [root('a', Buffer.from('hello').toString('base64'))],
      'VpnClientRootCertificateDataInvalid',
    ],
    ['a name with a space', (data) => [root('my root', data)], 'InvalidResourceName'],
    ['a name twice', (data) => [root('a', data), root('A', data)], 'DuplicateResourceName'],
    [
      '21 entries',
      (data) => Array.from({ length: 21 }, (_, at) => root(`r${at}`, data)),
      'VpnClientCertificateCountExceeded',
    ],
    ['data outside properties', (data) => [{ name: 'a', publicCertData: data }], 'InvalidRequestFormat'],
    [
      'one bad entry among good ones',
      (data) => [root('a', data), root('b', 'x')],
      'VpnClientRootCertificateDataInvalid',
    ],
  ])('refuses roots with %s', async (_case, roots, code) => {
    const refusal = await refusalOf(withClient({ vpnClientRootCertificates: roots(good) }));

    expect(refusal).toMatchObject({ status: 400, error: { code } });
  });

  it('names the entry and the place of what it cannot read', async () => {
    const data = await refusalOf(withClient({ vpnClientRootCertificates: [root('broken', 'x')] }));
    const wrapper = await refusalOf(withClient({ vpnClientRevokedCertificates: [{ name: 'r', thumbprint }] }));
    const reference = await refusalOf(withIp({ subnet: { id: '/not/an/id' } }));
    const missing = await refusalOf(withIp({}));

    expect(data.error.message).toBe('Data for certificate broken is invalid.');
    expect(wrapper.error.details).toMatchObject([
      {
        code: 'InvalidJson',
        message: expect.stringContaining('vpnClientRevokedCertificates[0].thumbprint') as string,
      },
    ]);
    expect(reference.error.details).toMatchObject([{ code: 'InvalidJsonReferenceFormat' }]);
    expect(missing.error.details).toMatchObject([
      {
        code: 'MissingJsonReferenceId',
        message: 'Value for reference id is missing. Path properties.ipConfigurations[0].properties.subnet.',
      },
    ]);
  });

  it('names both prefixes when a pool overlaps with the network', async () => {
    const refusal = await refusalOf(withClient({ vpnClientAddressPool: { addressPrefixes: ['10.1.1.0/26'] } }));

    expect(refusal.error.message).toContain('10.1.0.0/16 and 10.1.1.0/26');
  });

  it('refuses to build on a network that is not ready, with a 429 that says so', async () => {
    await stack.send('PUT', stack.path(`${network}/virtualNetworks/Other`), { body: aVirtualNetwork() });
    const properties = anIpConfiguration(stack.group)['properties'] as Json;
    const subnet = { id: `${stack.group}${network}/virtualNetworks/Other/subnets/GatewaySubnet` };

    expect(await refusalOf(withIp({ ...properties, subnet }))).toMatchObject({
      status: 429,
      error: { code: 'RetryableError', details: [{ code: 'ReferencedResourceNotProvisioned' }] },
    });
  });
});
