import { ArmRefusal } from '../arm-refusal.ts';
import { asObject, asText, asTexts, propertiesOf, referenceOf } from '../json-object.ts';
import { checkPrefix, lengthOf, overlaps } from '../network/address-prefixes.ts';
import { findResource } from '../resource-store.ts';
import type { GatewayPlan } from './gateway-plan.ts';
import { networkIdOf } from './reference-rules.ts';

/** Refuses point-to-site settings that contradict each other, the SKU or the virtual network. */
export function checkClientConfiguration(plan: GatewayPlan): void {
  if (plan.client === undefined) return;
  checkProtocols(plan);
  checkAuthentication(plan);
  checkPools(plan);
}

function checkProtocols(plan: GatewayPlan): void {
  if (plan.protocols.includes('SSTP') && plan.protocols.includes('OpenVPN')) {
    const message = 'Vpn client protocols SSTP and OpenVPN cannot be enabled together on one gateway.';
    throw new ArmRefusal(400, 'VpnClientProtocolsCannotBeCombined', message);
  }
  if (plan.protocols.includes('SSTP')) {
    // Closed since 2026-03-31; gateways that have it keep it until 2027, but none is
    // here.
    const message = 'Vpn client protocol SSTP can no longer be enabled. Use IkeV2 or OpenVPN.';
    throw new ArmRefusal(400, 'SstpProtocolNotAllowedForVPNGateway', message);
  }
  if (plan.sku === 'Basic' && plan.protocols.includes('OpenVPN')) {
    const message = 'Vpn client protocol OpenVPN is not supported for basic Sku gateway.';
    throw new ArmRefusal(400, 'VpnClientProtocolNotSupportedForBasicSku', message);
  }
  if (plan.vpnType === 'PolicyBased') {
    const message = `Virtual network gateway ${plan.id} is PolicyBased; VPN clients need a RouteBased gateway.`;
    throw new ArmRefusal(400, 'VpnClientNotSupportedForPolicyBasedGateway', message);
  }
}

/** The table of tunnels and authentication. */
function checkAuthentication(plan: GatewayPlan): void {
  const has = (kind: string) => plan.authentication.includes(kind);
  const isIkeOnly = !plan.protocols.includes('OpenVPN');
  if (has('AAD') && isIkeOnly) refuseAuthentication('AAD needs the OpenVPN protocol');
  if (has('Radius') && has('Certificate') && plan.protocols.includes('IkeV2')) {
    refuseAuthentication('Radius and Certificate together are not possible with IkeV2');
  }
  const client = plan.client ?? {};
  const isMissing = (field: string) => (asText(client[field]) ?? '') === '';
  if (has('AAD') && ['aadTenant', 'aadAudience', 'aadIssuer'].some(isMissing)) {
    refuseAuthentication('AAD needs aadTenant, aadAudience and aadIssuer');
  }
  const hasServers = Array.isArray(client['radiusServers']) && client['radiusServers'].length > 0;
  if (has('Radius') && isMissing('radiusServerAddress') && !hasServers) {
    refuseAuthentication('Radius needs a radius server');
  }
}

function refuseAuthentication(reason: string): never {
  throw new ArmRefusal(400, 'VpnAuthenticationTypesInvalid', `The VPN authentication types are not valid: ${reason}.`);
}

function checkPools(plan: GatewayPlan): void {
  const longest = plan.activeActive ? 28 : 29;
  for (const [index, pool] of plan.pools.entries()) {
    checkPrefix(pool, plan.id);
    if (lengthOf(pool) > longest) {
      const message = `VPN client address pool ${pool} is too small: the prefix can be /${longest} at most.`;
      throw new ArmRefusal(400, 'VpnClientAddressPoolTooSmall', message);
    }
    if (plan.pools.slice(0, index).some((other) => overlaps(other, pool))) {
      const message = `VPN client address pool ${pool} overlaps with another address pool of the gateway.`;
      throw new ArmRefusal(400, 'VpnClientAddressPoolsOverlap', message);
    }
    checkPoolBesideNetwork(plan, pool);
  }
}

function checkPoolBesideNetwork(plan: GatewayPlan, pool: string): void {
  const taken = networkPrefixes(plan).find((prefix) => overlaps(prefix, pool));
  if (taken === undefined) return;
  throw new ArmRefusal(
    400,
    'VpnClientAddressPoolOverlapsWithVirtualNetwork',
    `The virtual network gateway's VPN client address pool overlaps with the virtual network's address space. The overlapping address space prefixes are ${taken} and ${pool}.`,
  );
}

function networkPrefixes(plan: GatewayPlan): string[] {
  return plan.ipConfigurations.flatMap((configuration) => {
    const subnetId = referenceOf(propertiesOf(configuration), 'subnet') ?? '';
    const network = findResource(plan.context, networkIdOf(subnetId));
    return network === undefined
      ? []
      : asTexts(asObject(propertiesOf(network.body)['addressSpace'])['addressPrefixes']);
  });
}
