import { contains, overlaps, parseAddressRange } from '../../address-range.ts';
import { wantedDnsServers } from '../../gateway-plan.ts';
import type { VirtualNetworkFacts } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import {
  isSameName,
  type LocatedSubnet,
  locatePlannedSubnets,
  type PreflightRule,
  type PreflightSubject,
} from '../subject.ts';

/** What a plan may change in a virtual network that is there already, by its id or under its name. */
export const networkThere: PreflightRule = {
  name: 'networkThere',
  check: (subject) => {
    const { plan, context } = subject;
    const facts = context.virtualNetworkFacts;
    if (facts === undefined) return [];
    return [
      ...dnsServers(plan, facts),
      ...locatePlannedSubnets(plan.virtualNetwork.subnets ?? []).flatMap((subnet) =>
        besideThose(subnet, subject, facts),
      ),
    ];
  },
};

function dnsServers({ virtualNetwork }: PreflightSubject['plan'], facts: VirtualNetworkFacts): readonly Problem[] {
  const wanted = wantedDnsServers(virtualNetwork);
  if (wanted === undefined || wanted.join() === facts.dnsServers.join()) return [];
  const change = `The virtual network is there already, with ${said(facts.dnsServers)} for DNS; the plan has ${said(wanted)}.`;
  const common = { path: '/virtualNetwork/dnsServers', source: sources.virtualNetworkDns };
  return virtualNetwork.allowForeignVnet === true
    ? [
        {
          ...common,
          code: 'foreignDnsChanges',
          severity: 'warning',
          message: `${change} Everything in it takes that up when it starts again or renews its address.`,
          fix: 'Change nothing if that is intended; otherwise leave dnsServers out.',
        },
      ]
    : [
        {
          ...common,
          code: 'foreignDnsKept',
          severity: 'error',
          message: `${change} What serves everything in a network is not changed for the sake of a gateway.`,
          fix: 'Leave dnsServers out, or set allowForeignVnet to true.',
        },
      ];
}

function said(servers: readonly string[]): string {
  return servers.length === 0 ? "Azure's own servers" : servers.join(', ');
}

function besideThose(subnet: LocatedSubnet, subject: PreflightSubject, facts: VirtualNetworkFacts): readonly Problem[] {
  const { range, name, prefixPath: path } = subnet;
  if (range === undefined) return [];
  const same = facts.subnets.find((other) => isSameName(other.name, name));
  if (same !== undefined) return againstSame(subnet, same.prefixes);
  const overlapped = facts.subnets.find(({ prefixes }) =>
    prefixes.some((text) => {
      const parsed = parseAddressRange(text);
      return parsed.outcome === 'parsed' && overlaps(parsed.range, range);
    }),
  );
  const { addressSpace } = subject.network;
  const isOutside =
    subject.plan.virtualNetwork.kind === 'existing' && !addressSpace.some((space) => contains(space.range, range));
  return [
    ...(overlapped === undefined
      ? []
      : [
          {
            path,
            code: 'subnetOverlap' as const,
            severity: 'error' as const,
            message: `${range.cidr} overlaps ${overlapped.prefixes.join(', ')} of the subnet ${JSON.stringify(overlapped.name)}, which the virtual network has already.`,
            fix: 'Give the subnet a range of its own.',
            source: sources.virtualNetworkFaq,
          },
        ]),
    ...(isOutside
      ? [
          {
            path,
            code: 'subnetOutsideAddressSpace' as const,
            severity: 'error' as const,
            message: `${range.cidr} is not inside one range of the virtual network's address space (${facts.addressSpace.join(', ')}).`,
            fix: 'Move the subnet inside the address space.',
            source: sources.virtualNetworkFaq,
          },
        ]
      : []),
  ];
}

function againstSame(
  { name, range, prefixPath: path }: LocatedSubnet,
  prefixes: readonly string[],
): readonly Problem[] {
  const planned = range?.cidr ?? '';
  if (prefixes.includes(planned)) return [];
  const there = `The virtual network has a subnet ${JSON.stringify(name)} already`;
  if (prefixes.length === 0) {
    return [
      {
        path,
        code: 'notLookedAt',
        severity: 'warning',
        message: `${there}, of which Azure shows no range: whether it is ${planned} is not known.`,
        fix: 'Look at its range, which an address manager may have given it, or leave the subnet out.',
      },
    ];
  }
  return [
    {
      path,
      code: 'subnetDiffers',
      severity: 'error',
      message: `${there}, of ${prefixes.join(', ')} and not ${planned}.`,
      fix: 'Plan what is there, or leave the subnet out.',
    },
  ];
}
