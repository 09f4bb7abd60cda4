import { type AddressRange, overlaps, parseAddressRange } from './address-range.ts';
import type { Finding } from './finding.ts';

interface Networks {
  readonly pool: readonly string[];
  /** What the tunnel leads to; undefined where nobody knows it. */
  readonly behind: readonly string[] | undefined;
}

/** An IPv4 address, with or without the length of its prefix: `172.16.201.3`, `10.1.7.7/24`. */
export function isClientAddress(text: string): boolean {
  return readClientAddress(text) !== undefined;
}

/**
 * Judges the addresses that a client has while it is connected. One without a prefix, or with /32, may be that of the
 * connection itself; one in a wider prefix is of a local network, which must overlap neither the pool nor what is
 * behind the gateway.
 */
export function judgeAddresses(texts: readonly string[], { pool, behind }: Networks): readonly Finding[] {
  const own = texts.flatMap((text) => readClientAddress(text) ?? []);
  const pools = toRanges(pool);
  const isOfPool = own.some((range) => range.prefixLength === 32 && pools.some((one) => overlaps(one, range)));
  return [
    ...(isOfPool ? [] : [notOfPool(pool)]),
    ...own.flatMap((range) => {
      const isTunnel = range.prefixLength === 32 && pools.some((one) => overlaps(one, range));
      const hit = isTunnel
        ? undefined
        : toRanges([...pool, ...(behind ?? [])]).find((one) => one.prefixLength > 0 && overlaps(one, range));
      return hit === undefined ? [] : [overlapping(range, hit)];
    }),
    ...(behind === undefined ? [notKnown] : []),
  ];
}

/** The network that the address is in. */
function readClientAddress(text: string): AddressRange | undefined {
  const parsed = parseAddressRange(text.includes('/') ? text : `${text}/32`);
  const isHostsAddress = parsed.outcome === 'refused' && parsed.fault === 'hostBitsSet';
  const network = isHostsAddress ? parseAddressRange(parsed.suggestion ?? '') : parsed;
  return network.outcome === 'parsed' && network.range.prefixLength > 0 ? network.range : undefined;
}

function toRanges(prefixes: readonly string[]): readonly AddressRange[] {
  return prefixes.flatMap((prefix) => {
    const parsed = parseAddressRange(prefix);
    return parsed.outcome === 'parsed' ? [parsed.range] : [];
  });
}

function notOfPool(pool: readonly string[]): Finding {
  return {
    code: 'addressNotOfPool',
    message: `None of the addresses is of the pool ${pool.join(', ')}: the VPN is not connected, or another one is.`,
    fix: 'Look at the addresses while it is connected (ipconfig /all, ip address). If it does not connect, send the error.',
  };
}

function overlapping({ cidr }: AddressRange, hit: AddressRange): Finding {
  return {
    code: 'localNetworkOverlaps',
    message: `The local network ${cidr} overlaps ${hit.cidr}: what is meant for there stays in the local network.`,
    fix: 'Use another network (a phone shares one), or give the local network another range in its router.',
  };
}

const notKnown: Finding = {
  code: 'notLookedAt',
  message:
    'What is behind the gateway is not known here before Azure has made a profile package: only the pool was compared.',
  fix: 'POST /api/gateways/{id}/profile, then ask again.',
};
