import type { VirtualNetworkFacts } from '../../../../../src/domain/preflight/facts.ts';
import { aSubscriptionId, aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

function found(...dnsServers: string[]): readonly string[] {
  return foundProblems({ virtualNetwork: aVirtualNetwork({ dnsServers }) });
}

const forwarding = 'warning customDnsMustForward /virtualNetwork/dnsServers';
const hub = `/subscriptions/${aSubscriptionId}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/Hub`;
/** What is known of a network with these servers, peered with 10.9.0.0/16. */
function there(dnsServers: string[]): VirtualNetworkFacts {
  return {
    location: 'eastus',
    addressSpace: ['10.1.0.0/16'],
    dnsServers,
    subnets: [{ name: 'GatewaySubnet', prefixes: ['10.1.255.0/27'] }],
    peerings: [{ name: 'spoke', addressSpace: ['10.9.0.0/16'], usesRemoteGateways: false }],
  };
}

describe('src/domain/preflight/rules/dns-servers', () => {
  it.each([[[]], [['168.63.129.16']]])('takes %j without a word', (dnsServers: string[]) => {
    expect(found(...dnsServers)).toEqual([]);
  });

  it('warns that own servers have to forward', () => {
    expect(found('10.1.0.4', '8.8.8.8')).toEqual([forwarding]);
    expect(
      problemNamed('customDnsMustForward', { virtualNetwork: aVirtualNetwork({ dnsServers: ['10.2.1.4'] }) }).message,
    ).toContain('168.63.129.16');
  });

  it.each([
    'dns.example.org',
    '10.2.1.4/32',
    '010.2.1.4',
    '::1',
    '0.0.0.0',
    '127.0.0.1',
    '239.1.1.1',
    '255.255.255.255',
  ])('refuses %j', (server) => {
    expect(found('10.1.0.4', server)).toEqual(['error dnsServerRefused /virtualNetwork/dnsServers/1', forwarding]);
  });

  it('refuses a server that is there twice', () => {
    expect(found('10.1.0.4', '10.1.0.4')).toEqual(['error dnsServerRepeated /virtualNetwork/dnsServers/1', forwarding]);
  });

  it.each([
    ['the network itself', '10.1.0.4', {}],
    ['a range on premises', '192.168.7.4', { onPremisesRanges: ['192.168.7.0/24'] }],
    ['a range behind the gateway', '192.168.7.4', { customRoutes: ['192.168.7.0/24'] }],
    ['the Internet', '8.8.8.8', {}],
  ])('knows the way to a server in %s', (_where, server, changes) => {
    expect(foundProblems({ virtualNetwork: aVirtualNetwork({ dnsServers: [server] }), ...changes })).toEqual([
      forwarding,
    ]);
  });

  it('warns of a server in no range that is known, at its place', () => {
    expect(found('10.1.0.4', '10.2.1.4')).toEqual([
      forwarding,
      'warning dnsServerOutOfReach /virtualNetwork/dnsServers/1',
    ]);
  });

  it('says nothing of that while a range cannot be read', () => {
    const virtualNetwork = aVirtualNetwork({ dnsServers: ['10.2.1.4'], addressSpace: ['10.1.0.0/16', '10.2.1/24'] });

    expect(foundProblems({ virtualNetwork }).filter((problem) => problem.includes('dnsServerOutOfReach'))).toEqual([]);
    expect(
      foundProblems({ virtualNetwork: aVirtualNetwork({ dnsServers: ['10.2.1.4'] }), onPremisesRanges: ['10.2.1'] }),
    ).not.toContain('warning dnsServerOutOfReach /virtualNetwork/dnsServers/0');
  });

  it('looks at the servers of a network that is there, and at its peers', () => {
    const path = '/virtualNetwork/resourceId';
    const judged = (servers: string[]) =>
      foundProblems({ virtualNetwork: { resourceId: hub } }, { virtualNetworkFacts: there(servers) });

    expect(judged(['10.9.0.4'])).toEqual([`warning customDnsMustForward ${path}`]);
    expect(judged(['10.2.1.4'])).toEqual([
      `warning customDnsMustForward ${path}`,
      `warning dnsServerOutOfReach ${path}`,
    ]);
  });

  it('judges the servers that the plan gives a network that is there, where they stand', () => {
    const virtualNetwork = { resourceId: hub, dnsServers: ['dns'], allowForeignVnet: true };

    expect(foundProblems({ virtualNetwork }, { virtualNetworkFacts: there([]) })).toEqual([
      'error dnsServerRefused /virtualNetwork/dnsServers/0',
      forwarding,
      'warning foreignDnsChanges /virtualNetwork/dnsServers',
    ]);
  });
});
