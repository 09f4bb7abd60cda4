import { ArmRefusal } from '../arm-refusal.ts';
import { asText, propertiesOf } from '../json-object.ts';
import type { GatewayPlan } from './gateway-plan.ts';

const supported = ['VpnGw1AZ', 'VpnGw2AZ', 'VpnGw3AZ', 'VpnGw4AZ', 'VpnGw5AZ'];

/** Refuses kinds of gateway that Azure does not make any more, or never did. */
export function checkSku(plan: GatewayPlan): void {
  if (plan.gatewayType !== 'Vpn') {
    const message = `Gateway type ${plan.gatewayType} is not available in this local stack.`;
    throw new ArmRefusal(400, 'GatewayTypeNotSupported', message);
  }
  checkSkuIsMade(plan);
  checkGeneration(plan);
  checkKept(plan);
}

function checkSkuIsMade(plan: GatewayPlan): void {
  if (plan.sku === 'Basic' || supported.includes(plan.sku)) return;
  if (/^VpnGw\d$/.test(plan.sku)) {
    throw new ArmRefusal(
      400,
      'NonAzSkusNotAllowedForVPNGateway',
      `VpnGw1-5 non-AZ SKUs are no longer supported for VPN gateways. Only VpnGw1-5AZ SKUs can be created going forward. ${plan.sku} was requested for ${plan.id}.`,
    );
  }
  const message = `The specified gateway size ${plan.sku} is not valid, supported gateway sizes are ${['Basic', ...supported].join(', ')}.`;
  throw new ArmRefusal(400, 'InvalidGatewaySize', message);
}

/** The first SKU exists in the first generation only, the two largest in the second only. */
function checkGeneration(plan: GatewayPlan): void {
  const isWrong =
    plan.generation === 'None' ||
    (plan.generation === 'Generation2' && (plan.sku === 'Basic' || plan.sku === 'VpnGw1AZ')) ||
    (plan.generation === 'Generation1' && /^VpnGw[45]/.test(plan.sku));
  if (!isWrong) return;
  throw new ArmRefusal(
    400,
    'VirtualNetworkGatewaySkuCannotBeCreatedForSpecifiedVmGeneration',
    `The Virtual Network Gateway Sku ${plan.sku} cannot be used when VirtualNetworkVpnGatewayGeneration is set to ${plan.generation}.`,
  );
}

/** What is fixed when a gateway is made. */
function checkKept(plan: GatewayPlan): void {
  if (plan.existing === undefined) return;
  const before = propertiesOf(plan.existing.body);
  const changes = [
    ['gatewayType', plan.gatewayType],
    ['vpnType', plan.vpnType],
    ['vpnGatewayGeneration', plan.generation],
  ] as const;
  const changed = changes.find(([field, wanted]) => asText(before[field]) !== wanted);
  if (changed !== undefined) {
    const message = `Property ${changed[0]} of virtual network gateway ${plan.id} cannot be changed from ${asText(before[changed[0]]) ?? ''} to ${changed[1]}.`;
    throw new ArmRefusal(400, 'VirtualNetworkGatewayPropertyCannotBeChanged', message);
  }
  const skuBefore = asText((before['sku'] as Record<string, unknown> | undefined)?.['name']);
  if ((skuBefore === 'Basic') !== (plan.sku === 'Basic')) {
    const message = `Virtual network gateway ${plan.id} cannot be resized from ${skuBefore ?? ''} to ${plan.sku}.`;
    throw new ArmRefusal(400, 'VirtualNetworkGatewaySkuCannotBeChanged', message);
  }
}

/** Refuses a number of ipConfigurations that does not fit; point-to-site in active-active needs a third (A1). */
export function checkIpConfigurations(plan: GatewayPlan): void {
  const hasPool = plan.pools.length > 0;
  const needed = plan.activeActive ? (hasPool ? 3 : 2) : 1;
  const given = plan.ipConfigurations.length;
  if (given >= needed && (plan.activeActive || given === 1)) return;
  const kind = plan.activeActive ? (hasPool ? 'active-active with point-to-site' : 'active-active') : 'active-passive';
  const message = `Virtual network gateway ${plan.id} is ${kind} and needs ${needed} ipConfigurations, but ${given} were given.`;
  throw new ArmRefusal(400, 'VirtualNetworkGatewayIpConfigurationCountInvalid', message);
}
