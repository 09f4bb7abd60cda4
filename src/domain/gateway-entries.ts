import type { JsonObject, JsonValue } from './json.ts';
import { parseThumbprint, type Thumbprint } from './thumbprint.ts';

/** Which list of the gateway's body an entry stands in. */
export type EntryKind = 'root' | 'revocation';

/** One entry of the gateway's root or revocation list, as Azure shows it. */
export interface GatewayEntry {
  readonly kind: EntryKind;
  /** Absent when the entry's content cannot be read: it is nobody's but Azure's, and is left alone. */
  readonly thumbprint: Thumbprint | undefined;
  readonly name: string;
  readonly provisioningState: string;
  readonly json: JsonObject;
}

/**
 * Tells a root entry's certificate by its content. Entries are never matched by name: names are anybody's to choose.
 */
export type ThumbprintOfRoot = (publicCertData: string) => Thumbprint | undefined;

const listNames = { root: 'vpnClientRootCertificates', revocation: 'vpnClientRevokedCertificates' } as const;

/** The root and revocation entries of a gateway's body. */
export function readEntries(gateway: JsonObject, kind: EntryKind, thumbprintOfRoot: ThumbprintOfRoot): GatewayEntry[] {
  const list = asObject(asObject(gateway['properties'])['vpnClientConfiguration'])[listNames[kind]];
  if (!Array.isArray(list)) return [];
  return (list as readonly JsonValue[]).map((item) => {
    const json = asObject(item);
    const properties = asObject(json['properties']);
    return {
      kind,
      thumbprint:
        kind === 'root'
          ? thumbprintOfRoot(asText(properties['publicCertData']))
          : parseThumbprint(asText(properties['thumbprint'])),
      name: asText(json['name']),
      provisioningState: asText(properties['provisioningState']),
      json,
    };
  });
}

/** The body with one list replaced; everything else in it is kept as it was read. */
export function withEntries(gateway: JsonObject, kind: EntryKind, entries: readonly JsonObject[]): JsonObject {
  const properties = asObject(gateway['properties']);
  const configuration = asObject(properties['vpnClientConfiguration']);
  return {
    ...gateway,
    properties: { ...properties, vpnClientConfiguration: { ...configuration, [listNames[kind]]: entries } },
  };
}

export function asObject(value: JsonValue | undefined): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function asText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function asList(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}
