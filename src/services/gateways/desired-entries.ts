import { withinLimits } from '../../domain/entry-limits.ts';
import { asObject, asText, readEntries, type ThumbprintOfRoot } from '../../domain/gateway-entries.ts';
import type { DesiredEntry } from '../../domain/gateway-merge.ts';
import type { JsonObject } from '../../domain/json.ts';
import { rootsFirst } from '../../domain/root-order.ts';
import { requireThumbprint, type Thumbprint } from '../../domain/thumbprint.ts';
import { without } from '../../domain/without.ts';
import { authorityOf } from '../../pki/read-foreign-root.ts';
import { canonicalJson, sha256Hex } from '../../stores/digest.ts';
import {
  type RevocationRecord,
  revocationsOfGateway,
  rootPartition,
  type RootRecord,
  unknownRootId,
} from '../../stores/records/certificates.ts';
import {
  type ForeignEntry,
  type GatewayRevocation,
  type GatewayRoot,
  isRootToBeSeen,
} from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { admittedBy, authorityOfRoot, certificateOnGateways } from '../certificates/admitting-roots.ts';

/** Everything that Gatehouse answers for on one gateway, with the rows that say how far each entry has come. */
export interface DesiredState {
  /** What the gateway should hold, and what it may lose when it is written anyway. */
  readonly entries: readonly DesiredEntry[];
  readonly roots: readonly { readonly row: GatewayRoot; readonly root: RootRecord }[];
  readonly revocations: readonly { readonly intent: RevocationRecord; readonly row: GatewayRevocation | undefined }[];
  /**
   * Rows of revocations that are not wanted of this gateway any more: the certificate has expired, or its root has
   * left.
   */
  readonly past: readonly GatewayRevocation[];
  /** What others have put there and is to be taken off. */
  readonly leaving: readonly ForeignEntry[];
  /** Entries of others that are a root of Gatehouse, or one of its name and key. */
  readonly copied: readonly { readonly thumbprint: Thumbprint; readonly root: RootRecord }[];
  /** Changes with anything that could make Azure take what it has refused. */
  readonly mark: string;
}

interface DesiredStateOptions {
  readonly stores: Stores;
  readonly now: Date;
  /** Of a change window that is closed: whatever is not urgent waits. */
  readonly closedUntil?: string | undefined;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
}

/**
 * Reads what a gateway should hold: its roots, and the revocations of all that is admitted by a root that it is to
 * trust, was seen to trust, is about to give up, or has given up while sessions of its certificates may be open,
 * without those of certificates that have expired by themselves. Expired roots are left out: they admit nobody, and
 * Azure refuses a body that holds one.
 */
export async function readDesiredState(
  gatewayId: string,
  gateway: JsonObject,
  { stores, now, closedUntil, thumbprintOfRoot }: DesiredStateOptions,
): Promise<DesiredState> {
  const shown = new Set(readEntries(gateway, 'root', thumbprintOfRoot).map(({ thumbprint }) => thumbprint));
  const all = (await stores.roots.list(rootPartition)).map(({ record }) => record);
  const rows = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
  const states = new Map(
    (await stores.gatewayRevocations.list(gatewayId)).map(({ record }) => [record.thumbprint, record]),
  );
  const standingRows = rows.flatMap((row) => {
    const root = all.find(({ id }) => id === row.rootId);
    return root === undefined || certificateOnGateways(root) === undefined ? [] : [{ row, root }];
  });
  const roots = rootsFirst(standingRows, ({ root }) => root);
  const copied = copiedRoots(gateway, rows, all, thumbprintOfRoot);
  const held = roots.filter(
    ({ row }) => row.state !== 'removed' || isRootToBeSeen(row) || shown.has(row.thumbprint as Thumbprint),
  );
  const admitted = admittedBy(
    [...held, ...copied].map(({ root }) => root.id),
    all,
  );

  const revocations = [];
  // Of roots that are not known here it is not known either that this gateway does not trust them.
  for (const intent of await readIntents(stores, [...admitted, unknownRootId, revocationsOfGateway(gatewayId)])) {
    if (isExpired(intent, now)) continue;
    revocations.push({ intent, row: states.get(intent.thumbprint) });
    states.delete(intent.thumbprint);
  }
  const leaving = (await stores.foreignEntries.list(gatewayId))
    .map(({ record }) => record)
    .filter(({ kind, removal }) => kind === 'root' && removal !== undefined);
  const ours = revocations.filter((one) => !isTakenBack(one));
  const past = [...states.values()].filter(({ state }) => state !== 'removed');
  // An expired root that is wanted is left out; one that is to go is taken off like any other.
  const standing = roots.filter(({ row, root }) => !row.wanted || !isExpired(root, now));
  const mark = markOf(gateway, thumbprintOfRoot, {
    own: [
      ...roots.map(({ row }) => `root:${row.thumbprint}`),
      ...[...ours.map(({ intent }) => intent), ...past].map(({ thumbprint }) => `revocation:${thumbprint}`),
    ],
    wanted: [
      ...standing.filter(({ row }) => row.wanted).map(({ row }) => `root:${row.thumbprint}`),
      ...revocations.filter(({ intent }) => intent.wanted).map(({ intent }) => `revocation:${intent.thumbprint}`),
    ],
  });
  const isAside = (row: RefusalFields | undefined): boolean => isSetAside(row, now, mark);
  const entries: readonly ReadEntry[] = [
    ...standing.map(({ row, root }) => rootEntry(row, root, isAside(row))),
    ...ours.map(({ intent, row }) =>
      revocationEntry(intent, row, isAside(row?.wanted === intent.wanted ? row : undefined)),
    ),
    ...past.map(pastEntry),
    ...leaving.map(leavingEntry),
  ].map((entry) => (closedUntil === undefined || isUrgent(entry) ? entry : { ...entry, isDeferred: true }));
  return { entries: withinLimits(gateway, entries, thumbprintOfRoot), roots, revocations, past, leaving, copied, mark };
}

/** What others have put there of the roots that are known here, if only by the name and key of one. */
function copiedRoots(
  gateway: JsonObject,
  rows: readonly GatewayRoot[],
  roots: readonly RootRecord[],
  thumbprintOfRoot: ThumbprintOfRoot,
): DesiredState['copied'] {
  return readEntries(gateway, 'root', thumbprintOfRoot).flatMap(({ thumbprint, json }) => {
    if (thumbprint === undefined || rows.some((row) => row.thumbprint === thumbprint)) return [];
    const authority = authorityOf(asText(asObject(json['properties'])['publicCertData']));
    const root =
      roots.find((one) => one.thumbprint === thumbprint) ??
      roots.find((one) => authority !== undefined && authorityOfRoot(one) === authority);
    return root === undefined ? [] : [{ thumbprint, root }];
  });
}

/** One for each thumbprint: of two that say otherwise, whoever wants it refused has it refused. */
async function readIntents(
  stores: Pick<Stores, 'revocations'>,
  places: readonly string[],
): Promise<readonly RevocationRecord[]> {
  const intents = new Map<string, RevocationRecord>();
  for (const place of new Set(places)) {
    for (const { record } of await stores.revocations.list(place)) {
      if (record.wanted || !intents.has(record.thumbprint)) intents.set(record.thumbprint, record);
    }
  }
  return [...intents.values()];
}

type RefusalFields = Pick<GatewayRevocation, 'retryAt' | 'refusedUnder'> & { readonly state: string };

/**
 * A refused entry is tried again when the gateway has changed and once a day; one under suspicion when its time has
 * come.
 */
function isSetAside(row: RefusalFields | undefined, now: Date, mark: string): boolean {
  if (row?.retryAt === undefined || Date.parse(row.retryAt) <= now.getTime()) return false;
  return row.state !== 'refused' || row.refusedUnder === mark;
}

/**
 * Stands for what could make Azure take what it has refused: the settings, others' entries, and what else is wanted of
 * ours. What of ours is on the gateway just now does not count, or each write of Gatehouse's own would be a reason for
 * another try.
 */
function markOf(
  gateway: JsonObject,
  thumbprintOfRoot: ThumbprintOfRoot,
  { own, wanted }: { readonly own: readonly string[]; readonly wanted: readonly string[] },
): string {
  const properties = asObject(gateway['properties']);
  const settings = without(
    asObject(properties['vpnClientConfiguration']),
    'vpnClientRootCertificates',
    'vpnClientRevokedCertificates',
    'vpnClientConnectionHealth',
  );
  const others = (['root', 'revocation'] as const).flatMap((kind) =>
    readEntries(gateway, kind, thumbprintOfRoot)
      .filter(({ thumbprint }) => !own.includes(`${kind}:${thumbprint ?? ''}`))
      .map(({ name, thumbprint }) => `${kind} ${name} ${thumbprint ?? ''}`)
      .toSorted(),
  );
  return sha256Hex(canonicalJson([properties['sku'], settings, others, wanted.toSorted()])).slice(0, 32);
}

export function isExpired({ notAfter }: { readonly notAfter: string }, now: Date): boolean {
  return Date.parse(notAfter) <= now.getTime();
}

/** What only goes along with others' writes makes room, and opens the gateway to nobody. */
function isUrgent({ isOptional, urgency }: ReadEntry): boolean {
  return isOptional || urgency === 'immediate';
}

/**
 * An entry with whether its change may wait for the change window. A window is for what is new: what was in force and
 * others took off is put back at once, whatever was asked when it was new.
 */
type ReadEntry = DesiredEntry & { readonly urgency?: RevocationRecord['urgency'] | undefined };

function rootEntry(row: GatewayRoot, root: RootRecord, isAside: boolean): ReadEntry {
  return {
    kind: 'root',
    thumbprint: requireThumbprint(row.thumbprint),
    entryName: row.entryName,
    wanted: row.wanted,
    publicCertData: certificateOnGateways(root) ?? '',
    isSetAside: isAside,
    wasInForce: row.state === 'trusted',
    isOptional: false,
    rank: 0,
    since: row.updatedAt,
    urgency: urgencyOfRoot(row),
  };
}

function urgencyOfRoot({ wanted, urgency, state, vanished }: GatewayRoot): RevocationRecord['urgency'] {
  if (!wanted) return urgency ?? 'window';
  return state === 'trusted' || vanished !== undefined ? 'immediate' : 'window';
}

function revocationEntry(intent: RevocationRecord, row: GatewayRevocation | undefined, isAside: boolean): ReadEntry {
  const wasInForce = row !== undefined && row.wanted && isInForce(row.state);
  const isRepair = wasInForce || row?.vanished !== undefined;
  return {
    kind: 'revocation',
    thumbprint: requireThumbprint(intent.thumbprint),
    entryName: revocationEntryName(intent),
    wanted: intent.wanted,
    isSetAside: isAside,
    wasInForce,
    isOptional: false,
    // Of an unknown root it is not known whether it opens this gateway at all.
    rank: (intent.reason === 'compromised' ? 0 : 1) + (intent.rootId === unknownRootId ? 2 : 0),
    since: intent.recordedAt,
    urgency: intent.wanted && (isRepair || intent.urgency === 'immediate') ? 'immediate' : 'window',
  };
}

/** Comes off with the next write: it keeps nobody out any more, and takes a place. */
function pastEntry(row: GatewayRevocation): DesiredEntry {
  return {
    kind: 'revocation',
    thumbprint: requireThumbprint(row.thumbprint),
    entryName: '',
    wanted: false,
    isSetAside: false,
    wasInForce: false,
    isOptional: true,
    rank: 1,
    since: row.requestedAt,
  };
}

/** Of others, and to be taken off because somebody asked for that by its name. */
function leavingEntry({ thumbprint = '', name, firstSeenAt, removal }: ForeignEntry): ReadEntry {
  return {
    kind: 'root',
    thumbprint: requireThumbprint(thumbprint),
    entryName: name,
    wanted: false,
    isSetAside: false,
    wasInForce: false,
    isOptional: false,
    rank: 0,
    since: firstSeenAt,
    urgency: removal?.urgency,
  };
}

/** Nothing of Gatehouse's is on the gateway any more: whatever shows up there later others have put there. */
export function isTakenBack({ intent, row }: DesiredState['revocations'][number]): boolean {
  return !intent.wanted && (row === undefined || (!row.wanted && row.state === 'removed'));
}

/** True in the states of a revocation that was seen on the gateway as provisioned. */
export function isInForce(state: GatewayRevocation['state']): boolean {
  return state === 'listed' || state === 'disconnected' || state === 'proven';
}

/** Azure takes letters, digits, dot, dash and underscore; the thumbprint's beginning keeps two of one person apart. */
function revocationEntryName({ entryName, commonName, thumbprint }: RevocationRecord): string {
  if (entryName !== undefined) return entryName;
  const readable = commonName.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
  return `${readable}-${thumbprint.slice(0, 8)}`.replace(/^[^A-Za-z0-9]+/, '');
}
