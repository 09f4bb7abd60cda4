import type { AttachmentFacts, RouteTableFacts } from '../../../../../src/domain/preflight/facts.ts';
import { aSubscriptionId } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const group = `/subscriptions/${aSubscriptionId}/resourceGroups/rg/providers/Microsoft.Network`;
const existing = { virtualNetwork: { resourceId: `${group}/virtualNetworks/Hub` } };
const plainTable: RouteTableFacts = {
  resourceId: `${group}/routeTables/ours`,
  isPropagationDisabled: false,
  routes: [],
};

function around(gatewaySubnet: AttachmentFacts) {
  return {
    virtualNetworkFacts: {
      location: 'eastus',
      addressSpace: ['10.1.0.0/16'],
      dnsServers: [],
      subnets: [{ name: 'gatewaysubnet', prefixes: ['10.1.255.0/27'] }],
      gatewaySubnet,
    },
  };
}

describe('src/domain/preflight/rules/gateway-subnet-attachments', () => {
  it('says nothing where nothing is attached, and of a table that only adds routes', () => {
    const routes = [{ name: 'to-firewall', prefix: '10.9.0.0/16' }];

    expect(foundProblems(existing, around({}))).toEqual([]);
    expect(foundProblems(existing, around({ routeTable: { ...plainTable, routes } }))).toEqual([]);
  });

  it.each<[string, AttachmentFacts, string]>([
    ['a security group', { securityGroupId: `${group}/networkSecurityGroups/nsg` }, 'error gatewaySubnetSecurityGroup'],
    [
      'a table without propagation',
      { routeTable: { ...plainTable, isPropagationDisabled: true } },
      'error gatewaySubnetWithoutPropagation',
    ],
    [
      'a default route',
      { routeTable: { ...plainTable, routes: [{ name: 'all', prefix: '0.0.0.0/0' }] } },
      'error gatewaySubnetDefaultRoute',
    ],
    [
      'a route around the gateway',
      { routeTable: { ...plainTable, routes: [{ name: 'hub', prefix: '10.1.0.0/16' }] } },
      'warning gatewaySubnetRouteOverlap',
    ],
  ])('finds %s, at whichever field names the network', (_what, attached, expected) => {
    expect(foundProblems(existing, around(attached))).toEqual([`${expected} /virtualNetwork/resourceId`]);
    expect(foundProblems({}, around(attached))).toEqual([`${expected} /virtualNetwork/name`]);
  });

  it('names the route and its table', () => {
    const routes = [
      { name: 'fine', prefix: '192.168.0.0/16' },
      { name: 'all', prefix: '0.0.0.0/0' },
    ];
    const { message } = problemNamed(
      'gatewaySubnetDefaultRoute',
      existing,
      around({ routeTable: { ...plainTable, routes } }),
    );

    expect(message).toContain('"all"');
    expect(message).toContain(plainTable.resourceId);
  });

  it('takes a service tag for no range', () => {
    const routes = [{ name: 'tag', prefix: 'AzureCloud' }];

    expect(foundProblems(existing, around({ routeTable: { ...plainTable, routes } }))).toEqual([]);
  });
});
