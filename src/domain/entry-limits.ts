import { type EntryKind, readEntries, type ThumbprintOfRoot } from './gateway-entries.ts';
import { type DesiredEntry, entryKey, presentEntries } from './gateway-merge.ts';
import type { JsonObject } from './json.ts';

/**
 * Entries that Azure takes on one VPN gateway (azure-docs, virtual network limits): others' and unreadable ones count
 * too.
 */
export const entryLimits: Readonly<Record<EntryKind, number>> = { root: 20, revocation: 300 };

/**
 * The entries with those marked `isOverLimit` that Azure would have no room for. Lower ranks stand first, among equals
 * what is in force already, then the newest; of roots those that are on the gateway. Others' entries are not touched,
 * so what they take is not there to be had. What waits for its change window takes no place, and gives up its own where
 * an urgent entry needs it.
 */
export function withinLimits(
  gateway: JsonObject,
  desired: readonly DesiredEntry[],
  thumbprintOfRoot: ThumbprintOfRoot,
): readonly DesiredEntry[] {
  const present = presentEntries(gateway, thumbprintOfRoot);
  const over = (['root', 'revocation'] as const).flatMap((kind) => {
    const ofKind = desired.filter((entry) => entry.kind === kind && entry.wanted);
    const takes = (entry: DesiredEntry): boolean =>
      (!entry.isSetAside && entry.isDeferred !== true) || present.has(entryKey(entry));
    const room = entryLimits[kind] - othersOn(gateway, kind, desired, thumbprintOfRoot);
    const order = ofKind.filter(takes).toSorted((a, b) => {
      const stays = (entry: DesiredEntry): number => (kind === 'root' && present.has(entryKey(entry)) ? 0 : 1);
      const holds = (entry: DesiredEntry): number => (entry.wasInForce && present.has(entryKey(entry)) ? 0 : 1);
      return stays(a) - stays(b) || a.rank - b.rank || holds(a) - holds(b) || compareText(b.since, a.since);
    });
    return order.slice(Math.max(0, room));
  });
  const marked = desired.map((entry) => (over.includes(entry) ? { ...entry, isOverLimit: true } : entry));
  return over.length === 0 && !desired.some(({ isDeferred }) => isDeferred === true)
    ? desired
    : withRoomForUrgent(gateway, marked, thumbprintOfRoot);
}

function withRoomForUrgent(
  gateway: JsonObject,
  desired: readonly DesiredEntry[],
  thumbprintOfRoot: ThumbprintOfRoot,
): readonly DesiredEntry[] {
  const present = presentEntries(gateway, thumbprintOfRoot);
  const isFull = (kind: EntryKind): boolean => {
    const staying = desired.filter((entry) => {
      if (entry.kind !== kind) return false;
      if (!present.has(entryKey(entry))) return entry.wanted && !entry.isSetAside && entry.isDeferred !== true;
      return entry.wanted ? entry.isOverLimit !== true : entry.isDeferred === true;
    });
    return staying.length + othersOn(gateway, kind, desired, thumbprintOfRoot) > entryLimits[kind];
  };
  const full = (['root', 'revocation'] as const).filter(isFull);
  if (full.length === 0) return desired;
  return desired.map((entry) => (full.includes(entry.kind) && !entry.wanted ? { ...entry, isDeferred: false } : entry));
}

/** How many entries of this kind on the gateway are not Gatehouse's. */
function othersOn(
  gateway: JsonObject,
  kind: EntryKind,
  desired: readonly DesiredEntry[],
  thumbprintOfRoot: ThumbprintOfRoot,
): number {
  const ours = new Set(desired.filter((entry) => entry.kind === kind).map(({ thumbprint }) => thumbprint));
  return readEntries(gateway, kind, thumbprintOfRoot).filter(
    ({ thumbprint }) => thumbprint === undefined || !ours.has(thumbprint),
  ).length;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
