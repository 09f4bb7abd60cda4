import { hasZones } from '../../azure-regions.ts';
import type { PublicIpFacts, RegionFacts } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

/** What the gateway's public addresses have to be since December 2023, and how many there are. */
export const publicIp: PreflightRule = {
  name: 'publicIp',
  check: ({ plan, context }) => [
    ...plan.ipConfigurations
      .slice(0, 1)
      .flatMap(({ publicIp: address }) => addressProblems(address, plan.location, context.region)),
    ...furtherAddresses(plan),
    ...(context.publicIps ?? []).flatMap((there) => [...inUse(there, plan), ...unfit(there)]),
  ],
};

type Address = PreflightSubject['plan']['ipConfigurations'][number]['publicIp'];

function addressProblems(
  { allocationMethod, sku, zones }: Address,
  location: string,
  region: RegionFacts | undefined,
): readonly Problem[] {
  const isZonal = region?.isOffered === true ? region.hasZones : hasZones(location);
  return [
    ...(allocationMethod === 'Dynamic' ? [dynamicAddress] : []),
    ...(sku === 'Basic' ? [basicAddress] : []),
    ...(zones.length === 0 && isZonal !== false ? [withoutZones] : []),
    ...(zones.length > 0 && isZonal === false ? [zonesNotInRegion(location)] : []),
    ...(new Set(zones).size < zones.length ? [repeatedZone] : []),
  ];
}

const dynamicAddress: Problem = {
  path: '/publicIp/allocationMethod',
  code: 'publicIpDynamic',
  severity: 'error',
  message:
    'A new VPN gateway needs a static public IP address since 2023-12-01. Before that, and in older instructions, a dynamic one was the only kind it took.',
  fix: 'Set allocationMethod to "Static", or leave it out.',
  source: sources.skus,
};

const basicAddress: Problem = {
  path: '/publicIp/sku',
  code: 'publicIpBasic',
  severity: 'error',
  message:
    'Azure answers PublicIpWithBasicSkuNotAllowedOnVPNGateways: Basic public IP addresses are closed to new VPN gateways since 2023-12-01, and were retired for existing ones at the end of June 2026.',
  fix: 'Set the sku of publicIp to "Standard", or leave it out.',
  source: sources.skus,
};

const withoutZones: Problem = {
  path: '/publicIp/zones',
  code: 'publicIpWithoutZones',
  severity: 'warning',
  message:
    'In a region with availability zones, Azure refuses an AZ gateway whose address has none (VmssVpnGatewayPublicIpsMustHaveZonesConfigured).',
  fix: 'Leave zones out, unless the region has no availability zones.',
  source: sources.skuConsolidation,
};

function zonesNotInRegion(location: string): Problem {
  return {
    path: '/publicIp/zones',
    code: 'zonesNotInRegion',
    restsOn: ['/location'],
    severity: 'error',
    message: `${location} has no availability zones: Azure refuses an address with zones there (AvailabilityZonesNotSupportedInRegion). The AZ SKUs are there all the same, and stand in the region as a whole.`,
    fix: 'Leave zones out.',
    source: sources.regions,
  };
}

const repeatedZone: Problem = {
  path: '/publicIp/zones',
  code: 'publicIpZoneRepeated',
  severity: 'error',
  message: 'A zone is in the list twice.',
  fix: 'Name each zone once, or leave zones out for all three.',
};

function inUse(
  { resourceId, attachedTo }: PublicIpFacts,
  { resourceIds }: PreflightSubject['plan'],
): readonly Problem[] {
  if (attachedTo === undefined || isBelow(resourceIds.gateway, attachedTo)) return [];
  return [
    {
      path: '/publicIp/name',
      code: 'publicIpInUse',
      severity: 'error',
      message: `The public IP address ${resourceId} is attached to ${attachedTo} already, and an address serves one thing only.`,
      fix: 'Give the public IP address another name, or detach it there.',
      source: sources.settings,
    },
  ];
}

function isBelow(resourceId: string, id: string): boolean {
  return id.toLowerCase().startsWith(`${resourceId.toLowerCase()}/`);
}

// An address that is there is used as it is.
function unfit({ resourceId, sku, allocationMethod }: PublicIpFacts): readonly Problem[] {
  if (sku === 'Standard' && allocationMethod === 'Static') return [];
  return [
    {
      path: '/publicIp/name',
      code: 'publicIpUnfit',
      severity: 'error',
      message: `The public IP address ${resourceId} is there already, ${sku} and ${allocationMethod}; a VPN gateway takes Standard and Static only.`,
      fix: 'Give the public IP address another name, or upgrade that one.',
      source: sources.skus,
    },
  ];
}

function furtherAddresses({ activeActive, ipConfigurations }: PreflightSubject['plan']): readonly Problem[] {
  if (!activeActive) return [];
  const names = ipConfigurations.map((configuration) => configuration.publicIp.name);
  return [
    {
      path: '/activeActive',
      code: 'activeActiveThreeAddresses',
      severity: 'warning',
      message: `An active-active gateway with point-to-site clients needs a third public IP address; Gatehouse makes all three, and each is billed: ${names.join(', ')}.`,
      fix: 'Change nothing if that is intended; otherwise leave activeActive out.',
      source: sources.certificateGateway,
    },
  ];
}
