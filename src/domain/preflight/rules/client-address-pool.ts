import {
  type AddressRange,
  findFreeRange,
  isPrivate,
  overlaps,
  parseAddressRange,
  purposesTouched,
} from '../../address-range.ts';
import { usualClientAddressPool } from '../../gateway-plan-schema.ts';
import type { OtherGateway } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { findOverlaps } from '../range-overlaps.ts';
import { sources } from '../sources.ts';
import type { LocatedRange, PreflightRule, PreflightSubject } from '../subject.ts';

const poolPath = '/clientAddressPool';
const proposedPrefixLength = 24;
const classfulBlock = '10.0.0.0/8';
// 10.0.0.0/8 is left out on purpose: Windows clients route all of it into the tunnel.
const proposedBlocks = ['172.16.0.0/12', '192.168.0.0/16'];

/** The ranges that clients get their addresses from: private, large enough, and in use nowhere else. */
export const clientAddressPool: PreflightRule = {
  name: 'clientAddressPool',
  check: (subject) => [
    ...missing(subject),
    ...subject.pools.flatMap((pool) => [
      ...notPrivate(pool),
      ...tooSmall(pool, subject.plan.activeActive),
      ...overlapsNetwork(pool, subject),
      ...overlapsPeers(pool, subject),
      ...overlapsOnPremises(pool, subject),
      ...overlapsOtherGateways(pool, subject),
      ...classfulRoute(pool),
    ]),
    ...overlapsOtherPools(subject.pools),
  ],
};

function missing(subject: PreflightSubject): readonly Problem[] {
  if (subject.plan.clientAddressPool.length > 0) return [];
  // What is in use in a network that nobody has read is not known.
  const free = subject.network.isKnown ? proposePool(subject) : undefined;
  return [
    {
      path: poolPath,
      code: 'poolMissing',
      restsOn: ['/virtualNetwork', '/onPremisesRanges', '/customRoutes'],
      severity: 'error',
      message: `The plan has no client address pool: it asks for none, or the usual ${usualClientAddressPool} overlaps a range that is in use.`,
      fix:
        free === undefined ? 'Give a private range that nothing else uses.' : `Give a pool; ["${free.cidr}"] is free.`,
      source: sources.certificateGateway,
    },
  ];
}

function proposePool({ network, onPremises, context }: PreflightSubject): AddressRange | undefined {
  const peers = (context.virtualNetworkFacts?.peerings ?? [])
    .flatMap(({ addressSpace }) => addressSpace)
    .flatMap(parseOrNone);
  const taken = [...[...network.addressSpace, ...onPremises].map(({ range }) => range), ...peers];
  const others = (context.otherGateways ?? []).flatMap(poolsOf);
  return findFreeRange(proposedBlocks.flatMap(parseOrNone), [...taken, ...others], proposedPrefixLength);
}

function notPrivate({ path, range }: LocatedRange): readonly Problem[] {
  if (isPrivate(range)) return [];
  const isShared = purposesTouched(range).includes('carrierGradeNat');
  return [
    {
      path,
      code: 'poolNotPrivate',
      severity: 'error',
      message: isShared
        ? `${range.cidr} touches 100.64.0.0/10, which Internet providers use between themselves and their customers: a client behind such a provider could not tell the two apart.`
        : `${range.cidr} is not a private range: clients would lose the Internet's hosts of that range, and Azure wants private addresses here.`,
      fix: 'Take a range of 172.16.0.0/12 or 192.168.0.0/16.',
      source: isShared ? sources.sharedAddressSpace : sources.certificateGateway,
    },
  ];
}

function tooSmall({ path, range }: LocatedRange, activeActive: boolean): readonly Problem[] {
  const prefixLengthMax = activeActive ? 28 : 29;
  if (range.prefixLength <= prefixLengthMax) return [];
  return [
    {
      path,
      code: 'poolTooSmall',
      restsOn: ['/activeActive'],
      severity: 'error',
      message: `${range.cidr} is too small: ${activeActive ? 'an active-active gateway splits the pool between its two instances, and Azure takes no pool' : 'Azure takes no pool'} smaller than /${prefixLengthMax}.`,
      fix: `Take a /${prefixLengthMax} or larger; /${proposedPrefixLength} is usual.`,
      source: sources.certificateGateway,
    },
  ];
}

function overlapsNetwork({ path, range }: LocatedRange, { network }: PreflightSubject): readonly Problem[] {
  const other = network.addressSpace.find((space) => overlaps(space.range, range));
  if (other === undefined) return [];
  return [
    {
      path,
      code: 'poolOverlapsVirtualNetwork',
      restsOn: ['/virtualNetwork/addressSpace'],
      severity: 'error',
      message: `${range.cidr} overlaps ${other.range.cidr} of the virtual network's address space; Azure refuses the gateway for it.`,
      fix: 'Take a pool outside the address space of the virtual network and of every network peered with it.',
      source: sources.certificateGateway,
    },
  ];
}

function overlapsPeers({ path, range }: LocatedRange, { context }: PreflightSubject): readonly Problem[] {
  const peers = context.virtualNetworkFacts?.peerings ?? [];
  const peer = peers.find(({ addressSpace }) =>
    addressSpace.flatMap(parseOrNone).some((used) => overlaps(used, range)),
  );
  if (peer === undefined) return [];
  return [
    {
      path,
      code: 'poolOverlapsPeering',
      severity: 'error',
      message: `${range.cidr} overlaps the address space of the network peered by ${JSON.stringify(peer.name)} (${peer.addressSpace.join(', ')}).`,
      fix: 'Take a pool outside the address space of the virtual network and of every network peered with it.',
      source: sources.certificateGateway,
    },
  ];
}

function overlapsOnPremises({ path, range }: LocatedRange, { onPremises }: PreflightSubject): readonly Problem[] {
  const other = onPremises.find((used) => overlaps(used.range, range));
  if (other === undefined) return [];
  return [
    {
      path,
      code: 'poolOverlapsOnPremises',
      restsOn: ['/onPremisesRanges'],
      severity: 'error',
      message: `${range.cidr} overlaps ${other.range.cidr}, which is in use where clients connect from (${other.path}): answers to them would stay on the local network.`,
      fix: 'Take a pool that is not in use on premises.',
      source: sources.certificateGateway,
    },
  ];
}

function overlapsOtherGateways({ path, range }: LocatedRange, { plan, context }: PreflightSubject): readonly Problem[] {
  const other = (context.otherGateways ?? [])
    .filter(({ resourceId }) => resourceId.toLowerCase() !== plan.resourceIds.gateway.toLowerCase())
    .find((gateway) => poolsOf(gateway).some((pool) => overlaps(pool, range)));
  if (other === undefined) return [];
  return [
    {
      path,
      code: 'poolOverlapsOtherGateway',
      severity: 'warning',
      message: `${range.cidr} overlaps the pool of gateway ${JSON.stringify(other.id)}: if the two networks are ever peered, traffic back to clients goes astray.`,
      fix: 'Give each gateway a pool of its own.',
      source: sources.certificateGateway,
    },
  ];
}

function classfulRoute({ path, range }: LocatedRange): readonly Problem[] {
  if (!parseOrNone(classfulBlock).some((block) => overlaps(block, range))) return [];
  return [
    {
      path,
      code: 'poolClassfulRoute',
      severity: 'warning',
      message: `Windows' own VPN client derives a classful route from its address: with a pool in ${classfulBlock}, all of ${classfulBlock} goes into the tunnel, local networks of that range included.`,
      fix: `Take a pool in ${proposedBlocks.join(' or ')} if Windows clients connect.`,
      source: sources.troubleshooting,
    },
  ];
}

function overlapsOtherPools(pools: readonly LocatedRange[]): readonly Problem[] {
  return findOverlaps(pools).map(({ inner, outer }) => ({
    path: inner.path,
    code: 'poolsOverlap',
    severity: 'error',
    message: `${inner.range.cidr} lies inside ${outer.range.cidr} of the same pool.`,
    fix: `Leave out ${inner.range.cidr}.`,
    source: sources.certificateGateway,
  }));
}

function poolsOf({ clientAddressPool: ranges }: OtherGateway): readonly AddressRange[] {
  return ranges.flatMap(parseOrNone);
}

function parseOrNone(text: string): readonly AddressRange[] {
  const parsed = parseAddressRange(text);
  return parsed.outcome === 'parsed' ? [parsed.range] : [];
}
