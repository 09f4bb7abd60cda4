/** Event Grid's schedule, in seconds; the last is repeated. */
const delaysSeconds = [10, 30, 60, 300, 600, 1800, 3600];
const attemptsMax = 30;
const lifetimeMs = 24 * 3600 * 1000;
/** Answers that no later attempt will change. */
const finalStatuses = [400, 401, 403, 413];

export type Verdict = 'delivered' | 'retry' | 'refused' | 'expired';

/** What becomes of a delivery after an attempt; status 0 is no answer. `ageMs` is stack time since it was published. */
export function verdictOn(attempt: {
  readonly status: number;
  readonly attempts: number;
  readonly ageMs: number;
}): Verdict {
  if (attempt.status >= 200 && attempt.status < 300) return 'delivered';
  if (finalStatuses.includes(attempt.status)) return 'refused';
  return attempt.attempts >= attemptsMax || attempt.ageMs >= lifetimeMs ? 'expired' : 'retry';
}

/** How long to wait after so many attempts, in stack time. */
export function retryDelayMs(attempts: number, speed: number): number {
  const seconds = delaysSeconds[Math.min(attempts, delaysSeconds.length) - 1] ?? 10;
  return Math.max(1000, (seconds * 1000) / speed);
}
