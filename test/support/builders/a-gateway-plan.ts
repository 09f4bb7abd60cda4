import type { GatewayPlanInput } from '../../../src/domain/gateway-plan.ts';

export const aSubscriptionId = '3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11';

/** A plan without any problem, not even a warning. A test names only what it is about. */
export function aGatewayPlan(changes: Partial<GatewayPlanInput> = {}): GatewayPlanInput {
  return {
    name: 'VNet1GW',
    location: 'eastus',
    resourceGroup: 'TestRG1',
    virtualNetwork: aVirtualNetwork(),
    sku: 'VpnGw1AZ',
    clientAddressPool: ['172.16.201.0/24'],
    protocols: ['IkeV2', 'OpenVPN'],
    authentication: ['Certificate'],
    ...changes,
  };
}

/** The network of `aGatewayPlan`. */
export function aVirtualNetwork(
  changes: Partial<GatewayPlanInput['virtualNetwork']> = {},
): GatewayPlanInput['virtualNetwork'] {
  return {
    name: 'VNet1',
    addressSpace: ['10.1.0.0/16'],
    subnets: [
      { name: 'FrontEnd', prefix: '10.1.0.0/24' },
      { name: 'GatewaySubnet', prefix: '10.1.255.0/27' },
    ],
    ...changes,
  };
}
