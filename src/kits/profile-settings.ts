import { XMLParser } from 'fast-xml-parser';
import ipaddr from 'ipaddr.js';

/** What one file of the package says about the tunnel; empty where it says nothing. */
export interface TunnelSettings {
  readonly serverFqdn: string | undefined;
  readonly routes: readonly string[];
  readonly dnsServers: readonly string[];
}

// Entities stay unexpanded: a settings file has no use for them, an attacker has.
const xml = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  processEntities: false,
  maxNestedTags: 64,
});

/**
 * Reads Generic/VpnSettings.xml. Only VpnServer and Routes are vouched for (azure-vpn A8); names of DNS elements are
 * taken in any spelling that holds "dns". Unknown or missing elements never fail.
 */
export function readVpnSettings(text: string): TunnelSettings {
  const leaves = collectLeaves('', parse(text));
  return {
    serverFqdn: firstHostName(leaves.filter(({ name }) => name === 'vpnserver')),
    routes: toRoutes(leaves.filter(({ name }) => name.startsWith('routes')).map((leaf) => leaf.text)),
    dnsServers: toAddresses(leaves.filter(({ name }) => name.includes('dns')).map((leaf) => leaf.text)),
  };
}

/** Reads AzureVPN/azurevpnconfig*.xml, by the elements that public copies of it have. */
export function readAzureVpnConfig(text: string): TunnelSettings {
  const parsed = parse(text);
  const leaves = collectLeaves('', parsed);
  return {
    serverFqdn: firstHostName(leaves.filter(({ name }) => name === 'fqdn')),
    routes: toRoutes(collectRoutes('', parsed)),
    dnsServers: toAddresses(leaves.filter(({ name }) => name === 'dnsserver').map((leaf) => leaf.text)),
  };
}

/** Reads the directives of OpenVPN/vpnconfig.ovpn that say where the tunnel goes. */
export function readOvpnSettings(text: string): TunnelSettings {
  const lines = text.split(/\r?\n/).map((line) => line.trim().split(/\s+/));
  const hosts = lines.flatMap(([word, host]) =>
    word === 'remote' && host !== undefined ? [{ name: word, text: host }] : [],
  );
  // A route by way of net_gateway is one that stays outside the tunnel.
  const routes = lines.flatMap(([word, network, mask, gateway]) =>
    word === 'route' && network !== undefined && gateway !== 'net_gateway' ? [prefixOf(network, mask)] : [],
  );
  const servers = lines.flatMap(([word, kind, server]) =>
    word === 'dhcp-option' && kind?.toUpperCase() === 'DNS' && server !== undefined ? [server] : [],
  );
  return { serverFqdn: firstHostName(hosts), routes: toRoutes(routes), dnsServers: toAddresses(servers) };
}

interface Leaf {
  /** Lower-case name of the element, without its namespace. */
  readonly name: string;
  readonly text: string;
}

function parse(text: string): unknown {
  try {
    return xml.parse(text);
  } catch {
    // A file that is no XML says nothing; whether the others say enough is for the caller.
    return undefined;
  }
}

function collectLeaves(name: string, node: unknown): readonly Leaf[] {
  if (typeof node === 'string') return [{ name: name.toLowerCase(), text: node.trim() }];
  if (Array.isArray(node)) return node.flatMap((item: unknown) => collectLeaves(name, item));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => collectLeaves(key, value));
}

/** Routes of azurevpnconfig, each element by itself; what is excluded from the tunnel is no route of it. */
function collectRoutes(name: string, node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap((item: unknown) => collectRoutes(name, item));
  if (typeof node !== 'object' || node === null || name.toLowerCase().startsWith('exclude')) return [];
  const children = Object.entries(node);
  const textsOf = (wanted: string): readonly string[] =>
    children.flatMap(([key, value]) => (key.toLowerCase() === wanted ? collectLeaves(key, value) : [])).map(textOf);
  return [
    ...routesOfElement(textsOf('destination'), textsOf('mask')),
    ...children.flatMap(([key, value]) => collectRoutes(key, value)),
  ];
}

/** One mask is that of every destination beside it. Where several do not pair up, no route is made up of them. */
function routesOfElement(destinations: readonly string[], masks: readonly string[]): readonly string[] {
  if (masks.length > 1 && masks.length !== destinations.length) return [];
  return destinations.map((destination, index) => prefixOf(destination, masks.length > 1 ? masks[index] : masks[0]));
}

function textOf({ text }: Leaf): string {
  return text;
}

function prefixOf(network: string, mask: string | undefined): string {
  if (network.includes('/')) return network;
  if (mask === undefined) return `${network}/${network.includes(':') ? 128 : 32}`;
  if (/^\d{1,3}$/.test(mask)) return `${network}/${mask}`;
  const length = ipaddr.IPv4.isValidFourPartDecimal(mask) ? ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() : null;
  return `${network}/${length ?? ''}`;
}

function firstHostName(leaves: readonly Leaf[]): string | undefined {
  const hostName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i;
  return leaves.find(({ text }) => hostName.test(text))?.text.toLowerCase();
}

function toRoutes(texts: readonly string[]): readonly string[] {
  return splitList(texts).flatMap((text) => {
    if (!ipaddr.isValidCIDR(text)) return [];
    const [address, prefixLength] = ipaddr.parseCIDR(text);
    const network =
      address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text);
    return [`${network.toString()}/${prefixLength}`];
  });
}

function toAddresses(texts: readonly string[]): readonly string[] {
  return splitList(texts).filter((text) => ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text));
}

function splitList(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.split(/[,;\s]+/)).filter((text) => text !== '');
}
