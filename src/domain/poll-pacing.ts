/**
 * Seconds until the next look at an operation that Azure said to look at every `retryAfterSeconds`: that interval at
 * first, six times as long in the end. A gateway takes most of an hour, and every look is kept in the history.
 */
export function nextLookSeconds(retryAfterSeconds: number, looksSoFar: number): number {
  const interval = Math.max(1, retryAfterSeconds);
  return Math.round(interval * Math.min(6, 1 + looksSoFar / 6));
}

/**
 * Seconds until the next look at a command that has run for `elapsedSeconds`: a tenth of that, so that a procedure is
 * at most a tenth longer than its steps; at least 2, at most 30.
 */
export function commandLookSeconds(elapsedSeconds: number): number {
  return Math.min(30, Math.max(2, Math.round(elapsedSeconds / 10)));
}

/**
 * However long the work takes, it is looked at once in a while; however short Azure asks for, not more than once a
 * second.
 */
const lookMaxSeconds = 60;
const askedMaxSeconds = 600;

/**
 * Seconds until the next look at something that has been waited for since `elapsedSeconds`: what Azure asks for, or a
 * tenth of the time so far where that is longer, at most a minute. Intervals grow with the wait, so that waits are
 * bounded by their time and their histories stay short, whatever numbers come from outside.
 */
export function lookAgainSeconds(askedSeconds: number, elapsedSeconds: number): number {
  const asked = Number.isFinite(askedSeconds) ? Math.min(askedMaxSeconds, Math.max(1, askedSeconds)) : lookMaxSeconds;
  return Math.round(Math.max(asked, Math.min(lookMaxSeconds, elapsedSeconds / 10)));
}
