import { type TimerName, timerNames } from './timers.ts';

/**
 * What `GET /api/health` looks at, each with an entry in docs/runbook.md. `look` is the look itself: when it is old,
 * nothing else is known.
 */
export const healthItemNames = [
  'look',
  'storage',
  'resourceManager',
  'keyVault',
  'appVault',
  'secrets',
  'outbox',
  ...timerNames.map((name): `timer.${TimerName}` => `timer.${name}`),
] as const;
export type HealthItemName = (typeof healthItemNames)[number];

/** `unknown`: it was not looked at, or gave no answer in time. Only `ok` is healthy. */
export const healthStatuses = ['ok', 'late', 'failing', 'unknown'] as const;
export type HealthStatus = (typeof healthStatuses)[number];
