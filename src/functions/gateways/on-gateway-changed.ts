import { type GatewayEventReading, readGatewayEvent } from '../../domain/gateway-event.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { GatewayWriter } from '../../services/gateways/gateway-writer.ts';
import { resourceKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';

/** What became of an event, for the log. */
export type EventOutcome = Extract<GatewayEventReading, string> | 'own write' | 'not registered' | 'looked at';

/**
 * A hint that somebody changed a gateway. The gateway is looked at, and what is missing is put back by the single
 * writer; the event's own claims are believed in nothing but "this was our own doing", where the worst of a lie is a
 * later look.
 */
export async function onGatewayChanged(
  event: unknown,
  options: {
    readonly stores: Pick<Stores, 'gatewayResources'>;
    readonly writer: Pick<GatewayWriter, 'wake'>;
    readonly orchestrations: Orchestrations;
    readonly clientId: string | undefined;
    readonly now: () => Date;
  },
): Promise<EventOutcome> {
  const changed = readGatewayEvent(event);
  if (typeof changed === 'string') return changed;
  if (options.clientId !== undefined && changed.appId === options.clientId.toLowerCase()) return 'own write';
  const row = (await options.stores.gatewayResources.get(resourceKeys(changed.resourceId)))?.record;
  if (row === undefined) return 'not registered';
  const { changedBy: by, eventTime } = changed;
  const change = by === undefined ? undefined : { by, at: eventTime ?? options.now().toISOString() };
  await options.writer.wake(options.orchestrations, row.gatewayId, change);
  return 'looked at';
}
