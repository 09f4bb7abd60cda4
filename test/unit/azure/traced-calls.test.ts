import { armTemplate, vaultTemplate } from '../../../src/azure/traced-calls.ts';

describe('src/azure/traced-calls', () => {
  it.each([
    ['/subscriptions/6a1f7a52', '/subscriptions/{subscriptionId}'],
    [
      '/subscriptions/6a1f/resourcegroups/TestRG1/resources',
      '/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}/resources',
    ],
    [
      '/subscriptions/6a1f/resourceGroups/TestRG1/providers/Microsoft.Network/virtualNetworks/VNet1/subnets/GatewaySubnet',
      '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network/virtualNetworks/{name}/subnets/{name}',
    ],
    [
      '/subscriptions/6a1f/resourceGroups/TestRG1/providers/Microsoft.Network/virtualNetworkGateways/VNet1GW/generatevpnprofile',
      '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network/virtualNetworkGateways/{name}/generatevpnprofile',
    ],
    [
      '/subscriptions/6a1f/providers/Microsoft.Network/locations/westeurope/operations/0b1c2d',
      '/subscriptions/{subscriptionId}/providers/Microsoft.Network/locations/{name}/operations/{name}',
    ],
    // Not a path that Resource Manager has: what stands where a word should be is told no better.
    ['/subscriptions/6a1f/eyJhbGciOi.1/x', '/subscriptions/{subscriptionId}/{name}/{name}'],
  ])('tells of %s no name', (path, template) => {
    expect(armTemplate(path)).toBe(template);
  });

  it.each([
    ['/secrets/password-of-ann', '/secrets/{name}'],
    ['/secrets/password-of-ann/', '/secrets/{name}'],
    ['/keys/root-1/0123456789abcdef0123456789abcdef/sign', '/keys/{name}/{version}/sign'],
    ['/certificates/root-1/pending/merge', '/certificates/{name}/pending/merge'],
    ['/deletedsecrets/create/recover', '/deletedsecrets/{name}/recover'],
  ])('tells of %s in a vault no name', (path, template) => {
    expect(vaultTemplate(path)).toBe(template);
  });
});
