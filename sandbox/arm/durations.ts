import { SeededRandom } from '../platform/seeded-random.ts';
import type { ServiceHost } from '../platform/service-host.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;

/** How long Azure takes, before the speed factor. */
export const usualMs = {
  virtualNetwork: 10 * secondMs,
  subnet: 8 * secondMs,
  routeTable: 5 * secondMs,
  publicIpAddress: 6 * secondMs,
  gatewayUpdate: 4 * minuteMs,
  gatewayTags: 30 * secondMs,
  gatewayDelete: 12 * minuteMs,
  profile: 40 * secondMs,
  health: 20 * secondMs,
  disconnect: 15 * secondMs,
  emptyGroup: 5 * secondMs,
  runCommandDelivery: 15 * secondMs,
  runCommandDelete: 10 * secondMs,
  /** How often a machine that is not connected is looked for again. */
  machinePoll: 30 * secondMs,
} as const;

const createMinutesBySku: Readonly<Record<string, number>> = {
  Basic: 42,
  VpnGw1AZ: 42,
  VpnGw2AZ: 45,
  VpnGw3AZ: 45,
  VpnGw4AZ: 52,
  VpnGw5AZ: 52,
};

/** How long a gateway of this SKU takes to come up. */
export function gatewayCreateMs(sku: string): number {
  return (createMinutesBySku[sku] ?? 45) * minuteMs;
}

/** `ms` give or take a tenth, the same for the same seed: no two updates take the same time in Azure. */
export function spread(ms: number, seed: string): number {
  return Math.round(ms * (0.9 + 0.2 * new SeededRandom(seed).next()));
}

/** Azure's time as this stack's. */
export function stackMs(host: ServiceHost, ms: number): number {
  return ms / host.speed;
}

/** A Retry-After as this stack sends it: whole seconds, at least 1. */
export function retryAfter(host: ServiceHost, seconds: number): string {
  return String(Math.max(1, Math.round(seconds / host.speed)));
}
