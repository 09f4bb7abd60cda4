/**
 * What Apple's device-management schema says of the payloads in use (github.com/apple/device-management, mdm/profiles:
 * TopLevel, CommonPayloadKeys, com.apple.security.root, .pkcs12, com.apple.vpn.managed; October 2024): types of keys,
 * `!` where a key is required, a nested table for a dictionary.
 */
export interface KeyTable {
  readonly [key: string]: string | KeyTable;
}

const common = {
  PayloadType: 'string!',
  PayloadVersion: 'integer!',
  PayloadIdentifier: 'string!',
  PayloadUUID: 'string!',
  PayloadDisplayName: 'string',
  PayloadDescription: 'string',
} as const satisfies KeyTable;

const association = { EncryptionAlgorithm: 'string', IntegrityAlgorithm: 'string', DiffieHellmanGroup: 'integer' };

export const profileKeys: KeyTable = { ...common, PayloadScope: 'string', PayloadContent: 'array!' };

export const payloadKeys: Readonly<Record<string, KeyTable>> = {
  'com.apple.security.root': { ...common, PayloadCertificateFileName: 'string', PayloadContent: 'data!' },
  'com.apple.security.pkcs12': {
    ...common,
    PayloadCertificateFileName: 'string',
    PayloadContent: 'data!',
    Password: 'string',
  },
  'com.apple.vpn.managed': {
    ...common,
    UserDefinedName: 'string!',
    VPNType: 'string!',
    IPSec: { AuthenticationMethod: 'string', SharedSecret: 'data', LocalIdentifierType: 'string' },
    PPP: { CommRemoteAddress: 'string', AuthName: 'string', TokenCard: 'integer' },
    IPv4: { OverridePrimary: 'integer' },
    IKEv2: {
      RemoteAddress: 'string!',
      RemoteIdentifier: 'string!',
      LocalIdentifier: 'string!',
      AuthenticationMethod: 'string!',
      ExtendedAuthEnabled: 'integer',
      PayloadCertificateUUID: 'string',
      EnablePFS: 'integer',
      UseConfigurationAttributeInternalIPSubnet: 'integer',
      IKESecurityAssociationParameters: association,
      ChildSecurityAssociationParameters: association,
    },
    DNS: { DNSProtocol: 'string!', ServerAddresses: 'array!', SearchDomains: 'array' },
  },
};

/** Where a dictionary breaks the table: unknown, missing and mistyped keys by their paths. */
export function breaches(table: KeyTable, value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`${path}: no dictionary`];
  const entries = Object.entries(value);
  const missing = Object.entries(table)
    .filter(([key, type]) => typeof type === 'string' && type.endsWith('!') && !(key in value))
    .map(([key]) => `${path}/${key}: missing`);
  return [...missing, ...entries.flatMap(([key, item]) => breach(table[key], item, `${path}/${key}`))];
}

function breach(type: string | KeyTable | undefined, item: unknown, path: string): readonly string[] {
  if (type === undefined) return [`${path}: unknown`];
  if (typeof type !== 'string') return breaches(type, item, path);
  return typeOf(item) === type.replace('!', '') ? [] : [`${path}: ${typeOf(item)}`];
}

function typeOf(item: unknown): string {
  if (Array.isArray(item)) return 'array';
  if (ArrayBuffer.isView(item)) return 'data';
  if (typeof item === 'number') return Number.isInteger(item) ? 'integer' : 'real';
  return typeof item;
}
