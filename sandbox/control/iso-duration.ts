const pattern = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const unitsMs = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000];

/**
 * Milliseconds of an ISO 8601 duration; undefined for anything else, months and years (of no fixed length) included.
 */
export function parseIsoDurationMs(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null || text.endsWith('P') || text.endsWith('T')) return undefined;
  return unitsMs.reduce((sum, unitMs, index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
}
