import { findFreeRange } from '../../address-range.ts';
import { gatewaySubnetName, isGatewaySubnet } from '../../gateway-plan.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { LocatedSubnet, PreflightRule, SubjectNetwork } from '../subject.ts';

const prefixLengthMax = 29;
const prefixLengthAdvised = 27;

/** The subnet the gateway's own machines stand in: its name, that it is there, and its size. */
export const gatewaySubnet: PreflightRule = {
  name: 'gatewaySubnet',
  check: ({ network }) => {
    if (!network.isKnown) return [];
    const exact = network.subnets.filter(({ name }) => isGatewaySubnet(name));
    const nearly = network.subnets.filter(({ name }) => !isGatewaySubnet(name) && isMeantAsGatewaySubnet(name));
    if (exact.length === 0 && nearly.length === 0) return [missing(network)];
    return [...nearly.map(misspelled), ...[...exact, ...nearly].flatMap(size)];
  },
};

function isMeantAsGatewaySubnet(name: string): boolean {
  return /^(gateway|gw)subnets?$/.test(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
}

function misspelled({ name, namePath }: LocatedSubnet): Problem {
  return {
    path: namePath,
    code: 'gatewaySubnetMisspelled',
    severity: 'error',
    message: `The subnet ${JSON.stringify(name)} is not the gateway's: Azure looks for the name ${gatewaySubnetName} and no other.`,
    fix: `Name it "${gatewaySubnetName}".`,
    source: sources.settings,
  };
}

function missing(network: SubjectNetwork): Problem {
  return {
    path: network.subnetsPath,
    code: 'gatewaySubnetMissing',
    restsOn: ['/virtualNetwork/resourceId', '/virtualNetwork/addressSpace'],
    severity: 'error',
    message: `The virtual network has no subnet named ${gatewaySubnetName}, and a gateway can stand in no other.`,
    fix: proposal(network),
    source: sources.settings,
  };
}

// Proposed and not made: which addresses to give away is the network owner's choice.
function proposal(network: SubjectNetwork): string {
  const free = findFreeRange(
    network.addressSpace.map(({ range }) => range),
    network.subnets.flatMap(({ range }) => range ?? []),
    prefixLengthAdvised,
  );
  return free === undefined
    ? `The address space has no /${prefixLengthAdvised} left: add a range to it, and in that a subnet named "${gatewaySubnetName}".`
    : `Add the subnet { "name": "${gatewaySubnetName}", "prefix": "${free.cidr}" }; that range is free.`;
}

function size({ prefixPath: path, range }: LocatedSubnet): readonly Problem[] {
  if (range === undefined || range.prefixLength <= prefixLengthAdvised) return [];
  const isRefused = range.prefixLength > prefixLengthMax;
  return [
    {
      path,
      code: isRefused ? 'gatewaySubnetTooSmall' : 'gatewaySubnetSmall',
      severity: isRefused ? 'error' : 'warning',
      message: isRefused
        ? `${range.cidr} is too small for a gateway: /${prefixLengthMax} is the smallest that Azure takes, and only the Basic SKU was made for it.`
        : `${range.cidr} is smaller than the /${prefixLengthAdvised} that Azure asks for with every SKU but Basic: active-active, an ExpressRoute gateway beside it, or a migration by Azure may fail for want of addresses.`,
      fix: `Make the ${gatewaySubnetName} a /${prefixLengthAdvised} or larger; once a gateway stands in it, it can no longer be changed.`,
      source: sources.settings,
    },
  ];
}
