import { traitsOf } from '../../gateway-sku.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

/** Which tunnel protocols can be enabled, together and on this SKU. */
export const tunnels: PreflightRule = {
  name: 'tunnels',
  check: ({ plan }) => [...none(plan), ...retired(plan), ...together(plan), ...onSku(plan), ...repeated(plan)],
};

type Plan = PreflightSubject['plan'];

function none({ protocols }: Plan): readonly Problem[] {
  if (protocols.length > 0) return [];
  return [
    {
      path: '/protocols',
      code: 'protocolMissing',
      severity: 'error',
      message: 'Without a tunnel protocol no client can connect.',
      fix: 'Set protocols to ["IkeV2", "OpenVPN"], or leave it out.',
      source: sources.multipleAuthentication,
    },
  ];
}

function retired({ protocols }: Plan): readonly Problem[] {
  const index = protocols.indexOf('SSTP');
  if (index < 0) return [];
  return [
    {
      path: `/protocols/${index}`,
      code: 'protocolSstpRetired',
      severity: 'error',
      message:
        'SSTP can no longer be enabled since 2026-03-31, and stops working on existing gateways on 2027-03-31. It carried 128 clients whatever the SKU.',
      fix: 'Use "IkeV2" and "OpenVPN": Windows, macOS, iOS, Android and Linux clients all have one of the two.',
      source: sources.sstpRetirement,
    },
  ];
}

function together({ protocols }: Plan): readonly Problem[] {
  if (!protocols.includes('SSTP') || !protocols.includes('OpenVPN')) return [];
  return [
    {
      path: '/protocols',
      code: 'protocolsExclusive',
      severity: 'error',
      message: 'SSTP and OpenVPN were never possible together: both are TLS on port 443.',
      fix: 'Leave out "SSTP".',
      source: sources.sstpMigration,
    },
  ];
}

function onSku({ protocols, sku }: Plan): readonly Problem[] {
  const index = protocols.indexOf('OpenVPN');
  if (index < 0 || traitsOf(sku).standing !== 'basic') return [];
  return [
    {
      path: `/protocols/${index}`,
      code: 'protocolNotOnSku',
      restsOn: ['/sku'],
      severity: 'error',
      message: `OpenVPN is not supported on the ${sku} SKU, and never was.`,
      fix: `Set sku to "${traitsOf(sku).successor}".`,
      source: sources.skus,
    },
  ];
}

function repeated({ protocols }: Plan): readonly Problem[] {
  if (new Set(protocols).size === protocols.length) return [];
  return [
    {
      path: '/protocols',
      code: 'protocolRepeated',
      severity: 'error',
      message: 'A protocol is in the list twice.',
      fix: 'Name each protocol once.',
    },
  ];
}
