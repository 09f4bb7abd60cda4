import {
  asObject,
  asText,
  readEntries,
  withEntries,
  type EntryKind,
  type GatewayEntry,
  type ThumbprintOfRoot,
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
  /** Azure has refused this entry: it is not asked for again until somebody changes the intent. */
  readonly quarantined: boolean;
}

/** What a write would do for one entry. `key` is stable: `root:<thumbprint>` or `revocation:<thumbprint>`. */
export interface EntryChange {
  readonly key: string;
  readonly action: 'add' | 'remove';
  readonly entry: DesiredEntry;
}

function entryKey(entry: { readonly kind: EntryKind; readonly thumbprint: Thumbprint }): string {
  return `${entry.kind}:${entry.thumbprint}`;
}

/**
 * The changes that bring a gateway from what Azure shows to what is wanted, revocations first. Entries of others are in
 * neither list and so never change. An empty answer means that nothing has to be written.
 */
export function changesFor(
  gateway: JsonObject,
  desired: readonly DesiredEntry[],
  thumbprintOfRoot: ThumbprintOfRoot,
): EntryChange[] {
  const present = new Set(
    (['root', 'revocation'] as const)
      .flatMap((kind) => readEntries(gateway, kind, thumbprintOfRoot))
      .flatMap(({ kind, thumbprint }) => (thumbprint === undefined ? [] : [entryKey({ kind, thumbprint })])),
  );
  return desired
    .filter((entry) => !entry.quarantined && entry.wanted !== present.has(entryKey(entry)))
    .map((entry) => ({ key: entryKey(entry), action: entry.wanted ? ('add' as const) : ('remove' as const), entry }))
    .toSorted((a, b) => Number(a.entry.kind === 'root') - Number(b.entry.kind === 'root'));
}

/** The whole-resource body that carries out `changes` and keeps everything else, unknown fields included. */
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
    const added = ofKind.filter(({ action }) => action === 'add').map(({ entry }) => toJson(entry, kept));
    return withEntries(body, kind, [...kept.map(({ json }) => json), ...added]);
  }, gateway);
}

/**
 * Without roots whose certificate has expired. They admit nobody, and Azure refuses a whole body for one of them, so one
 * of them must not stand between a revocation and the gateway.
 */
export function withoutExpiredRoots(
  gateway: JsonObject,
  isExpired: (publicCertData: string) => boolean,
): { readonly body: JsonObject; readonly dropped: readonly string[] } {
  const roots = readEntries(gateway, 'root', () => undefined);
  const expired = roots.filter(({ json }) => isExpired(asText(asObject(json['properties'])['publicCertData'])));
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

/** A name that is taken by a foreign entry gets the thumbprint's beginning appended: Azure refuses a name twice. */
function toJson(entry: DesiredEntry, present: readonly GatewayEntry[]): JsonObject {
  const isTaken = present.some(({ name }) => name.toLowerCase() === entry.entryName.toLowerCase());
  return {
    name: isTaken ? `${entry.entryName}-${entry.thumbprint.slice(0, 8)}` : entry.entryName,
    properties:
      entry.kind === 'root' ? { publicCertData: entry.publicCertData ?? '' } : { thumbprint: entry.thumbprint },
  };
}
