import ipaddr from 'ipaddr.js';
import { AppError, type Problem } from '../../domain/app-error.ts';

export interface L2tpSettings {
  /** What the user sees: 1 to 64 characters of ASCII that Windows allows in the name of a connection. */
  readonly connectionName: string;
  /** IPv4 address or host name of the VPN server, as clients reach it. */
  readonly serverAddress: string;
  readonly sharedKey: string;
  readonly userName: string;
  readonly tunnel: 'full' | 'split';
  /** IPv4 prefixes behind the VPN; a split tunnel leads there and nowhere else. */
  readonly splitRoutes: readonly string[];
  readonly dnsSuffix: string;
  /** IPv4 addresses; none where the server tells its clients. */
  readonly dnsServers: readonly string[];
  readonly portalFqdn: string;
  /** First and last IPv4 address that the server gives to its clients. */
  readonly addressRange: { readonly from: string; readonly to: string };
  /** A router in front of the server translates its address; absent where nobody told. */
  readonly isBehindNat?: boolean;
  /** The root that signed the certificates behind the VPN. `thumbprint` is SHA-1 in upper-case hex. */
  readonly certificate: { readonly der: Uint8Array; readonly thumbprint: string; readonly subject: string };
  /** Identifiers in the kit are derived from it: the same settings give the same bytes. */
  readonly idSeed: string;
}

interface Rule {
  readonly path: string;
  readonly holds: (settings: L2tpSettings) => boolean;
  readonly says: string;
}

const printable = /^[\x20-\x7e]+$/;
/** Also the names of Windows' own phone book, which takes none of these characters. */
const connectionName = /^(?![ .])[^\\/:*?"<>|]{1,64}(?<! )$/;
const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

// No message repeats a value: one of them is the shared key.
const rules: readonly Rule[] = [
  {
    path: '/connectionName',
    holds: ({ connectionName: name }) => printable.test(name) && connectionName.test(name),
    says: 'is not 1 to 64 printable ASCII characters without \\ / : * ? " < > |, a first dot and outer spaces',
  },
  {
    path: '/sharedKey',
    holds: ({ sharedKey }) => printable.test(sharedKey) && sharedKey.length <= 128,
    says: 'is not 1 to 128 printable ASCII characters: clients disagree about the bytes of all others',
  },
  {
    path: '/userName',
    holds: ({ userName }) => printable.test(userName) && userName.trim() === userName && userName.length <= 64,
    says: 'is not 1 to 64 printable ASCII characters without outer spaces',
  },
  {
    path: '/serverAddress',
    holds: ({ serverAddress }) => isAddress(serverAddress) || isHostName(serverAddress),
    says: 'is neither an IPv4 address nor a host name',
  },
  { path: '/dnsSuffix', holds: ({ dnsSuffix }) => isHostName(dnsSuffix), says: 'is no domain name' },
  {
    path: '/addressRange',
    holds: ({ addressRange }) => isAddress(addressRange.from) && isAddress(addressRange.to),
    says: 'has ends that are no IPv4 addresses',
  },
  { path: '/portalFqdn', holds: ({ portalFqdn }) => isHostName(portalFqdn), says: 'is no host name' },
  { path: '/dnsServers', holds: ({ dnsServers }) => dnsServers.every(isAddress), says: 'has more than IPv4 addresses' },
  {
    path: '/splitRoutes',
    holds: ({ splitRoutes }) => splitRoutes.every(isPrefix),
    says: 'has more than IPv4 prefixes',
  },
  {
    path: '/splitRoutes',
    holds: ({ tunnel, splitRoutes }) => tunnel === 'full' || splitRoutes.length > 0,
    says: 'is empty, so that a split tunnel would lead nowhere',
  },
  {
    path: '/certificate',
    holds: ({ certificate }) =>
      certificate.der.length > 0 &&
      /^[0-9A-F]{40}$/.test(certificate.thumbprint) &&
      printable.test(certificate.subject),
    says: 'has no content, no SHA-1 thumbprint in upper-case hex, or a subject beyond printable ASCII',
  },
];

/**
 * Refuses what some client could read otherwise than it was meant, wherever it would stand. Everything else is quoted
 * by the rules of each file.
 */
export function requireFit(settings: L2tpSettings): void {
  const problems = rules.filter(({ holds }) => !holds(settings)).map(toProblem);
  if (problems.length === 0) return;
  const list = problems.map(({ message }) => message).join(' ');
  throw new AppError('ERR_REQUEST_INVALID', `No client can be set up with this. ${list}`, { problems });
}

/** True for an address in its usual writing, as opposed to a host name. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** The name as part of a file's: lower-case letters, digits and hyphens. */
export function slugOf({ connectionName: name }: L2tpSettings): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  return slug === '' ? 'vpn' : slug;
}

function isHostName(text: string): boolean {
  // 10.1 is an address to some programs, and a name to none.
  return hostName.test(text) && !/(^|\.)\d+$/.test(text);
}

function isPrefix(text: string): boolean {
  const [address, length] = text.split('/');
  if (address === undefined || length === undefined || !isAddress(address) || !/^\d{1,2}$/.test(length)) return false;
  return Number(length) <= 32 && ipaddr.IPv4.networkAddressFromCIDR(text).toString() === address;
}

function toProblem({ path, says }: Rule): Problem {
  const message = `${path.slice(1)} ${says}.`;
  return { path, code: 'unfitForClients', message, fix: `Give another ${path.slice(1)}.` };
}
