import type { GatewayRecord } from '../../stores/records/gateways.ts';

/** An event tells who changed the gateway; what it says is taken for the cause of what is found so long after it. */
const causeMs = 2 * 60 * 60 * 1000;

/** Who has most likely made the change that a look at the gateway finds now; null where nobody is known. */
export function likelyChanger(gateway: Pick<GatewayRecord, 'lastForeignChange'> | undefined, now: Date): string | null {
  const change = gateway?.lastForeignChange;
  return change !== undefined && now.getTime() - Date.parse(change.at) <= causeMs ? change.by : null;
}
