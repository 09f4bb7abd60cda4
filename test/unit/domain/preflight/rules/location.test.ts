import { aSubscriptionId } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const resourceId = `/subscriptions/${aSubscriptionId}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/Hub`;
const virtualNetworkFacts = {
  location: 'West Europe',
  addressSpace: ['10.1.0.0/16'],
  dnsServers: [],
  subnets: [{ name: 'GatewaySubnet', prefixes: ['10.1.255.0/27'] }],
};

describe('src/domain/preflight/rules/location', () => {
  it.each(['eastus', 'EastUS', 'East US 2'])('takes %j', (location) => {
    expect(foundProblems({ location })).toEqual([]);
  });

  it.each(['', 'east-us', 'eastus;drop', '東'])('refuses %j', (location) => {
    expect(foundProblems({ location })).toEqual(['error locationRefused /location']);
  });

  it.each(['southcentralus', 'ukwest', 'chilecentral'])('knows %j', (location) => {
    expect(foundProblems({ location })).toEqual([]);
  });

  it('warns of a region that it does not know, which may be new', () => {
    expect(foundProblems({ location: 'atlantiseast' })).toEqual(['warning locationUnknown /location']);
  });

  it.each([
    ['atlantiseast', { isOffered: true, hasZones: true }, []],
    ['atlantiseast', { isOffered: false, hasZones: false }, ['error locationNotOffered /location']],
    ['eastus', { isOffered: false, hasZones: false }, ['error locationNotOffered /location']],
  ])('goes by what Azure lists for the subscription: %s, %j gives %j', (location, region, expected) => {
    expect(foundProblems({ location }, { region })).toEqual(expected);
  });

  it('refuses a network of this name that is there in another region', () => {
    expect(foundProblems({ location: 'eastus' }, { virtualNetworkFacts })).toEqual([
      'error locationDiffersFromVirtualNetwork /location',
    ]);
  });

  it('refuses a gateway in another region than its virtual network, and names that region', () => {
    const problem = problemNamed(
      'locationDiffersFromVirtualNetwork',
      { location: 'eastus', virtualNetwork: { resourceId } },
      { virtualNetworkFacts },
    );

    expect(problem).toMatchObject({ path: '/location', severity: 'error', fix: 'Set location to "westeurope".' });
  });

  it('takes the region of its virtual network in either spelling', () => {
    expect(foundProblems({ location: 'westeurope', virtualNetwork: { resourceId } }, { virtualNetworkFacts })).toEqual(
      [],
    );
  });
});
