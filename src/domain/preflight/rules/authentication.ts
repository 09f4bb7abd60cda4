import type { AuthenticationMethod } from '../../gateway-plan-schema.ts';
import { traitsOf } from '../../gateway-sku.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

/** Which ways of authenticating can be enabled, with these protocols, on this SKU, and by a plan. */
export const authentication: PreflightRule = {
  name: 'authentication',
  check: ({ plan }) => [
    ...withoutCertificate(plan),
    ...notPlannable(plan),
    ...entraWithoutOpenVpn(plan),
    ...radiusBesideCertificate(plan),
    ...radiusOnSku(plan),
    ...repeated(plan),
  ],
};

type Plan = PreflightSubject['plan'];

function withoutCertificate({ authentication: methods }: Plan): readonly Problem[] {
  if (methods.includes('Certificate')) return [];
  return [
    {
      path: '/authentication',
      code: 'authenticationWithoutCertificate',
      severity: 'error',
      message:
        'Certificate has to be among the methods: the gateways that Gatehouse builds are opened by certificates.',
      fix: 'Set authentication to ["Certificate"], or leave it out.',
      source: sources.multipleAuthentication,
    },
  ];
}

const settingsMissing: Readonly<Record<Exclude<AuthenticationMethod, 'Certificate'>, string>> = {
  AAD: 'the tenant, audience and issuer that AAD (Entra ID) needs',
  Radius: 'the server and secret that Radius needs',
};

function notPlannable({ authentication: methods }: Plan): readonly Problem[] {
  return methods.flatMap((method, index) =>
    method === 'Certificate'
      ? []
      : [
          {
            path: `/authentication/${index}`,
            code: 'authenticationNotInPlan',
            severity: 'error' as const,
            message: `A plan has no place for ${settingsMissing[method]}, and Azure refuses the method without them.`,
            fix: `Leave out "${method}" here and add it in Azure afterwards; Gatehouse keeps what it finds there.`,
            source: sources.multipleAuthentication,
          },
        ],
  );
}

function entraWithoutOpenVpn({ authentication: methods, protocols }: Plan): readonly Problem[] {
  if (!methods.includes('AAD') || protocols.includes('OpenVPN')) return [];
  return [
    {
      path: '/protocols',
      code: 'authenticationNeedsOpenVpn',
      restsOn: ['/authentication'],
      severity: 'error',
      message: 'AAD (Entra ID) authentication works over OpenVPN only, and OpenVPN is not among the protocols.',
      fix: 'Add "OpenVPN" to protocols, or leave out "AAD".',
      source: sources.multipleAuthentication,
    },
  ];
}

function radiusBesideCertificate({ authentication: methods, protocols }: Plan): readonly Problem[] {
  const isBoth = methods.includes('Radius') && methods.includes('Certificate');
  if (!isBoth || !protocols.some((protocol) => protocol !== 'OpenVPN')) return [];
  return [
    {
      path: '/authentication',
      code: 'authenticationExclusive',
      restsOn: ['/protocols'],
      severity: 'error',
      message: 'With IkeV2 or SSTP among the protocols, Azure takes Radius or Certificate, not both.',
      fix: 'Leave out "Radius", or keep "OpenVPN" as the only protocol.',
      source: sources.multipleAuthentication,
    },
  ];
}

function radiusOnSku({ authentication: methods, sku }: Plan): readonly Problem[] {
  const index = methods.indexOf('Radius');
  if (index < 0 || traitsOf(sku).standing !== 'basic') return [];
  return [
    {
      path: `/authentication/${index}`,
      code: 'authenticationNotOnSku',
      restsOn: ['/sku'],
      severity: 'error',
      message: `Radius is not supported on the ${sku} SKU.`,
      fix: `Set sku to "${traitsOf(sku).successor}".`,
      source: sources.skus,
    },
  ];
}

function repeated({ authentication: methods }: Plan): readonly Problem[] {
  if (new Set(methods).size === methods.length) return [];
  return [
    {
      path: '/authentication',
      code: 'authenticationRepeated',
      severity: 'error',
      message: 'A method is in the list twice.',
      fix: 'Name each method once.',
    },
  ];
}
