import { traitsOf } from '../../gateway-sku.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

/** Whether Azure still builds the SKU, of which generation, and as what type of VPN. */
export const sku: PreflightRule = {
  name: 'sku',
  check: ({ plan }) => [...standing(plan), ...generation(plan), ...vpnType(plan)],
};

function standing({ sku: name }: PreflightSubject['plan']): readonly Problem[] {
  const { standing: kind, successor } = traitsOf(name);
  const common = { path: '/sku', severity: 'error', fix: `Set sku to "${successor}".` } as const;
  switch (kind) {
    case 'current':
      return [];
    case 'nonZonal':
      return [
        {
          ...common,
          code: 'skuClosedNonZonal',
          message: `Azure closed ${name} to new gateways on 2025-01-01 (fully blocked by May 2025) and retired it on 2026-09-30. ${successor} takes its place in every region, also where there are no availability zones.`,
          source: sources.skuConsolidation,
        },
      ];
    case 'legacy':
      return [
        {
          ...common,
          code: 'skuClosedLegacy',
          message: `Azure closed the ${name} SKU to new gateways in November 2023 and retired it in March 2026.`,
          source: sources.whatsNew,
        },
      ];
    case 'basic':
      return [
        {
          ...common,
          code: 'skuBasicUnfit',
          message:
            'The Basic SKU offered point-to-site over SSTP alone, and SSTP can no longer be enabled since 2026-03-31. One page has it take IKEv2 since November 2025, but the SKU table of 2026-06-08 says it does not, so Gatehouse does not build on it; nor can it be resized to another SKU later.',
          source: sources.basicSkuIkeV2,
        },
      ];
  }
}

function generation({ sku: name, generation: wanted }: PreflightSubject['plan']): readonly Problem[] {
  const { generations } = traitsOf(name);
  if (generations.includes(wanted)) return [];
  return [
    {
      path: '/generation',
      code: 'skuGenerationMismatch',
      restsOn: ['/sku'],
      severity: 'error',
      message: `${name} exists in ${generations.join(' and ')} only; with ${wanted} Azure answers VirtualNetworkGatewaySkuCannotBeCreatedForSpecifiedVmGeneration.`,
      fix: `Set generation to "${generations[0]}", or leave it out.`,
      source: sources.skus,
    },
  ];
}

function vpnType({ vpnType: type }: PreflightSubject['plan']): readonly Problem[] {
  if (type === 'RouteBased') return [];
  return [
    {
      path: '/vpnType',
      code: 'vpnTypePolicyBased',
      severity: 'error',
      message:
        'A policy-based gateway has no point-to-site connections, and the type cannot be changed after it is built.',
      fix: 'Set vpnType to "RouteBased", or leave it out.',
      source: sources.settings,
    },
  ];
}
