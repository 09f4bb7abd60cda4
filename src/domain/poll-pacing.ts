/**
 * Seconds until the next look at an operation that Azure said to look at every `retryAfterSeconds`: that interval at
 * first, six times as long in the end. A gateway takes most of an hour, and every look is kept in the history.
 */
export function nextLookSeconds(retryAfterSeconds: number, looksSoFar: number): number {
  const interval = Math.max(1, retryAfterSeconds);
  return Math.round(interval * Math.min(6, 1 + looksSoFar / 6));
}

/**
 * Seconds until the next look at a command that has run for `elapsedSeconds`: a tenth of that, so that a story is at most a tenth
 * longer than its steps; at least 2, at most 30.
 */
export function commandLookSeconds(elapsedSeconds: number): number {
  return Math.min(30, Math.max(2, Math.round(elapsedSeconds / 10)));
}
