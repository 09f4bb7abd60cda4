import { aSubscriptionId, aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const group = `/subscriptions/${aSubscriptionId}/resourceGroups/TestRG1`;
const hub = `/subscriptions/${aSubscriptionId}/resourceGroups/Hub/providers/Microsoft.Network/virtualNetworks/Hub`;
const reads = ['Microsoft.Network/virtualNetworks/read'];
const networkThere = {
  location: 'eastus',
  addressSpace: ['10.1.0.0/16'],
  dnsServers: [],
  subnets: [
    { name: 'FrontEnd', prefixes: ['10.1.0.0/24'] },
    { name: 'GatewaySubnet', prefixes: ['10.1.255.0/27'] },
  ],
};

function inGroup(actions: readonly string[], isGroupThere = true) {
  return { groupRights: { scope: group, isGroupThere, permissions: [{ actions, notActions: [] }] } };
}

function atHub(actions: readonly string[]) {
  return {
    ...inGroup(['*']),
    networkRights: { scope: hub, permissions: [{ actions, notActions: [] }] },
  };
}

describe('src/domain/preflight/rules/rights', () => {
  it.each([['*'], ['Microsoft.Network/*', 'Microsoft.Resources/subscriptions/resourceGroups/read']])(
    'says nothing of who may do everything that is needed: %s',
    (...actions) => {
      expect(foundProblems({}, inGroup(actions))).toEqual([]);
    },
  );

  it('names what is missing for the build, and where, as actions of a role', () => {
    const actions = ['*/read', 'Microsoft.Network/virtualNetwork*', 'Microsoft.Network/publicIPAddresses/write'];

    const { message, fix, severity } = problemNamed('rightsMissing', {}, inGroup(actions));

    expect(severity).toBe('error');
    expect(message).toMatch(/lacks at \S+TestRG1: Microsoft\.Network\/publicIPAddresses\/join\/action\.$/);
    expect(fix).toContain(group);
  });

  it('asks for the right to make the group only where there is none', () => {
    const network = ['Microsoft.Network/*', '*/read'];

    expect(foundProblems({}, inGroup(network))).toEqual([]);
    expect(problemNamed('rightsMissing', {}, inGroup(network, false)).message).toMatch(
      /: Microsoft\.Resources\/subscriptions\/resourceGroups\/write\.$/,
    );
  });

  it('warns of what is missing only to serve or to remove the gateway', () => {
    const actions = ['*/read', '*/write', '*/join/action', '*/generatevpnprofile/action', '*/delete'];

    expect(foundProblems({}, inGroup(actions))).toEqual(['warning rightsMissingLater /resourceGroup']);
    expect(problemNamed('rightsMissingLater', {}, inGroup(actions)).message).toContain(
      'getVpnClientConnectionHealth/action, Microsoft.Network/virtualNetworkGateways/disconnect',
    );
  });

  it('asks to write a network of others only where the plan changes it', () => {
    const joins = [...reads, 'Microsoft.Network/virtualNetworks/subnets/join/action'];
    const { subnets } = aVirtualNetwork();
    const changed = { virtualNetwork: { resourceId: hub, subnets } };

    expect(foundProblems({ virtualNetwork: { resourceId: hub } }, atHub(joins))).toEqual([]);
    expect(foundProblems(changed, atHub(joins))).toEqual(['error rightsMissing /virtualNetwork/resourceId']);
    expect(foundProblems(changed, { ...atHub(joins), virtualNetworkFacts: networkThere })).toEqual([]);
  });

  it('takes a role at a GatewaySubnet that is there for possible, and not at one that is to be made', () => {
    const changed = { virtualNetwork: { resourceId: hub, subnets: aVirtualNetwork().subnets } };
    const writes = atHub([...reads, 'Microsoft.Network/virtualNetworks/write']);
    const without = { ...networkThere, subnets: networkThere.subnets.slice(0, 1) };

    expect(foundProblems(changed, { ...writes, virtualNetworkFacts: networkThere })).toEqual([
      'warning rightsMissing /virtualNetwork/resourceId',
    ]);
    expect(foundProblems(changed, { ...writes, virtualNetworkFacts: without })).toEqual([
      'error rightsMissing /virtualNetwork/resourceId',
    ]);
  });

  describe('where the network and the addresses are there already', () => {
    const there = {
      publicIps: [{ resourceId: `${group}/VNet1GW-pip`, sku: 'Standard', allocationMethod: 'Static' }],
      virtualNetworkFacts: networkThere,
    };
    const leastRights = [
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Network/virtualNetworkGateways/*',
    ];
    const joins = [
      'Microsoft.Network/virtualNetworks/subnets/join/action',
      'Microsoft.Network/publicIPAddresses/join/action',
    ];

    it('asks for no right to make or to delete them', () => {
      expect(foundProblems({}, { ...there, ...inGroup([...leastRights, ...joins]) })).toEqual([]);
    });

    it('warns of rights that a role at one of them may give', () => {
      const lacking = { ...there, ...inGroup(leastRights) };

      expect(foundProblems({}, lacking)).toEqual(['warning rightsMissing /resourceGroup']);
      expect(problemNamed('rightsMissing', {}, lacking).message).toContain(joins.join(', '));
    });

    it.each([
      ['a subnet', { ...networkThere, subnets: networkThere.subnets.slice(1) }],
      ['a range', { ...networkThere, addressSpace: ['10.1.0.0/17', '10.1.128.0/17'] }],
    ])('asks to write the network where it lacks %s of the plan', (_what, virtualNetworkFacts) => {
      const lacking = { ...there, virtualNetworkFacts, ...inGroup([...leastRights, ...joins]) };

      expect(problemNamed('rightsMissing', {}, lacking)).toMatchObject({
        severity: 'warning',
        message: expect.stringMatching(/: Microsoft\.Network\/virtualNetworks\/write\.$/) as unknown,
      });
    });

    it('asks to make addresses while one is missing', () => {
      const lacking = { ...there, publicIps: [], ...inGroup([...leastRights, ...joins]) };

      expect(foundProblems({}, lacking)).toEqual([
        'error rightsMissing /resourceGroup',
        'warning rightsMissingLater /resourceGroup',
      ]);
    });
  });
});
