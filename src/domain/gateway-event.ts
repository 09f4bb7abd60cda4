import { z } from 'zod';
import { cutText } from './cut-text.ts';

/** That somebody wrote or deleted a gateway, as an event of Azure tells it. */
export interface GatewayEvent {
  /** In the letter case of the event, which need not be that of the plan. */
  readonly resourceId: string;
  readonly isDelete: boolean;
  /** Who did it, as far as the event's claims say: a user's sign-in name, else a display name, else the application. */
  readonly changedBy?: string;
  /** The application that did it, in lower case. */
  readonly appId?: string;
  /** When Azure says that it happened, ISO 8601. */
  readonly eventTime?: string;
}

export type GatewayEventReading = GatewayEvent | 'unreadable' | 'not a gateway write';

const whoLengthMax = 256;

// Senders put null, text or other types where the description has an object: one odd field must not cost the whole
// hint.
const text = z.string().optional().catch(undefined);
const looseObject = z.preprocess(orParsedJson, z.record(z.string(), z.unknown())).catch({});

const eventSchema = z.object({
  eventType: text,
  subject: text,
  eventTime: z.iso.datetime({ offset: true }).optional().catch(undefined),
  data: looseObject.pipe(z.object({ resourceUri: text, claims: looseObject })),
});

const gatewayId =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/virtualNetworkGateways\/[^/]+$/i;

/** Names under which a token's claims say who somebody is, the most telling first. */
const whoClaims = [
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn',
  'upn',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name',
  'unique_name',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'name',
];

/**
 * Reads an event of the schema that Event Grid uses for resources. Each field is read by itself; the id of the gateway
 * is enough. A missing type is taken for a write, since the worst of a needless hint is one look too many.
 */
export function readGatewayEvent(event: unknown): GatewayEventReading {
  const parsed = eventSchema.safeParse(event);
  if (!parsed.success) return 'unreadable';
  const { eventType, subject, eventTime, data } = parsed.data;
  const ids = [data.resourceUri, subject].filter((id) => id !== undefined);
  if (ids.length === 0) return 'unreadable';
  const resourceId = ids.find((id) => gatewayId.test(id));
  const [, change = eventType === undefined ? 'Write' : undefined] =
    /^Microsoft\.Resources\.Resource(Write|Delete)Success$/i.exec(eventType ?? '') ?? [];
  if (resourceId === undefined || change === undefined) return 'not a gateway write';
  const claims = claimsOf(data.claims);
  const appId = claims.get('appid')?.toLowerCase();
  const changedBy =
    whoClaims.map((name) => claims.get(name)).find((who) => who !== undefined) ?? applicationName(appId);
  return {
    resourceId,
    isDelete: change.toLowerCase() === 'delete',
    ...(changedBy === undefined ? {} : { changedBy }),
    ...(appId === undefined ? {} : { appId }),
    ...(eventTime === undefined ? {} : { eventTime }),
  };
}

function applicationName(appId: string | undefined): string | undefined {
  return appId === undefined ? undefined : `application ${appId}`;
}

/** The claims that are text, by their names in lower case: of one line and bounded, since they end up in the audit. */
function claimsOf(claims: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(claims)
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([name, value]): [string, string] => [name.toLowerCase(), oneLine(value)])
      .filter(([, value]) => value !== ''),
  );
}

function oneLine(value: string): string {
  return cutText(value.replaceAll(/[\p{C}\s]+/gu, ' ').trim(), whoLengthMax);
}

function orParsedJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
