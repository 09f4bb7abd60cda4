import ipaddr from 'ipaddr.js';

/** An IPv4 range as OpenVPN's directives take it. */
export interface NetworkAndMask {
  readonly network: string;
  readonly mask: string;
}

/** Azure keeps the first four addresses of each subnet, so the first machine of a VNet has the fifth. */
const firstUsableOffset = 4;

/** Splits a canonical or other IPv4 CIDR. Throws on anything else. */
export function toNetworkAndMask(cidr: string): NetworkAndMask {
  const [, prefixLength] = ipaddr.IPv4.parseCIDR(cidr);
  return {
    network: ipaddr.IPv4.networkAddressFromCIDR(cidr).toString(),
    mask: ipaddr.IPv4.subnetMaskFromPrefixLength(prefixLength).toString(),
  };
}

/** The address that stands for the VNet: the first that Azure would give to a machine in it. */
export function firstVnetAddress(cidr: string): string {
  return addressAt(ipaddr.IPv4.networkAddressFromCIDR(cidr).toString(), firstUsableOffset);
}

/** The address `offset` above `network`. */
export function addressAt(network: string, offset: number): string {
  const octets = ipaddr.IPv4.parse(network).octets;
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0) + offset;
  return [24, 16, 8, 0].map((bits) => String(Math.floor(value / 2 ** bits) % 256)).join('.');
}

/** The IPv4 ones of a VNet's prefixes: a dual-stack VNet's IPv6 prefixes have no place in a point-to-site tunnel. */
export function ipv4Prefixes(prefixes: readonly string[]): string[] {
  return prefixes.filter((prefix) => ipaddr.IPv4.isValidCIDR(prefix));
}
