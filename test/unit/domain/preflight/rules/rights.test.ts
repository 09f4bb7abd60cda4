import { aSubscriptionId, aVirtualNetwork } from '../../../../support/builders/a-gateway-plan.ts';
import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

const group = `/subscriptions/${aSubscriptionId}/resourceGroups/TestRG1`;
const hub = `/subscriptions/${aSubscriptionId}/resourceGroups/Hub/providers/Microsoft.Network/virtualNetworks/Hub`;

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
    const joins = ['Microsoft.Network/virtualNetworks/read', 'Microsoft.Network/virtualNetworks/subnets/join/action'];
    const { subnets } = aVirtualNetwork();

    expect(foundProblems({ virtualNetwork: { resourceId: hub } }, atHub(joins))).toEqual([]);
    expect(foundProblems({ virtualNetwork: { resourceId: hub, subnets } }, atHub(joins))).toEqual([
      'error rightsMissing /virtualNetwork/resourceId',
    ]);
  });
});
