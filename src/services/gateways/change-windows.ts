import { opensAt } from '../../domain/change-window.ts';
import type { GatewayRecord } from '../../stores/records/gateways.ts';
import { isApplying } from './gateway-writer.ts';

/**
 * When the gateway's change window opens, ISO 8601; undefined while ordinary changes may be written. An operation that
 * has the whole gateway (a build, a removal) waits for no window.
 */
export function closedUntil(record: GatewayRecord, now: Date): string | undefined {
  const { changeWindow, writer } = record;
  if (changeWindow === undefined || (writer !== undefined && !isApplying(record))) return undefined;
  return opensAt(changeWindow, now);
}
