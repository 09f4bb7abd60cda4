import { z } from 'zod';
import { cutText } from '../cut-text.ts';
import { asList, asObject, asText, readEntries } from '../gateway-entries.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Thumbprint } from '../thumbprint.ts';

/** Longest name, id or text of a gateway's body that is kept. */
const textLengthMax = 512;

/** A trusted certificate on a gateway, whoever put it there. */
export const trustedCertificateSchema = z
  .object({
    name: z.string().meta({ description: 'Name of the entry in Azure.' }),
    role: z.enum(['root', 'intermediate', 'unknown']).meta({ description: '`unknown`: it cannot be read.' }),
    thumbprint: z.string().optional(),
    subject: z.string().optional(),
    notAfter: z.iso.datetime().optional(),
  })
  .meta({ id: 'TrustedCertificate' });
export type TrustedCertificate = z.infer<typeof trustedCertificateSchema>;

/** What lets people in, on a gateway that has point-to-site. */
export const pointToSiteSchema = z
  .object({
    protocols: z.array(z.string()),
    authentication: z.array(z.string()).meta({ description: '`Certificate`, `AAD` (Entra ID), `Radius`.' }),
    pools: z.array(z.string()),
    entraTenant: z.string().optional(),
    radiusServers: z.array(z.string()).meta({ description: 'Their addresses; no secret is ever read.' }),
    roots: z.array(trustedCertificateSchema),
    revocations: z.array(z.string()).meta({ description: 'Thumbprints.' }),
    unreadableRevocations: z.int().meta({ description: 'Entries that take a slot and hold no thumbprint.' }),
  })
  .meta({ id: 'PointToSite' });
export type PointToSite = z.infer<typeof pointToSiteSchema>;

/** What the body of a gateway says of it, as far as it decides who gets in and what of it Azure retires. */
export const gatewayFactsSchema = z.object({
  type: z.enum(['vpn', 'expressRoute', 'other']),
  provisioningState: z.string(),
  location: z.string(),
  vpnType: z.string().optional(),
  sku: z.string().optional(),
  generation: z.string().optional(),
  activeActive: z.boolean(),
  virtualNetworkId: z.string().optional(),
  publicIpAddressIds: z.array(z.string()),
  /** Phase and state of a migration that is under way. */
  migration: z.string().optional(),
  pointToSite: pointToSiteSchema.optional(),
});
export type GatewayFacts = z.infer<typeof gatewayFactsSchema>;

/** What is read out of `publicCertData`; undefined for what is no certificate. */
export type ReadTrusted = (publicCertData: string) =>
  | {
      readonly thumbprint: Thumbprint;
      readonly subject?: string;
      readonly isSelfIssued?: boolean;
      readonly notAfter?: Date;
    }
  | undefined;

/**
 * Reads the body of any virtual network gateway as Azure and others have left it: without point-to-site, with nulls,
 * with settings that nobody knows, in any provisioning state. What is no text where a text belongs counts as absent:
 * a body whose form hides who gets in is to be found before (`findUnreadable`).
 * Never throws; no secret of the body is in the result.
 */
export function readGatewayFacts(body: JsonObject, readTrusted: ReadTrusted): GatewayFacts {
  const properties = asObject(body['properties']);
  const addresses = asList(properties['ipConfigurations']).map((item) => asObject(asObject(item)['properties']));
  const [subnetId] = addresses.map((address) => idIn(address['subnet'])).filter((id) => id !== undefined);
  const pointToSite = readPointToSite(body, readTrusted);
  return {
    type: typeOf(properties['gatewayType']),
    provisioningState: textOf(properties['provisioningState']) ?? 'unknown',
    location: textOf(body['location']) ?? '',
    ...optional('vpnType', textOf(properties['vpnType'])),
    ...optional('sku', textOf(asObject(properties['sku'])['name'])),
    ...optional('generation', textOf(properties['vpnGatewayGeneration'])),
    activeActive: properties['activeActive'] === true,
    ...optional('virtualNetworkId', subnetId?.replace(/\/subnets\/[^/]*$/i, '')),
    publicIpAddressIds: addresses.flatMap((address) => idIn(address['publicIPAddress']) ?? []),
    ...optional('migration', readMigration(properties['virtualNetworkGatewayMigrationStatus'])),
    ...optional('pointToSite', pointToSite),
  };
}

/**
 * Undefined where nobody can come in: without a configuration, or with one that Azure has filled in by itself and that
 * names neither addresses nor ways of signing in.
 */
function readPointToSite(body: JsonObject, readTrusted: ReadTrusted): PointToSite | undefined {
  const client = asObject(asObject(body['properties'])['vpnClientConfiguration']);
  const groups = asList(client['vngClientConnectionConfigurations']).map((item) =>
    asObject(asObject(item)['properties']),
  );
  const pools = [client, ...groups].flatMap((holder) => prefixesOf(holder['vpnClientAddressPool']));
  const roots = readEntries(body, 'root', (data) => readTrusted(data)?.thumbprint);
  const revocations = readEntries(body, 'revocation', () => undefined);
  const named = textsOf(client['vpnAuthenticationTypes']);
  const entraTenant = textOf(client['aadTenant']);
  const radiusServers = readRadiusServers(client);
  if (pools.length + roots.length + named.length + radiusServers.length === 0 && entraTenant === undefined) return;
  const thumbprints = revocations.flatMap(({ thumbprint }) => thumbprint ?? []);
  return {
    protocols: textsOf(client['vpnClientProtocols']),
    authentication: named.length > 0 ? named : impliedAuthentication({ entraTenant, radiusServers, roots }),
    pools: [...new Set(pools)],
    ...optional('entraTenant', entraTenant),
    radiusServers,
    roots: roots.map(({ name, json }) =>
      toTrusted(name, readTrusted(asText(asObject(json['properties'])['publicCertData']))),
    ),
    revocations: thumbprints,
    unreadableRevocations: revocations.length - thumbprints.length,
  };
}

/** Older gateways say nothing of how people sign in: it follows from what is set. */
function impliedAuthentication(set: {
  readonly entraTenant: string | undefined;
  readonly radiusServers: readonly string[];
  readonly roots: readonly unknown[];
}): string[] {
  return [
    ...(set.roots.length > 0 ? ['Certificate'] : []),
    ...(set.entraTenant === undefined ? [] : ['AAD']),
    ...(set.radiusServers.length > 0 ? ['Radius'] : []),
  ];
}

function toTrusted(name: string, read: ReturnType<ReadTrusted>): TrustedCertificate {
  if (read === undefined) return { name: cutText(name, textLengthMax), role: 'unknown' };
  return {
    name: cutText(name, textLengthMax),
    role: read.isSelfIssued === undefined ? 'unknown' : read.isSelfIssued ? 'root' : 'intermediate',
    thumbprint: read.thumbprint,
    ...optional('subject', read.subject === undefined ? undefined : cutText(read.subject, textLengthMax)),
    ...optional('notAfter', read.notAfter?.toISOString()),
  };
}

/** One server in the fields of before, or several in a list: their addresses and nothing else. */
function readRadiusServers(client: JsonObject): string[] {
  const listed = asList(client['radiusServers']).map((item) => asObject(item)['radiusServerAddress']);
  const all = [client['radiusServerAddress'], ...listed].flatMap((address) => textOf(address) ?? []);
  return [...new Set(all)];
}

function readMigration(value: JsonValue | undefined): string | undefined {
  const status = asObject(value);
  const said = [status['phase'], status['state']].flatMap((part) => textOf(part) ?? []);
  const isUnderWay = said.some((part) => !/^none$/i.test(part));
  return isUnderWay ? said.join(', ') : undefined;
}

function typeOf(value: JsonValue | undefined): GatewayFacts['type'] {
  const type = asText(value).toLowerCase();
  if (type === 'vpn') return 'vpn';
  return type === 'expressroute' ? 'expressRoute' : 'other';
}

function prefixesOf(pool: JsonValue | undefined): string[] {
  return textsOf(asObject(pool)['addressPrefixes']);
}

function idIn(reference: JsonValue | undefined): string | undefined {
  return textOf(asObject(reference)['id']);
}

function textsOf(value: JsonValue | undefined): string[] {
  return asList(value).flatMap((item) => textOf(item) ?? []);
}

function textOf(value: JsonValue | undefined): string | undefined {
  const text = asText(value);
  return text === '' ? undefined : cutText(text, textLengthMax);
}

/** The field, where it has a value. */
function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Readonly<Partial<Record<Name, Value>>> {
  return (value === undefined ? {} : { [name]: value }) as Readonly<Partial<Record<Name, Value>>>;
}
