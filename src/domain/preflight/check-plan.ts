import type { GatewayPlan } from '../gateway-plan.ts';
import type { PreflightContext } from './facts.ts';
import type { Problem } from './problem.ts';
import { addressSpace } from './rules/address-space.ts';
import { authentication } from './rules/authentication.ts';
import { canonicalRanges } from './rules/canonical-ranges.ts';
import { capacity } from './rules/capacity.ts';
import { clientAddressPool } from './rules/client-address-pool.ts';
import { customRoutes } from './rules/custom-routes.ts';
import { dnsServers } from './rules/dns-servers.ts';
import { gatewaySubnet } from './rules/gateway-subnet.ts';
import { gatewaySubnetAttachments } from './rules/gateway-subnet-attachments.ts';
import { location } from './rules/location.ts';
import { networkThere } from './rules/network-there.ts';
import { publicIp } from './rules/public-ip.ts';
import { quota } from './rules/quota.ts';
import { registration } from './rules/registration.ts';
import { resourceNames } from './rules/resource-names.ts';
import { rights } from './rules/rights.ts';
import { roots } from './rules/roots.ts';
import { routes } from './rules/routes.ts';
import { sku } from './rules/sku.ts';
import { subnets } from './rules/subnets.ts';
import { tags } from './rules/tags.ts';
import { tunnels } from './rules/tunnels.ts';
import { virtualNetwork } from './rules/virtual-network.ts';
import { type PreflightRule, readSubject } from './subject.ts';

/** In the order of the fields that people fill in: what is named, where it lies, what is built, who gets in. */
const preflightRules: readonly PreflightRule[] = [
  registration,
  resourceNames,
  location,
  tags,
  canonicalRanges,
  addressSpace,
  subnets,
  gatewaySubnet,
  gatewaySubnetAttachments,
  dnsServers,
  networkThere,
  virtualNetwork,
  publicIp,
  sku,
  tunnels,
  authentication,
  roots,
  clientAddressPool,
  capacity,
  customRoutes,
  routes,
  quota,
  rights,
];

/**
 * Everything that is wrong with a plan, its defaults filled in, errors and warnings together, in the order of the
 * rules. Never throws, and depends on its arguments alone. What the context does not tell is not judged.
 */
export function checkPlan(plan: GatewayPlan, context: PreflightContext): readonly Problem[] {
  const subject = readSubject(plan, context);
  return preflightRules.flatMap((rule) => rule.check(subject));
}
