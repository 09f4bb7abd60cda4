import { z } from 'zod';
import type { Books } from '../desk/books.ts';
import type { GatewayWriter } from '../desk/gateway-writer.ts';
import { resourceKeys } from '../desk/records/gateways.ts';
import type { Orchestrations } from '../ports/orchestrations.ts';

/** What is used of Event Grid's resource events. Everything else, the names of people among it, is left unread. */
const eventSchema = z.object({
  eventType: z.string(),
  subject: z.string(),
  data: z
    .object({
      operationName: z.string().optional(),
      resourceUri: z.string().optional(),
      claims: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});

const gatewayId =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/virtualNetworkGateways\/[^/]+$/i;

/** What became of an event, for the log. */
export type EventOutcome = 'unreadable' | 'not a gateway write' | 'own write' | 'not registered' | 'looked at';

/**
 * A hint that somebody changed a gateway. The gateway is looked at, and what is missing is put back by the single writer;
 * the event's own claims are believed in nothing but "this was our own doing", where the worst of a lie is a later look.
 */
export async function onGatewayChanged(
  event: unknown,
  options: {
    readonly books: Pick<Books, 'gatewayResources'>;
    readonly writer: Pick<GatewayWriter, 'wake'>;
    readonly orchestrations: Orchestrations;
    readonly clientId: string | undefined;
  },
): Promise<EventOutcome> {
  const parsed = eventSchema.safeParse(event);
  if (!parsed.success) return 'unreadable';
  const { eventType, subject, data } = parsed.data;
  const resourceId = data?.resourceUri ?? subject;
  if (!/^Microsoft\.Resources\.Resource(Write|Delete)Success$/i.test(eventType) || !gatewayId.test(resourceId)) {
    return 'not a gateway write';
  }
  const appId = data?.claims?.['appid'];
  if (options.clientId !== undefined && appId === options.clientId) return 'own write';
  const row = (await options.books.gatewayResources.get(resourceKeys(resourceId)))?.record;
  if (row === undefined) return 'not registered';
  await options.writer.wake(options.orchestrations, row.gatewayId);
  return 'looked at';
}
