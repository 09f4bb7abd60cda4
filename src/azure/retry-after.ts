/** Azure's usual intervals are 10 to 160 s; a number outside these bounds would stop the work or never let it rest. */
const secondsMin = 1;
const secondsMax = 600;

/**
 * Seconds to wait by a Retry-After header in either of its forms (RFC 9110, 10.2.3), within a second and ten minutes;
 * undefined when it is absent or unreadable. A date is read against `now`, and not at all without one.
 */
export function secondsOf(retryAfter: string | undefined | null, now?: Date): number | undefined {
  const text = retryAfter?.trim() ?? '';
  if (/^-?\d+(\.\d+)?$/.test(text)) return bounded(Number(text));
  const date = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return now === undefined || Number.isNaN(date) ? undefined : bounded((date - now.getTime()) / 1000);
}

function bounded(seconds: number): number {
  return Math.min(secondsMax, Math.max(secondsMin, Math.ceil(seconds)));
}
