import { contains } from '../../address-range.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { LocatedRange, PreflightRule } from '../subject.ts';

/** What clients may be told to reach through the gateway beside the network. */
export const customRoutes: PreflightRule = {
  name: 'customRoutes',
  check: ({ customRoutes: routes, pools }) =>
    routes.flatMap((route) => [...wholeInternet(route), ...insidePool(route, pools)]),
};

// One route cannot say "everything"; two halves do, and are what the instructions for that name.
function wholeInternet({ path, range }: LocatedRange): readonly Problem[] {
  if (range.prefixLength > 1) return [];
  return [
    {
      path,
      code: 'customRouteTakesInternet',
      severity: 'warning',
      message: `${range.cidr} sends the clients' traffic to the Internet into the tunnel, where it ends: a VPN gateway is no way out.`,
      fix: 'Name the ranges that are behind the gateway, unless clients are to have no Internet while they are connected.',
      source: sources.customRoutes,
    },
  ];
}

// A route that holds a pool and more leads there as well; to the pool's own addresses its longer prefix does.
function insidePool({ path, range }: LocatedRange, pools: readonly LocatedRange[]): readonly Problem[] {
  const pool = pools.find((other) => contains(other.range, range));
  if (pool === undefined) return [];
  return [
    {
      path,
      code: 'customRouteOverlapsPool',
      restsOn: ['/clientAddressPool'],
      severity: 'error',
      message: `${range.cidr} is inside ${pool.range.cidr} of the client address pool: what is behind the gateway cannot have the clients' own addresses.`,
      fix: 'Take the range out of customRoutes, or another pool.',
      source: sources.certificateGateway,
    },
  ];
}
