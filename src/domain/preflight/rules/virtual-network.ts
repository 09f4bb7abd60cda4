import type { GatewayFacts, VirtualNetworkFacts } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

/**
 * A virtual network holds one VPN gateway (an ExpressRoute gateway may stand beside it), and none if it uses a peer's.
 */
export const virtualNetwork: PreflightRule = {
  name: 'virtualNetwork',
  check: (subject) => [...otherGateway(subject), ...remoteGateways(subject)],
};

function otherGateway(subject: PreflightSubject): readonly Problem[] {
  const { plan, context } = subject;
  const { resourceIds } = plan;
  const registered = (context.otherGateways ?? []).find(
    (other) =>
      isSameId(other.virtualNetworkId, resourceIds.virtualNetwork) && !isSameId(other.resourceId, resourceIds.gateway),
  );
  if (registered !== undefined) return [hasGateway(subject, JSON.stringify(registered.id))];
  return inAzure(subject, context.virtualNetworkFacts);
}

function inAzure(subject: PreflightSubject, facts: VirtualNetworkFacts | undefined): readonly Problem[] {
  const others = (facts?.gateways ?? []).filter(
    ({ resourceId }) => !isSameId(resourceId, subject.plan.resourceIds.gateway),
  );
  const vpn = others.find(({ gatewayType }) => gatewayType === 'Vpn');
  if (vpn !== undefined) return [hasGateway(subject, vpn.resourceId)];
  return others.filter(({ gatewayType }) => gatewayType === undefined).map((other) => mayHaveGateway(subject, other));
}

function hasGateway(subject: PreflightSubject, holder: string): Problem {
  return {
    path: subject.network.path,
    code: 'virtualNetworkHasGateway',
    restsOn: ['/subscriptionId', '/resourceGroup', '/name'],
    severity: 'error',
    message: `The virtual network has the VPN gateway ${holder} already, and holds no more than one.`,
    fix: 'Use that gateway, or plan another virtual network.',
    source: sources.settings,
  };
}

function mayHaveGateway(subject: PreflightSubject, { resourceId }: GatewayFacts): Problem {
  return {
    path: subject.network.path,
    code: 'virtualNetworkMayHaveGateway',
    severity: 'warning',
    message: `The virtual network has the gateway ${resourceId}, which could not be looked at: if it is a VPN gateway, Azure takes no second one.`,
    fix: 'Look whether it is an ExpressRoute gateway, or give Gatehouse the right to read it.',
    source: sources.settings,
  };
}

function remoteGateways(subject: PreflightSubject): readonly Problem[] {
  const peering = subject.context.virtualNetworkFacts?.peerings?.find(({ usesRemoteGateways }) => usesRemoteGateways);
  if (peering === undefined) return [];
  return [
    {
      path: subject.network.path,
      code: 'virtualNetworkUsesRemoteGateway',
      severity: 'error',
      message: `The virtual network uses the gateway at the other end of its peering ${JSON.stringify(peering.name)}, and Azure lets such a network have none of its own.`,
      fix: 'Turn "use remote gateways" off at that peering, or plan another virtual network.',
      source: sources.peering,
    },
  ];
}

function isSameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
