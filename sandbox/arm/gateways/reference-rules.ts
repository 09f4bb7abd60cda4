import { ArmRefusal, refuseFormat } from '../arm-refusal.ts';
import type { StoredResource } from '../arm-state.ts';
import { checkProvisioned } from '../busy-refusals.ts';
import { asObject, asObjects, asText, type JsonObject, propertiesOf, referenceOf } from '../json-object.ts';
import { hasZones } from '../locations.ts';
import { gatewaySubnetName, refuseMissing, subnetName } from '../network/subnet-rules.ts';
import { usersOfPublicIp, usersOfVirtualNetwork } from '../network/usage.ts';
import { parseResourceId, sameId } from '../resource-id.ts';
import { findResource } from '../resource-store.ts';
import type { GatewayPlan } from './gateway-plan.ts';

/** Refuses references that are malformed, that lead nowhere, or to something a gateway cannot use. */
export function checkReferences(plan: GatewayPlan): void {
  for (const [index, configuration] of plan.ipConfigurations.entries()) {
    const properties = propertiesOf(configuration);
    const path = `properties.ipConfigurations[${index}].properties`;
    const subnetId = readReference(properties, 'subnet', 'virtualNetworks/subnets', path);
    checkSubnet(plan, subnetId);
    // The Basic SKU lost its public IP reference in 2026.
    if (plan.sku === 'Basic' && properties['publicIPAddress'] === undefined) continue;
    checkPublicIp(plan, readReference(properties, 'publicIPAddress', 'publicIPAddresses', path));
  }
}

function readReference(holder: Record<string, unknown>, field: string, type: string, path: string): string {
  const id = referenceOf(holder, field);
  if (id === undefined || id === '') {
    const message = `Value for reference id is missing. Path ${path}.${field}.`;
    throw refuseFormat([{ code: 'MissingJsonReferenceId', message }]);
  }
  const parsed = parseResourceId(id);
  const actual = parsed?.childType === undefined ? parsed?.type : `${parsed.type}/${parsed.childType}`;
  if (sameId(actual, type)) return id;
  const message = `Reference Id ${id} is not formatted correctly. The Id is expected to reference resources of type ${type}. Path ${path}.${field}.`;
  throw refuseFormat([{ code: 'InvalidJsonReferenceFormat', message }]);
}

/** The virtual network that a subnet id lies in. */
export function networkIdOf(subnetId: string): string {
  return subnetId.replace(/\/subnets\/[^/]+$/i, '');
}

function checkSubnet(plan: GatewayPlan, subnetId: string): void {
  const network = findResource(plan.context, networkIdOf(subnetId));
  const wanted = parseResourceId(subnetId)?.child;
  const subnet = asObjects(network && propertiesOf(network.body)['subnets']).find((candidate) =>
    sameId(subnetName(candidate), wanted),
  );
  if (network === undefined || subnet === undefined || !isBeside(plan, network)) throw refuseMissing(subnetId, plan.id);
  if (!sameId(subnetName(subnet), gatewaySubnetName)) {
    const message = `Subnet ${subnetId} used by virtual network gateway ${plan.id} must be named ${gatewaySubnetName}.`;
    throw new ArmRefusal(400, 'SubnetNameMustBeGatewaySubnet', message);
  }
  checkOnlyGateway(plan, network);
  checkRouteTable(plan, subnet, subnetId);
  checkProvisioned(plan.context, network, plan.id);
}

/** A gateway is not made where a route of one's own takes everything elsewhere. */
function checkRouteTable(plan: GatewayPlan, subnet: JsonObject, subnetId: string): void {
  const table = findResource(plan.context, referenceOf(propertiesOf(subnet), 'routeTable') ?? '');
  const routes = asObjects(table && propertiesOf(table.body)['routes']);
  const all = routes.find((route) => propertiesOf(route)['addressPrefix'] === '0.0.0.0/0');
  if (table === undefined || all === undefined || plan.existing !== undefined) return;
  const message = `Subnet ${subnetId} has the route table ${table.id}, whose route ${asText(all['name']) ?? ''} has the address prefix 0.0.0.0/0. Gateways cannot be created with this configuration.`;
  throw new ArmRefusal(400, 'GatewaySubnetDefaultRouteNotSupported', message);
}

function checkOnlyGateway(plan: GatewayPlan, network: StoredResource): void {
  const other = usersOfVirtualNetwork(plan.context, network.id).find(
    ({ gateway }) => !sameId(gateway.id, plan.id) && propertiesOf(gateway.body)['gatewayType'] === plan.gatewayType,
  );
  if (other === undefined) return;
  const message = `A virtual network can't be associated with more than one gateway. Virtual network ${network.id} is already used by ${other.gateway.id}.`;
  throw new ArmRefusal(400, 'VirtualNetworkCanHaveOnlyOneGateway', message);
}

function checkPublicIp(plan: GatewayPlan, id: string): void {
  const address = findResource(plan.context, id);
  if (address === undefined || !isBeside(plan, address)) throw refuseMissing(id, plan.id);
  const other = usersOfPublicIp(plan.context, id).find((use) => !sameId(use.gateway.id, plan.id));
  if (other !== undefined) {
    const message = `Resource ${plan.id} is referencing public IP address ${id} that is already allocated to resource ${other.id}.`;
    throw new ArmRefusal(400, 'PublicIPAddressInUse', message);
  }
  checkPublicIpKind(plan, address);
  checkProvisioned(plan.context, address, plan.id);
}

function checkPublicIpKind(plan: GatewayPlan, address: StoredResource): void {
  if (asText(asObject(address.body['sku'])['name']) === 'Basic') {
    throw new ArmRefusal(
      400,
      'PublicIpWithBasicSkuNotAllowedOnVPNGateways',
      'Basic IP configuration for VPN Virtual Network Gateways is not supported. Follow the link for more details : https://go.microsoft.com/fwlink/p/?linkid=2241350',
    );
  }
  const zones = address.body['zones'];
  const isZonal = Array.isArray(zones) && zones.length > 0;
  // Where there are no zones the same SKUs are made without.
  if (plan.sku.endsWith('AZ') && !isZonal && hasZones(plan.location)) {
    throw new ArmRefusal(
      400,
      'VmssVpnGatewayPublicIpsMustHaveZonesConfigured',
      `Standard Public IPs associated with VPN Gateways with AZ VPN skus must have zones configured. Public IP ${address.id} has none.`,
    );
  }
}

function isBeside(plan: GatewayPlan, other: StoredResource): boolean {
  return other.body['location'] === plan.location;
}
