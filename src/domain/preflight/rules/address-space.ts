import { type AddressPurpose, overlaps, purposesTouched } from '../../address-range.ts';
import type { Problem } from '../problem.ts';
import { findOverlaps } from '../range-overlaps.ts';
import { sources } from '../sources.ts';
import type { LocatedRange, PreflightRule, PreflightSubject } from '../subject.ts';

// Azure refuses these in a virtual network; other reserved blocks it takes.
const refusedPurposes: Readonly<Partial<Record<AddressPurpose, string>>> = {
  multicast: 'multicast (224.0.0.0/4)',
  loopback: 'loopback (127.0.0.0/8)',
  linkLocal: 'link-local (169.254.0.0/16)',
  azurePlatform: "Azure's own 168.63.129.16",
  unspecified: '"this network" (0.0.0.0/8)',
  reserved: 'reserved by IANA',
};

/** What may be in the address space of a virtual network, and beside what. */
export const addressSpace: PreflightRule = {
  name: 'addressSpace',
  check: (subject) =>
    subject.plan.virtualNetwork.kind === 'existing'
      ? overlapsOnPremises(subject)
      : [
          ...overlapsInside(subject.network.addressSpace),
          ...subject.network.addressSpace.flatMap(unusualRange),
          ...overlapsOnPremises(subject),
        ],
};

function overlapsInside(ranges: readonly LocatedRange[]): readonly Problem[] {
  return findOverlaps(ranges).map(({ inner, outer }) => ({
    path: inner.path,
    code: 'addressSpaceOverlap',
    severity: 'error',
    message: `${inner.range.cidr} lies inside ${outer.range.cidr}, which is in the address space already.`,
    fix: `Leave out ${inner.range.cidr}.`,
    source: sources.virtualNetworkFaq,
  }));
}

function unusualRange({ path, range }: LocatedRange): readonly Problem[] {
  const purposes = purposesTouched(range);
  const refused = purposes.flatMap((purpose) => refusedPurposes[purpose] ?? []);
  if (refused.length > 0) {
    return [
      {
        path,
        code: 'addressSpaceRefused',
        severity: 'error',
        message: `${range.cidr} holds addresses that a virtual network cannot have: ${refused.join(', ')}.`,
        fix: 'Take a range of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.',
        source: sources.virtualNetworkFaq,
      },
    ];
  }
  if (purposes.length > 0) return [];
  return [
    {
      path,
      code: 'addressSpacePublic',
      severity: 'warning',
      message: `${range.cidr} is a public range: while connected, clients reach the Internet's hosts of that range through the tunnel or not at all.`,
      fix: 'Take a private range, unless this one is yours.',
      source: sources.privateAddresses,
    },
  ];
}

function overlapsOnPremises({ network, onPremises }: PreflightSubject): readonly Problem[] {
  return onPremises.flatMap(({ path, range }) => {
    const other = network.addressSpace.find((space) => overlaps(space.range, range));
    if (other === undefined) return [];
    return [
      {
        path,
        code: 'onPremisesOverlapsVirtualNetwork',
        severity: 'warning',
        message: `${range.cidr} overlaps ${other.range.cidr} of the virtual network: for clients connecting from there, that traffic stays on the local network and never reaches Azure.`,
        fix: 'Give the virtual network a range that is not in use where people connect from.',
        source: sources.troubleshooting,
      },
    ];
  });
}
