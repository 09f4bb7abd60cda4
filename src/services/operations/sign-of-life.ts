/**
 * A host that was killed leaves messages that no other host sees for this long at most, Azure's default; host.json asks
 * for a minute. Until then work that shows no sign of life may still be on its way.
 */
const unseenMs = 5 * 60 * 1000;

/** False once nothing that a killed host left can still come forward. `lastSign` is an ISO 8601 instant. */
export function mayStillComeForward(lastSign: string, now: Date): boolean {
  return now.getTime() - Date.parse(lastSign) <= unseenMs;
}
