import ipaddr from 'ipaddr.js';

/** A canonical IPv4 range: `first` is its lowest address as an unsigned 32-bit number, and no host bit is set. */
export interface AddressRange {
  readonly cidr: string;
  readonly first: number;
  readonly prefixLength: number;
}

export type AddressFault =
  | 'notDottedDecimal'
  | 'leadingZero'
  | 'ipv6'
  | 'surroundingSpace'
  | 'prefixMissing'
  | 'prefixOutOfRange'
  | 'hostBitsSet';

/** `suggestion` is the canonical spelling of what was probably meant, where there is one. */
export interface RefusedAddress {
  readonly outcome: 'refused';
  readonly fault: AddressFault;
  readonly suggestion?: string;
}

type ParsedRange = { readonly outcome: 'parsed'; readonly range: AddressRange } | RefusedAddress;

/** What an address block is reserved for, as far as it decides where the block may be used. */
export type AddressPurpose =
  'private' | 'carrierGradeNat' | 'multicast' | 'loopback' | 'linkLocal' | 'azurePlatform' | 'unspecified' | 'reserved';

const addressSpaceBits = 32;

// Blocks that Azure or the Internet's registries keep for something; RFC 1918, 6598, 5771, 1122, 3927, 6890, 2544,
// 5737.
const reservedBlocks: readonly (readonly [cidr: string, purpose: AddressPurpose])[] = [
  ['10.0.0.0/8', 'private'],
  ['172.16.0.0/12', 'private'],
  ['192.168.0.0/16', 'private'],
  ['100.64.0.0/10', 'carrierGradeNat'],
  ['224.0.0.0/4', 'multicast'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'linkLocal'],
  // Azure's own DNS, DHCP and health probes answer here in every virtual network.
  ['168.63.129.16/32', 'azurePlatform'],
  ['0.0.0.0/8', 'unspecified'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'reserved'],
  ['198.18.0.0/15', 'reserved'],
  ['198.51.100.0/24', 'reserved'],
  ['203.0.113.0/24', 'reserved'],
  ['240.0.0.0/4', 'reserved'],
];

/**
 * Reads one canonical IPv4 CIDR; anything that another program could read as a different range is refused, not
 * repaired.
 */
export function parseAddressRange(text: string): ParsedRange {
  if (text !== text.trim()) return { outcome: 'refused', fault: 'surroundingSpace', suggestion: text.trim() };

  const [address = '', prefix, ...rest] = text.split('/');
  const parsed = parseAddress(address);
  if (parsed.outcome === 'refused') {
    const { suggestion } = parsed;
    return suggestion === undefined || prefix === undefined
      ? { outcome: 'refused', fault: parsed.fault }
      : { ...parsed, suggestion: `${suggestion}/${prefix}` };
  }
  if (prefix === undefined) return { outcome: 'refused', fault: 'prefixMissing', suggestion: `${address}/32` };
  if (rest.length > 0 || !/^\d+$/.test(prefix)) return { outcome: 'refused', fault: 'prefixOutOfRange' };

  const prefixLength = Number(prefix);
  if (prefixLength > addressSpaceBits) return { outcome: 'refused', fault: 'prefixOutOfRange' };
  const first = networkOf(parsed.value, prefixLength);
  const range = rangeAt(first, prefixLength);
  if (prefix !== String(prefixLength)) return { outcome: 'refused', fault: 'leadingZero', suggestion: range.cidr };
  if (first !== parsed.value) return { outcome: 'refused', fault: 'hostBitsSet', suggestion: range.cidr };
  return { outcome: 'parsed', range };
}

/** Reads one IPv4 address in plain dotted decimal; `value` is the unsigned 32-bit number. */
export function parseAddress(text: string): { readonly outcome: 'parsed'; readonly value: number } | RefusedAddress {
  if (text !== text.trim()) return { outcome: 'refused', fault: 'surroundingSpace', suggestion: text.trim() };
  if (ipaddr.IPv6.isValid(text)) return { outcome: 'refused', fault: 'ipv6' };

  // 010.0.0.0 is 8.0.0.0 to some readers and 10.0.0.0 to others, so neither is taken.
  if (/^\d{1,4}(\.\d{1,4}){3}$/.test(text) && /(^|\.)0\d/.test(text)) {
    return { outcome: 'refused', fault: 'leadingZero', suggestion: text.split('.').map(Number).join('.') };
  }
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return { outcome: 'refused', fault: 'notDottedDecimal' };
  return { outcome: 'parsed', value: toNumber(ipaddr.IPv4.parse(text).octets) };
}

/** How many addresses the range holds, the network and broadcast addresses included. */
export function addressCount(range: AddressRange): number {
  return 2 ** (addressSpaceBits - range.prefixLength);
}

export function contains(outer: AddressRange, inner: AddressRange): boolean {
  return outer.prefixLength <= inner.prefixLength && networkOf(inner.first, outer.prefixLength) === outer.first;
}

/** Two canonical ranges are disjoint or one holds the other; there is no third way. */
export function overlaps(a: AddressRange, b: AddressRange): boolean {
  return contains(a, b) || contains(b, a);
}

/** Orders by lowest address, then the wider range first. */
export function compareRanges(a: AddressRange, b: AddressRange): number {
  return a.first - b.first || a.prefixLength - b.prefixLength;
}

/** Every reserved purpose the range touches; empty for a range of ordinary public addresses. */
export function purposesTouched(range: AddressRange): readonly AddressPurpose[] {
  const touched = parsedBlocks.filter((block) => overlaps(block.range, range)).map((block) => block.purpose);
  return [...new Set(touched)];
}

/** True when the whole range lies inside one RFC 1918 block. */
export function isPrivate(range: AddressRange): boolean {
  return parsedBlocks.some((block) => block.purpose === 'private' && contains(block.range, range));
}

/**
 * The highest free range of the wanted size inside `space`, or undefined where none is left. The top end is proposed
 * because people number their own subnets from the bottom.
 */
export function findFreeRange(
  space: readonly AddressRange[],
  taken: readonly AddressRange[],
  prefixLength: number,
): AddressRange | undefined {
  for (const block of space) {
    const found = findFreeRangeInBlock(block, taken, prefixLength);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findFreeRangeInBlock(
  block: AddressRange,
  taken: readonly AddressRange[],
  prefixLength: number,
): AddressRange | undefined {
  if (prefixLength < block.prefixLength) return undefined;
  let candidate = rangeAt(networkOf(lastAddress(block), prefixLength), prefixLength);
  // Each turn steps below one taken range for good, so there are at most as many turns as taken ranges, and one.
  for (let turn = 0; turn <= taken.length; turn += 1) {
    const obstacle = taken.find((range) => overlaps(range, candidate));
    if (obstacle === undefined) return candidate;
    const next = Math.min(obstacle.first, candidate.first) - 1;
    if (next < block.first) return undefined;
    candidate = rangeAt(networkOf(next, prefixLength), prefixLength);
  }
  return undefined;
}

function lastAddress(range: AddressRange): number {
  return range.first + addressCount(range) - 1;
}

// Bitwise operators are signed in JavaScript, so the arithmetic is done with division.
function networkOf(address: number, prefixLength: number): number {
  const blockSize = 2 ** (addressSpaceBits - prefixLength);
  return Math.floor(address / blockSize) * blockSize;
}

function rangeAt(first: number, prefixLength: number): AddressRange {
  return { cidr: `${toText(first)}/${prefixLength}`, first, prefixLength };
}

function toNumber(octets: readonly number[]): number {
  return octets.reduce((value, octet) => value * 256 + octet, 0);
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

const parsedBlocks = reservedBlocks.map(([cidr, purpose]) => {
  const parsed = parseAddressRange(cidr);
  if (parsed.outcome === 'refused') throw new Error(`The reserved block ${cidr} is not canonical.`);
  return { range: parsed.range, purpose };
});
