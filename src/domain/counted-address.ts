import ipaddr from 'ipaddr.js';

const ipv6NetworkBytes = 8;

/**
 * Whom failures are counted against: the address without its port. Of an IPv6 address the first half, which is what one
 * subscriber has to choose the rest of. Whoever cannot be told apart counts as one.
 */
export function countedAddress(source: string | undefined): string {
  if (source === undefined) return 'unknown';
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(source)?.[1] ?? /^([\d.]+):\d+$/.exec(source)?.[1] ?? source;
  if (!ipaddr.isValid(bare)) return 'unknown';
  const address = ipaddr.process(bare);
  if (address.kind() === 'ipv4') return address.toString();
  return Buffer.from(address.toByteArray().slice(0, ipv6NetworkBytes)).toString('hex');
}
