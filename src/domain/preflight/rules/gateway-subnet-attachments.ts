import { overlaps, parseAddressRange } from '../../address-range.ts';
import { isGatewaySubnet } from '../../gateway-plan.ts';
import type { RouteTableFacts } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

/** What may be attached to a GatewaySubnet that is there already: no security group, and no table that cuts it off. */
export const gatewaySubnetAttachments: PreflightRule = {
  name: 'gatewaySubnetAttachments',
  check: (subject) => {
    const { securityGroupId, routeTable } = subject.context.virtualNetworkFacts?.gatewaySubnet ?? {};
    const { path } = subject.network;
    return [
      ...(securityGroupId === undefined ? [] : [withSecurityGroup(path, securityGroupId)]),
      ...(routeTable === undefined
        ? []
        : [
            ...withoutPropagation(path, routeTable),
            ...defaultRoutes(path, routeTable),
            ...overlappingRoutes(subject, routeTable),
          ]),
    ];
  },
};

function withSecurityGroup(path: string, id: string): Problem {
  return {
    path,
    code: 'gatewaySubnetSecurityGroup',
    severity: 'error',
    message: `The security group ${id} is attached to the GatewaySubnet: Azure makes no gateway in such a subnet.`,
    fix: 'Detach it from the GatewaySubnet; the other subnets may keep theirs.',
    source: sources.settings,
  };
}

function withoutPropagation(path: string, { resourceId, isPropagationDisabled }: RouteTableFacts): readonly Problem[] {
  if (!isPropagationDisabled) return [];
  return [
    {
      path,
      code: 'gatewaySubnetWithoutPropagation',
      severity: 'error',
      message: `The route table ${resourceId} of the GatewaySubnet disables the propagation of gateway routes: a gateway there does not work.`,
      fix: 'Enable "propagate gateway routes" in that table, or detach it from the GatewaySubnet.',
      source: sources.settings,
    },
  ];
}

function defaultRoutes(path: string, { resourceId, routes }: RouteTableFacts): readonly Problem[] {
  return routes.filter(isDefault).map(({ name, prefix }) => ({
    path,
    code: 'gatewaySubnetDefaultRoute',
    severity: 'error',
    message: `Route ${JSON.stringify(name)} of ${resourceId}, the table of the GatewaySubnet, sends ${prefix} elsewhere: Azure makes no gateway with such a route, because it could not be managed.`,
    fix: 'Take the route out of that table, or give the GatewaySubnet a table without it.',
    source: sources.settings,
  }));
}

function overlappingRoutes({ network }: PreflightSubject, table: RouteTableFacts): readonly Problem[] {
  const own = network.subnets.filter(({ name }) => isGatewaySubnet(name)).flatMap(({ range }) => range ?? []);
  const inTheWay = table.routes.filter((route) => {
    const parsed = parseAddressRange(route.prefix);
    return !isDefault(route) && parsed.outcome === 'parsed' && own.some((range) => overlaps(range, parsed.range));
  });
  return inTheWay.map(({ name, prefix }) => ({
    path: network.path,
    code: 'gatewaySubnetRouteOverlap',
    severity: 'warning',
    message: `Route ${JSON.stringify(name)} of ${table.resourceId}, the table of the GatewaySubnet, is for ${prefix}, in which the gateway itself lies: its two instances may lose each other.`,
    fix: 'Narrow the route, or give the GatewaySubnet a table without it.',
    source: sources.settings,
  }));
}

function isDefault({ prefix }: { readonly prefix: string }): boolean {
  return prefix === '0.0.0.0/0';
}
