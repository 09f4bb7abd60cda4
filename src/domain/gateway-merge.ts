import {
  asObject,
  asText,
  type EntryKind,
  type GatewayEntry,
  readEntries,
  type ThumbprintOfRoot,
  withEntries,
} from './gateway-entries.ts';
import type { JsonObject } from './json.ts';
import type { Thumbprint } from './thumbprint.ts';

/** A root or revocation that Gatehouse answers for: on the gateway when wanted, off it when not. */
export interface DesiredEntry {
  readonly kind: EntryKind;
  readonly thumbprint: Thumbprint;
  readonly entryName: string;
  readonly wanted: boolean;
  /** One line of base64 DER; roots only. */
  readonly publicCertData?: string;
  /** Azure has refused a body for this entry: it is left out of bodies until it is due for another try. */
  readonly isSetAside: boolean;
  /** Seen on the gateway as provisioned before, so no failure of a later write can be about it. */
  readonly wasInForce: boolean;
  /** It waits for the change window: no write that goes before that carries it. */
  readonly isDeferred?: boolean;
  /** Goes along with a write that is made anyway, and is no reason for one. */
  readonly isOptional: boolean;
  /** Which entries stand when there are more than Azure takes: lower numbers first (`withinLimits`). */
  readonly rank: number;
  /** ISO 8601. */
  readonly since: string;
  /** More is wanted than Azure takes, and others go before it (`withinLimits`). */
  readonly isOverLimit?: boolean;
}

/** What a write would do for one entry. `key` is its `changeKey`. */
export interface EntryChange {
  readonly key: string;
  readonly action: 'add' | 'remove';
  readonly entry: DesiredEntry;
  /** Takes back what a failed write has left in the body, so that the body can be tried without it. */
  readonly isUndo: boolean;
}

export function entryKey(entry: { readonly kind: EntryKind; readonly thumbprint: Thumbprint }): string {
  return `${entry.kind}:${entry.thumbprint}`;
}

/**
 * Names what is wanted of an entry: its key, with `:off` where it is to come off. What Azure says of the one says
 * nothing of the other.
 */
export function changeKey(entry: DesiredEntry): string {
  return `${entryKey(entry)}${isToBeOn(entry) ? '' : ':off'}`;
}

/** What has to make room for an urgent entry comes off at once. */
function isHeldForWindow({ isDeferred, isOverLimit }: DesiredEntry): boolean {
  return isDeferred === true && isOverLimit !== true;
}

function isToBeOn({ wanted, isOverLimit }: DesiredEntry): boolean {
  return wanted && isOverLimit !== true;
}

/**
 * The changes that bring a gateway from what Azure shows to what is wanted, revocations first. Entries of others are in
 * neither list and so never change. An empty answer means that nothing has to be written. `held` changes are kept out
 * of the body, and so are entries that are set aside.
 *
 * After a write that failed, Azure shows the body that failed: what of it was never in force is in doubt, and changes
 * again.
 */
export function changesFor(
  gateway: JsonObject,
  desired: readonly DesiredEntry[],
  thumbprintOfRoot: ThumbprintOfRoot,
  held: ReadonlySet<string> = new Set(),
): EntryChange[] {
  const hasFailed = asText(asObject(gateway['properties'])['provisioningState']) === 'Failed';
  const present = presentEntries(gateway, thumbprintOfRoot);
  const changes = desired.flatMap((entry): (EntryChange & { readonly isOptional: boolean })[] => {
    const key = changeKey(entry);
    const shown = present.get(entryKey(entry));
    const isWanted = isToBeOn(entry);
    const isInDoubt = hasFailed && shown !== undefined && shown.provisioningState !== 'Succeeded' && !entry.wasInForce;
    if (entry.isSetAside || held.has(key)) {
      return isWanted && isInDoubt ? [{ key, action: 'remove', entry, isUndo: true, isOptional: false }] : [];
    }
    if (isWanted === (shown !== undefined) && !(isWanted && isInDoubt)) return [];
    // Of what waits for its window nothing is to be in doubt that an urgent write would have to carry.
    if (isHeldForWindow(entry)) {
      return isWanted && isInDoubt ? [{ key, action: 'remove', entry, isUndo: true, isOptional: true }] : [];
    }
    return [{ key, action: isWanted ? 'add' : 'remove', entry, isUndo: false, isOptional: entry.isOptional }];
  });
  if (changes.every(({ isOptional }) => isOptional)) return [];
  return changes
    .map(({ key, action, entry, isUndo }) => ({ key, action, entry, isUndo }))
    .toSorted((a, b) => Number(a.entry.kind === 'root') - Number(b.entry.kind === 'root'));
}

/** Keys of the changes that are held back or set aside and would be made otherwise. */
export function heldChanges(
  gateway: JsonObject,
  desired: readonly DesiredEntry[],
  thumbprintOfRoot: ThumbprintOfRoot,
  held: ReadonlySet<string>,
): readonly string[] {
  return changesFor(gateway, desired, thumbprintOfRoot)
    .map(({ key }) => key)
    .filter((key) => held.has(key));
}

/** `entryKey` of each entry that a write would change now if it did not wait for the change window. */
export function deferredChanges(
  gateway: JsonObject,
  desired: readonly DesiredEntry[],
  thumbprintOfRoot: ThumbprintOfRoot,
): ReadonlySet<string> {
  if (!desired.some(isHeldForWindow)) return new Set();
  const asIfOpen = desired.map((entry) => ({ ...entry, isDeferred: false }));
  const changed = new Set(changesFor(gateway, asIfOpen, thumbprintOfRoot).map(({ entry }) => entryKey(entry)));
  return new Set(
    desired
      .filter(isHeldForWindow)
      .map(entryKey)
      .filter((key) => changed.has(key)),
  );
}

/** The whole-resource body that makes `changes` and keeps everything else, unknown fields included. */
export function applyChanges(
  gateway: JsonObject,
  changes: readonly EntryChange[],
  thumbprintOfRoot: ThumbprintOfRoot,
): JsonObject {
  return (['root', 'revocation'] as const).reduce<JsonObject>((body, kind) => {
    const ofKind = changes.filter(({ entry }) => entry.kind === kind);
    if (ofKind.length === 0) return body;
    const removed = new Set(ofKind.filter(({ action }) => action === 'remove').map(({ entry }) => entry.thumbprint));
    const kept = readEntries(body, kind, thumbprintOfRoot).filter(
      ({ thumbprint }) => thumbprint === undefined || !removed.has(thumbprint),
    );
    const names = new Set(kept.map(({ name }) => name.toLowerCase()));
    const there = new Set(kept.map(({ thumbprint }) => thumbprint));
    const added = ofKind
      .filter(({ action, entry }) => action === 'add' && !there.has(entry.thumbprint))
      .map(({ entry }) => toJson(entry, names));
    return withEntries(body, kind, [...kept.map(({ json }) => json), ...added]);
  }, gateway);
}

/**
 * Without roots whose certificate has expired. They admit nobody, and Azure refuses a whole body for one of them, so
 * one of them must not stand between a revocation and the gateway.
 */
export function withoutExpiredRoots(
  gateway: JsonObject,
  isExpired: (entry: { readonly name: string; readonly publicCertData: string }) => boolean,
): { readonly body: JsonObject; readonly dropped: readonly string[] } {
  const roots = readEntries(gateway, 'root', () => undefined);
  const expired = roots.filter(({ name, json }) =>
    isExpired({ name, publicCertData: asText(asObject(json['properties'])['publicCertData']) }),
  );
  if (expired.length === 0) return { body: gateway, dropped: [] };
  const kept = roots.filter((root) => !expired.includes(root));
  return {
    body: withEntries(
      gateway,
      'root',
      kept.map(({ json }) => json),
    ),
    dropped: expired.map(({ name }) => name),
  };
}

/** What the gateway's lists hold, by `entryKey`; what cannot be read is nobody's but Azure's and not in it. */
export function presentEntries(
  gateway: JsonObject,
  thumbprintOfRoot: ThumbprintOfRoot,
): ReadonlyMap<string, GatewayEntry> {
  return new Map(
    (['root', 'revocation'] as const)
      .flatMap((kind) => readEntries(gateway, kind, thumbprintOfRoot))
      .flatMap((entry): [string, GatewayEntry][] =>
        entry.thumbprint === undefined ? [] : [[entryKey({ kind: entry.kind, thumbprint: entry.thumbprint }), entry]],
      ),
  );
}

/**
 * A name that is taken, by an entry of others or by one that is added in the same body, gets the thumbprint appended,
 * more of it until it is free: Azure refuses a body with one name twice. `names` are lower case; the new one is added.
 */
function toJson(entry: DesiredEntry, names: Set<string>): JsonObject {
  const { entryName, thumbprint } = entry;
  const candidates = [entryName, `${entryName}-${thumbprint.slice(0, 8)}`, `${entryName.slice(0, 39)}-${thumbprint}`];
  const name = candidates.find((candidate) => !names.has(candidate.toLowerCase())) ?? thumbprint;
  names.add(name.toLowerCase());
  return {
    name,
    properties: entry.kind === 'root' ? { publicCertData: entry.publicCertData ?? '' } : { thumbprint },
  };
}
