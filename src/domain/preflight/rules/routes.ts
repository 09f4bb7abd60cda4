import { sources } from '../sources.ts';
import type { PreflightRule } from '../subject.ts';

const windowsIkeV2RoutesMax = 25;

/** How many routes clients can be given; each range of the address space is one, and each that the plan adds. */
export const routes: PreflightRule = {
  name: 'routes',
  check: ({ plan, network, customRoutes }) => {
    const count = network.addressSpace.length + customRoutes.length;
    if (!plan.protocols.includes('IkeV2') || count <= windowsIkeV2RoutesMax) return [];
    return [
      {
        path: network.addressSpacePath,
        code: 'routesBeyondWindows',
        severity: 'warning',
        message: `The address space and the custom routes are ${count} ranges; Windows clients take ${windowsIkeV2RoutesMax} routes over IKEv2 (others 256), and reach nothing in the rest.`,
        fix: 'Join ranges that lie side by side, or let Windows clients connect over OpenVPN, which takes 1000.',
        source: sources.faq,
      },
    ];
  },
};
