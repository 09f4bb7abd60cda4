import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

/** What the gateway's public addresses have to be since December 2023, and how many there are. */
export const publicIp: PreflightRule = {
  name: 'publicIp',
  check: ({ plan }) => [
    ...plan.ipConfigurations.slice(0, 1).flatMap(({ publicIp: address }) => addressProblems(address)),
    ...furtherAddresses(plan),
  ],
};

type Address = PreflightSubject['plan']['ipConfigurations'][number]['publicIp'];

function addressProblems({ allocationMethod, sku, zones }: Address): readonly Problem[] {
  return [
    ...(allocationMethod === 'Dynamic' ? [dynamicAddress] : []),
    ...(sku === 'Basic' ? [basicAddress] : []),
    ...(zones.length === 0 ? [withoutZones] : []),
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

const repeatedZone: Problem = {
  path: '/publicIp/zones',
  code: 'publicIpZoneRepeated',
  severity: 'error',
  message: 'A zone is in the list twice.',
  fix: 'Name each zone once, or leave zones out for all three.',
};

function furtherAddresses({ activeActive, ipConfigurations }: PreflightSubject['plan']): readonly Problem[] {
  if (!activeActive) return [];
  const names = ipConfigurations.map((configuration) => configuration.publicIp.name);
  return [
    {
      path: '/activeActive',
      code: 'activeActiveThreeAddresses',
      severity: 'warning',
      message: `An active-active gateway with point-to-site clients needs a third public IP address; Gatehouse makes all three, and each is billed: ${names.join(', ')}.`,
      fix: 'Nothing, if that is meant; otherwise leave activeActive out.',
      source: sources.certificateGateway,
    },
  ];
}
