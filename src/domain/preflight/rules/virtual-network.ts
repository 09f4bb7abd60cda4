import { sources } from '../sources.ts';
import type { PreflightRule } from '../subject.ts';

/** A virtual network holds one VPN gateway (an ExpressRoute gateway may stand beside it). */
export const virtualNetwork: PreflightRule = {
  name: 'virtualNetwork',
  check: ({ plan, context }) => {
    const { resourceIds } = plan;
    const holder = (context.otherGateways ?? []).find(
      (other) =>
        isSameId(other.virtualNetworkId, resourceIds.virtualNetwork) &&
        !isSameId(other.resourceId, resourceIds.gateway),
    );
    if (holder === undefined) return [];
    return [
      {
        path: plan.virtualNetwork.kind === 'existing' ? '/virtualNetwork/resourceId' : '/virtualNetwork/name',
        code: 'virtualNetworkHasGateway',
        severity: 'error',
        message: `The virtual network has the VPN gateway ${JSON.stringify(holder.id)} already, and holds no more than one.`,
        fix: 'Use that gateway, or plan another virtual network.',
        source: sources.settings,
      },
    ];
  },
};

function isSameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
