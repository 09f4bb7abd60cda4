import { firstVnetAddress } from '../../../sandbox/vpn/address-plan.ts';
import { renderServerConfig } from '../../../sandbox/vpn/server-config.ts';
import { aVpnGateway } from '../../support/vpn/test-gateway.ts';

describe('sandbox/vpn/server-config', () => {
  it('serves the first pool and a route for each IPv4 prefix of the virtual network', async () => {
    const gateway = await aVpnGateway([]);

    const lines = renderServerConfig({
      ...gateway,
      addressPool: ['172.16.201.0/25', '172.16.202.0/24'],
      vnetPrefixes: ['10.1.0.0/16', 'fd00::/48', '10.254.0.0/20'],
    }).split('\n');

    expect(lines).toContain('server 172.16.201.0 255.255.255.128');
    expect(lines.filter((line) => line.startsWith('push'))).toEqual([
      'push "route 10.1.0.0 255.255.0.0"',
      'push "route 10.254.0.0 255.255.240.0"',
    ]);
  });

  it('refuses a pool that is no IPv4 range', async () => {
    const gateway = await aVpnGateway([]);

    expect(() => renderServerConfig({ ...gateway, addressPool: ['172.16.201.0'] })).toThrow();
  });

  it.each([
    ['10.1.0.0/16', '10.1.0.4'],
    ['10.1.3.7/16', '10.1.0.4'],
    ['192.168.255.248/29', '192.168.255.252'],
  ])('puts the first machine of %s at %s', (prefix, address) => {
    expect(firstVnetAddress(prefix)).toBe(address);
  });
});
