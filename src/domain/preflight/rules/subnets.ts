import { contains } from '../../address-range.ts';
import type { Problem } from '../problem.ts';
import { findOverlaps } from '../range-overlaps.ts';
import { sources } from '../sources.ts';
import type { LocatedRange, LocatedSubnet, PreflightRule, PreflightSubject } from '../subject.ts';

// Azure keeps five addresses of each subnet, so it makes none smaller.
const prefixLengthMax = 29;

/** Where a new virtual network's subnets may lie. An existing network's were judged by Azure. */
export const subnets: PreflightRule = {
  name: 'subnets',
  check: (subject) => {
    if (subject.plan.virtualNetwork.kind === 'existing') return [];
    const ranges = subject.network.subnets.flatMap(({ prefixPath: path, range }) =>
      range === undefined ? [] : [{ path, range }],
    );
    return [
      ...repeatedNames(subject.network.subnets),
      ...ranges.flatMap((located) => outsideAddressSpace(located, subject)),
      ...ranges.flatMap(tooSmall),
      ...subnetOverlaps(ranges),
    ];
  },
};

function repeatedNames(located: readonly LocatedSubnet[]): readonly Problem[] {
  const seen = new Set<string>();
  return located.flatMap(({ name, namePath }) => {
    const isRepeated = seen.has(name.toLowerCase());
    seen.add(name.toLowerCase());
    if (!isRepeated) return [];
    return [
      {
        path: namePath,
        code: 'subnetNameRepeated',
        severity: 'error' as const,
        message: `There is another subnet named ${JSON.stringify(name)}; Azure does not tell names apart by case.`,
        fix: 'Give each subnet a name of its own.',
        source: sources.names,
      },
    ];
  });
}

function outsideAddressSpace({ path, range }: LocatedRange, { network, plan }: PreflightSubject): readonly Problem[] {
  if (network.addressSpace.some((space) => contains(space.range, range))) return [];
  // While a range of the address space cannot be read, no one can say what lies outside.
  if (plan.virtualNetwork.kind === 'new' && network.addressSpace.length < plan.virtualNetwork.addressSpace.length) {
    return [];
  }
  const space = network.addressSpace.map(({ range: { cidr } }) => cidr);
  return [
    {
      path,
      code: 'subnetOutsideAddressSpace',
      restsOn: ['/virtualNetwork/addressSpace'],
      severity: 'error',
      message: `${range.cidr} is not inside one range of the address space (${shortList(space)}); Azure answers NetcfgInvalidSubnet.`,
      fix: `Move the subnet inside the address space, or add ${range.cidr} to it.`,
      source: sources.virtualNetworkFaq,
    },
  ];
}

function tooSmall({ path, range }: LocatedRange): readonly Problem[] {
  if (range.prefixLength <= prefixLengthMax) return [];
  return [
    {
      path,
      code: 'subnetTooSmall',
      severity: 'error',
      message: `${range.cidr} is too small: Azure keeps five addresses of every subnet and makes none smaller than /${prefixLengthMax}.`,
      fix: `Take a /${prefixLengthMax} or larger; a GatewaySubnet should be /27 or larger.`,
      source: sources.virtualNetworkFaq,
    },
  ];
}

function subnetOverlaps(ranges: readonly LocatedRange[]): readonly Problem[] {
  return findOverlaps(ranges).map(({ inner, outer }) => ({
    path: inner.path,
    code: 'subnetOverlap',
    severity: 'error',
    message: `${inner.range.cidr} overlaps ${outer.range.cidr} of another subnet (${outer.path}).`,
    fix: 'Give each subnet a range of its own.',
    source: sources.virtualNetworkFaq,
  }));
}

function shortList(items: readonly string[]): string {
  const shown = items.slice(0, 5).join(', ');
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown;
}
