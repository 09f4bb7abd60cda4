import ipaddr from 'ipaddr.js';

/** Azure's own services answer here in every virtual network, though the address is nobody's private one. */
const azurePlatformAddress = '168.63.129.16';

/**
 * Says what is wrong with an address to post to, or undefined. It is https and holds no credentials; a host that is not
 * on the Internet has to be among `allowedHosts` (lower case), and http is for such a host on this machine alone. What
 * a name resolves to is judged when it is resolved, by `isPublicAddress`. No part of the address is in the words: it
 * may be a secret.
 */
export function webhookUrlProblem(text: string, allowedHosts: readonly string[]): string | undefined {
  if (!URL.canParse(text)) return 'The address is not a URL.';
  const url = new URL(text);
  const host = hostOf(url);
  const isAllowed = allowedHosts.includes(host);
  if (url.username !== '' || url.password !== '') return 'The address holds credentials.';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isAllowed && isLoopback(host))) {
    return 'The address is not https.';
  }
  const isOutside = ipaddr.isValid(host) ? isPublicAddress(host) : !isLoopback(host);
  return isOutside || isAllowed ? undefined : 'The address is a private one, and its host is not among the allowed.';
}

/** The host of a URL as `allowedHosts` names it: lower case, IPv6 without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

/**
 * True for an IP address of the Internet: no private, link-local, loopback, shared or reserved one, also not wrapped in
 * IPv6.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address) || address === azurePlatformAddress) return false;
  const parsed = ipaddr.process(address);
  return parsed.range() === 'unicast' && !isIpv4InZeros(parsed);
}

/** The old form of IPv4 in IPv6, `::a.b.c.d`, which no range names. */
function isIpv4InZeros(parsed: ReturnType<typeof ipaddr.process>): boolean {
  return (
    parsed.kind() === 'ipv6' &&
    parsed
      .toByteArray()
      .slice(0, 12)
      .every((byte) => byte === 0)
  );
}

function isLoopback(host: string): boolean {
  if (ipaddr.isValid(host)) return ipaddr.process(host).range() === 'loopback';
  return host === 'localhost' || host.endsWith('.localhost');
}
