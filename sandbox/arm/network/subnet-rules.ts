import { z } from 'zod';
import type { ArmContext } from '../arm-call.ts';
import { ArmRefusal, refuseFormat } from '../arm-refusal.ts';
import { asObject, asObjects, asText, asTexts, type JsonObject, propertiesOf, referenceOf } from '../json-object.ts';
import { referenceSchema } from '../put-resource.ts';
import { sameId } from '../resource-id.ts';
import { checkNetworkName } from '../resource-names.ts';
import { findResource } from '../resource-store.ts';
import { checkPrefix, contains, overlaps } from './address-prefixes.ts';
import { usersOfSubnet } from './usage.ts';

export const gatewaySubnetName = 'GatewaySubnet';

export const subnetPropertiesSchema = z.looseObject({
  addressPrefix: z.string().optional(),
  addressPrefixes: z.array(z.string()).optional(),
  networkSecurityGroup: referenceSchema.nullish(),
  routeTable: referenceSchema.nullish(),
});

/** A virtual network as far as its subnets are judged against it. */
export interface NetworkPlan {
  readonly id: string;
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly subnets: readonly JsonObject[];
}

export function subnetPrefixes(subnet: JsonObject): string[] {
  const properties = propertiesOf(subnet);
  const single = asText(properties['addressPrefix']);
  const many = asTexts(properties['addressPrefixes']);
  return many.length > 0 || single === undefined ? many : [single];
}

export function subnetName(subnet: JsonObject): string {
  return asText(subnet['name']) ?? '';
}

/** Refuses subnets that the network cannot hold. */
export function checkSubnets(context: ArmContext, plan: NetworkPlan): void {
  for (const [index, subnet] of plan.subnets.entries()) {
    checkSubnet(context, plan, subnet);
    for (const other of plan.subnets.slice(0, index)) checkPair(plan, subnet, other);
  }
}

function checkSubnet(context: ArmContext, plan: NetworkPlan, subnet: JsonObject): void {
  const name = subnetName(subnet);
  checkNetworkName(name);
  const prefixes = subnetPrefixes(subnet);
  if (prefixes.length === 0) {
    throw refuseFormat([
      { code: 'MissingJsonProperty', message: `Value for addressPrefix is missing for subnet ${name} of ${plan.id}.` },
    ]);
  }
  for (const prefix of prefixes) {
    checkPrefix(prefix, `${plan.id}/subnets/${name}`);
    if (!plan.prefixes.some((outer) => contains(outer, prefix))) {
      const message = `Subnet '${name}' is not valid because its IP address range is outside the IP address range of virtual network '${plan.name}'.`;
      throw new ArmRefusal(400, 'NetcfgInvalidSubnet', message);
    }
  }
  checkAttachments(context, plan, subnet);
}

/** Azure blocks security groups on the gateway's subnet. */
function checkAttachments(context: ArmContext, plan: NetworkPlan, subnet: JsonObject): void {
  const subnetId = `${plan.id}/subnets/${subnetName(subnet)}`;
  const properties = propertiesOf(subnet);
  const group = referenceOf(properties, 'networkSecurityGroup');
  if (group !== undefined && sameId(subnetName(subnet), gatewaySubnetName)) {
    throw new ArmRefusal(
      400,
      'NetworkSecurityGroupCannotBeAttachedToGatewaySubnet',
      `Network security group ${group} cannot be attached to Gateway Subnet ${subnetId}.`,
    );
  }
  const table = referenceOf(properties, 'routeTable');
  if (table !== undefined && findResource(context, table)?.type !== 'routeTables') throw refuseMissing(table, subnetId);
  // None of these exists in this emulator, so a reference to one leads nowhere.
  for (const field of ['networkSecurityGroup', 'natGateway']) {
    const id = referenceOf(properties, field);
    if (id !== undefined) throw refuseMissing(id, subnetId);
  }
}

function checkPair(plan: NetworkPlan, subnet: JsonObject, other: JsonObject): void {
  const [name, otherName] = [subnetName(subnet), subnetName(other)];
  if (sameId(name, otherName)) {
    const message = `Cannot parse the request. Subnet name ${name} is used more than once in ${plan.id}.`;
    throw new ArmRefusal(400, 'DuplicateResourceName', message);
  }
  if (!subnetPrefixes(subnet).some((prefix) => subnetPrefixes(other).some((taken) => overlaps(prefix, taken)))) return;
  throw new ArmRefusal(
    400,
    'NetcfgSubnetRangesOverlap',
    `Subnet '${name}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${plan.name}'.`,
  );
}

/** Refuses to take away, or to move, a subnet that something sits in. Also meets a PUT of the network that omits it. */
export function checkSubnetsKept(context: ArmContext, before: JsonObject | undefined, after: NetworkPlan): void {
  for (const subnet of asObjects(asObject(before?.['properties'])['subnets'])) {
    const id = `${after.id}/subnets/${subnetName(subnet)}`;
    const [use] = usersOfSubnet(context, id);
    if (use === undefined) continue;
    const kept = after.subnets.find((candidate) => sameId(subnetName(candidate), subnetName(subnet)));
    if (kept === undefined) throw refuseSubnetInUse(subnetName(subnet), use.id);
    const lost = subnetPrefixes(subnet).find((prefix) => !subnetPrefixes(kept).includes(prefix));
    if (lost !== undefined) {
      const message = `IpPrefix ${lost} on Subnet ${subnetName(subnet)} has active allocations and cannot be deleted.`;
      throw new ArmRefusal(400, 'InUsePrefixCannotBeDeleted', message);
    }
  }
}

export function refuseSubnetInUse(name: string, userId: string): ArmRefusal {
  return new ArmRefusal(
    400,
    'InUseSubnetCannotBeDeleted',
    `Subnet ${name} is in use by ${userId} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`,
  );
}

export function refuseMissing(id: string, userId: string): ArmRefusal {
  return new ArmRefusal(
    400,
    'InvalidResourceReference',
    `Resource ${id} referenced by resource ${userId} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
  );
}
