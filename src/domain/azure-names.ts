/** The Azure resource types whose names a plan chooses. */
export type NamedResource =
  'resourceGroup' | 'virtualNetwork' | 'subnet' | 'publicIp' | 'virtualNetworkGateway' | 'ipConfiguration';

interface NameRule {
  readonly kind: string;
  readonly lengthMin: number;
  readonly lengthMax: number;
  readonly pattern: RegExp;
  readonly characters: string;
}

const networkName = {
  pattern: /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_])?$/,
  characters:
    'only letters A-Z, digits, "_", "." and "-", with a letter or digit first and a letter, digit or "_" last (no spaces)',
};

// Azure takes letters and decimal digits of every script here, and only here.
const groupCharacters = String.raw`\p{L}\p{Nd}_()`;
const groupLengthMax = 90;
/** A resource group's name, to be put into an expression with the flag u. */
export const resourceGroupNamePattern = `[${groupCharacters}.-]{0,${groupLengthMax - 1}}[${groupCharacters}-]`;

const rules: Readonly<Record<NamedResource, NameRule>> = {
  resourceGroup: {
    kind: 'resource group',
    lengthMin: 1,
    lengthMax: groupLengthMax,
    pattern: new RegExp(`^[${groupCharacters}.-]*[${groupCharacters}-]$`, 'u'),
    characters:
      'only letters and digits of any script, "_", "-", "." and parentheses, and no "." at the end (no spaces)',
  },
  virtualNetwork: { kind: 'virtual network', lengthMin: 2, lengthMax: 64, ...networkName },
  subnet: { kind: 'subnet', lengthMin: 1, lengthMax: 80, ...networkName },
  publicIp: { kind: 'public IP address', lengthMin: 1, lengthMax: 80, ...networkName },
  virtualNetworkGateway: { kind: 'virtual network gateway', lengthMin: 1, lengthMax: 80, ...networkName },
  ipConfiguration: { kind: 'IP configuration', lengthMin: 1, lengthMax: 80, ...networkName },
};

/** Says in one sentence each what Azure would refuse in the name; empty when the name is fine. */
export function faultsOfName(resource: NamedResource, name: string): readonly string[] {
  const { kind, lengthMin, lengthMax, pattern, characters } = rules[resource];
  if (name.length === 0) return [`The name of the ${kind} is empty.`];
  const faults: string[] = [];
  if (name.length < lengthMin || name.length > lengthMax) {
    faults.push(`The name of a ${kind} has ${lengthMin} to ${lengthMax} characters; this one has ${name.length}.`);
  }
  if (!pattern.test(name)) faults.push(`The name of a ${kind} takes ${characters}.`);
  return faults;
}

/**
 * Azure's two ways of writing a region, "East US" and "eastus", become the second; anything else is left to the rules.
 */
export function normaliseLocation(location: string): string {
  return location.replaceAll(' ', '').toLowerCase();
}

export function isLocationName(location: string): boolean {
  return /^[a-z][a-z0-9]{2,49}$/.test(location);
}

/** A gateway's own id from its name: `[a-z0-9-]{1,63}`, with "gateway" for a name that has no such letter or digit. */
export function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replace(/^-/, '')
    .slice(0, 63)
    .replace(/-$/, '');
  return slug === '' ? 'gateway' : slug;
}

/**
 * Matches the id of a virtual network in any case, which is how Azure reads it. The names in it are Azure's own (a
 * resource group's may hold letters of any script), so that none of them can be a step of a path, plain or encoded.
 */
export const virtualNetworkIdPattern = new RegExp(
  String.raw`^/subscriptions/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/resourceGroups/${resourceGroupNamePattern}/providers/Microsoft\.Network/virtualNetworks/[a-z0-9][a-z0-9._-]{0,62}[a-z0-9_]$`,
  'iu',
);

interface NetworkResourceScope {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
}

export function resourceGroupId({ subscriptionId, resourceGroup }: NetworkResourceScope): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
}

/** The id of a Microsoft.Network resource, for example type `virtualNetworkGateways`. */
export function networkResourceId(scope: NetworkResourceScope, type: string, name: string): string {
  return `${resourceGroupId(scope)}/providers/Microsoft.Network/${type}/${name}`;
}
