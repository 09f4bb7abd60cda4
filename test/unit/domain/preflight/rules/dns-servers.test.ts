import { aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

function found(...dnsServers: string[]): readonly string[] {
  return foundProblems({ virtualNetwork: aVirtualNetwork({ dnsServers }) });
}

const forwarding = 'warning customDnsMustForward /virtualNetwork/dnsServers';

describe('src/domain/preflight/rules/dns-servers', () => {
  it.each([[[]], [['168.63.129.16']]])('takes %j without a word', (dnsServers: string[]) => {
    expect(found(...dnsServers)).toEqual([]);
  });

  it('warns that own servers have to forward', () => {
    expect(found('10.2.1.4', '8.8.8.8')).toEqual([forwarding]);
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
    expect(found('10.2.1.4', server)).toEqual(['error dnsServerRefused /virtualNetwork/dnsServers/1', forwarding]);
  });

  it('refuses a server that is there twice', () => {
    expect(found('10.2.1.4', '10.2.1.4')).toEqual(['error dnsServerRepeated /virtualNetwork/dnsServers/1', forwarding]);
  });
});
