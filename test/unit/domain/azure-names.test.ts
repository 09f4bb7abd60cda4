import fc from 'fast-check';
import {
  faultsOfName,
  isLocationName,
  type NamedResource,
  normaliseLocation,
  slugOf,
  virtualNetworkIdPattern,
} from '../../../src/domain/azure-names.ts';

describe('src/domain/azure-names', () => {
  it.each<[NamedResource, string]>([
    ['resourceGroup', 'TestRG1'],
    ['resourceGroup', '(rg)_1.x-'],
    ['resourceGroup', 'rg-Büro-Köln'],
    ['resourceGroup', '東京٣'],
    ['resourceGroup', 'r'.repeat(90)],
    ['virtualNetwork', 'VN'],
    ['virtualNetwork', 'v'.repeat(64)],
    ['subnet', 'GatewaySubnet'],
    ['subnet', '9'],
    ['publicIp', 'VNet1GWpip_'],
    ['virtualNetworkGateway', 'a.b-c_d'],
    ['ipConfiguration', 'gwipconf'],
  ])('takes the %s name %j', (resource, name) => {
    expect(faultsOfName(resource, name)).toEqual([]);
  });

  it.each<[NamedResource, string, number]>([
    ['resourceGroup', '', 1],
    ['resourceGroup', 'rg.', 1],
    ['resourceGroup', 'my group', 1],
    ['resourceGroup', 'rg+1', 1],
    ['resourceGroup', 'rg😀', 1],
    ['resourceGroup', 'rg½', 1],
    ['resourceGroup', 'r'.repeat(91), 1],
    ['virtualNetwork', 'V', 1],
    ['virtualNetwork', 'v'.repeat(65), 1],
    ['subnet', 'Front End', 1],
    ['publicIp', '-pip', 1],
    ['publicIp', 'pip-', 1],
    ['virtualNetworkGateway', 'g'.repeat(81), 1],
    ['virtualNetworkGateway', 'ゲート', 1],
    ['virtualNetworkGateway', '../../x', 1],
    ['virtualNetworkGateway', ' '.repeat(81), 2],
    ['ipConfiguration', 'gw\nipconf', 1],
  ])('refuses the %s name %j', (resource, name, faults) => {
    expect(faultsOfName(resource, name)).toHaveLength(faults);
  });

  it.each([
    ['EastUS', 'eastus'],
    ['East US', 'eastus'],
    ['eastus2', 'eastus2'],
  ])('writes the region %j as %j', (given, written) => {
    expect(normaliseLocation(given)).toBe(written);
    expect(isLocationName(written)).toBe(true);
  });

  it.each(['', 'east-us', 'eastus/x', '2eastus', 'a'.repeat(51)])('does not take %j for a region', (text) => {
    expect(isLocationName(normaliseLocation(text))).toBe(false);
  });

  it.each([
    ['VNet1GW', 'vnet1gw'],
    ['My  Gateway (north)', 'my-gateway-north'],
    ['--a--', 'a'],
    ['日本', 'gateway'],
    ['', 'gateway'],
    [`${'a'.repeat(62)}-b`, 'a'.repeat(62)],
  ])('makes of the name %j the id %j', (name, id) => {
    expect(slugOf(name)).toBe(id);
  });

  it('makes an id that its own form takes of any name', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (name) => {
        expect(slugOf(name)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
      }),
    );
  });

  it.each([
    [
      true,
      '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/VNet1',
    ],
    [
      true,
      '/SUBSCRIPTIONS/3F0C1A52-7D64-4E0B-9A51-C2D7BE0F4C11/resourcegroups/rg/providers/microsoft.network/virtualnetworks/VNet1',
    ],
    [false, '/subscriptions/x/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/VNet1'],
    [
      false,
      '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/VNet1/subnets/x',
    ],
    [
      false,
      '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/VNet1?x=1',
    ],
    [
      false,
      '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/../providers/Microsoft.Network/virtualNetworks/VNet1',
    ],
    [
      false,
      '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/..',
    ],
    [
      false,
      '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/%2e%2e',
    ],
    [
      true,
      '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/Zürich_(1).x/providers/Microsoft.Network/virtualNetworks/a.b-c_',
    ],
  ])('says %s to the virtual network id %s', (expected, id) => {
    expect(virtualNetworkIdPattern.test(id)).toBe(expected);
  });
});
