import { AppError } from '../../domain/app-error.ts';
import { toFileName } from '../../domain/file-name.ts';
import type { Blobs } from '../../ports/blobs.ts';
import type { Tables } from '../../ports/tables.ts';
import { sha256Hex } from '../../stores/digest.ts';
import {
  type DeliveryDue,
  deliveryDueKind,
  deliveryKeys,
  deliveryKind,
  type DeliveryRecord,
  duePartition,
} from '../../stores/records/downloads.ts';
import { createStore } from '../../stores/store.ts';
import { createDeliveryQueues } from './delivery-queues.ts';
import type { DownloadEscrow } from './download-escrow.ts';
import { openContent, sealContent } from './sealed-content.ts';

export interface NewDownload {
  /** Characters that are no good in file names are replaced. */
  readonly fileName: string;
  readonly contentType: string;
  readonly content: Uint8Array;
  /** What to do with the file, for the person who fetches it: a sentence or two, no secret. */
  readonly howTo: string;
  /** What the file is of: an id, never a secret. */
  readonly target: string;
  readonly requestedBy: string;
  /**
   * Names the thing that is offered, such as an operation and a platform: an earlier link to the same thing dies. A
   * request that is repeated under its idempotency key so gives a new link in the place of the first.
   */
  readonly replaces?: string;
  /** How long the first try may be waited for; a day if not given. */
  readonly expiresAfterSeconds?: number;
  /** The content cannot be made again: `renew` gives another link to it as long as nobody has fetched it. */
  readonly isOnlyOne?: true;
  /** Tells files apart that open with another password: a slow hash. Kept as long as the file. */
  readonly lock?: string;
}

export interface OfferedDownload {
  /**
   * Path and query below the service's own address. The query holds the token: secret, and known to nobody but who is
   * told it now.
   */
  readonly url: string;
  readonly token: string;
  readonly expiresAt: string;
}

export interface WaitingDownload {
  readonly fileName: string;
  readonly sizeBytes: number;
  /** What to do with it. */
  readonly howTo: string;
  readonly triesLeft: number;
  /** Until when it can be fetched: after the first try, the end of its ten minutes. */
  readonly until: string;
}

export interface DeliveredFile {
  readonly fileName: string;
  readonly contentType: string;
  readonly content: Uint8Array;
}

/**
 * Files for whoever has the link, a few times and not for long. What is kept is sealed under the token, and the token
 * is not kept. Unknown, used up, replaced and expired are one answer: undefined.
 */
export interface Downloads {
  offer(download: NewDownload): Promise<OfferedDownload>;
  /** What waits behind the token. Uses nothing up. */
  describe(token: string): Promise<WaitingDownload | undefined>;
  /** The file, at most three times within ten minutes of the first. A try counts before the file is handed over. */
  deliver(token: string): Promise<DeliveredFile | undefined>;
  /**
   * Another link to the only one of this thing (`isOnlyOne`), if it waits and nobody has tried to fetch it: the link
   * before dies. ERR_CONFLICT where it has another `lock`.
   */
  renew(thing: string, lock?: string): Promise<OfferedDownload | undefined>;
  /** Whether something of this thing waits. */
  holds(thing: string): Promise<boolean>;
  /**
   * Ends every link to this thing, named as it was offered (`replaces`): what it opens must not be handed out any more.
   */
  withdraw(thing: string): Promise<void>;
  /** What has become due to be looked at; a few of it where there is much. */
  listDue(): Promise<readonly DeliveryDue[]>;
  /** Removes the delivery, every trace of it, if it is over. */
  expire(due: DeliveryDue): Promise<void>;
}

export interface DownloadsOptions {
  readonly tables: Tables;
  readonly blobs: Blobs;
  /** Private, and without soft delete: what is removed has to be gone. */
  readonly container: string;
  readonly now: () => Date;
  readonly escrow: DownloadEscrow;
  /** 32 random bytes as base64url. */
  readonly newToken: () => string;
}

const tokenPattern = /^[A-Za-z0-9_-]{43}$/;
const usualExpirySeconds = 24 * 60 * 60;
const windowMs = 10 * 60 * 1000;
const triesMax = 3;
const duesMax = 200;

export function createDownloads({ tables, blobs, container, now, escrow, newToken }: DownloadsOptions): Downloads {
  const deliveries = createStore(tables, deliveryKind);
  const dues = createStore(tables, deliveryDueKind);
  const lines = createDeliveryQueues({ tables });

  async function offer(download: NewDownload): Promise<OfferedDownload> {
    const token = newToken();
    const plain = newRecord(download, sha256Hex(token), now());
    const { hash, fileName, expiresAt } = plain;
    const record = download.isOnlyOne === true ? { ...plain, escrow: await escrow.seal(token, hash) } : plain;
    const line = download.replaces === undefined ? {} : { lineId: sha256Hex(download.replaces) };
    // Step 1: the sweep knows of it before there is anything to be left behind.
    await dues.upsert({ dueAt: expiresAt, hash, ...line });
    // Step 2: it is in its line before it can be fetched, so that a later one finds it whatever happens here.
    if (line.lineId !== undefined) await lines.join(line.lineId, hash);
    // Step 3: the content, then the row that opens it.
    await blobs.put(
      container,
      hash,
      sealContent({ token, hash, fileName }, download.content),
      'application/octet-stream',
    );
    if (!(await deliveries.insert(record))) {
      await blobs.remove(container, hash);
      throw new AppError('ERR_CONFLICT', 'A later request offered the same file; use the link in its answer.');
    }
    // Step 4: the links before it die.
    if (line.lineId !== undefined) await endFormer(line.lineId, hash);
    return { url: `/api/downloads?token=${token}`, token, expiresAt };
  }

  async function renew(thing: string, lock?: string): Promise<OfferedDownload | undefined> {
    // The newest that is whole: one that a crash left half offered has no row.
    for (const hash of (await lines.list(sha256Hex(thing))).toReversed()) {
      const record = (await deliveries.get(deliveryKeys(hash)))?.record;
      if (record?.escrow === undefined || record.tries > 0 || isOver(record, now())) continue;
      const content = await contentOf(record, record.escrow);
      if (content === undefined) continue;
      if (record.lock !== lock) throw otherLock(record);
      const { fileName, contentType, howTo, target, requestedBy } = record;
      // Not longer than the first link would have stood.
      const expiresAfterSeconds = (Date.parse(record.expiresAt) - now().getTime()) / 1000;
      const file = { fileName, contentType, content, howTo, target, requestedBy, expiresAfterSeconds };
      return offer({ ...file, replaces: thing, isOnlyOne: true, ...(lock === undefined ? {} : { lock }) });
    }
    return undefined;
  }

  async function contentOf({ hash, fileName }: DeliveryRecord, sealedToken: string): Promise<Uint8Array | undefined> {
    const token = await escrow.open(sealedToken, hash);
    const sealed = token === undefined ? undefined : await blobs.get(container, hash);
    return token === undefined || sealed === undefined ? undefined : openContent({ token, hash, fileName }, sealed);
  }

  async function endFormer(lineId: string, hash: string): Promise<void> {
    const hashes = await lines.list(lineId);
    await endAll(lineId, hashes.slice(0, Math.max(0, hashes.indexOf(hash))));
  }

  async function endAll(lineId: string, hashes: readonly string[]): Promise<void> {
    for (const hash of hashes) await end(hash);
    if (hashes.length > 0) await lines.leave(lineId, hashes);
  }

  /** Ends a delivery, also one whose row is still to come: that then finds its place taken. */
  async function end(hash: string): Promise<void> {
    const markGone = (): Promise<DeliveryRecord | undefined> =>
      deliveries.update(deliveryKeys(hash), (record) =>
        record.state === 'gone' ? undefined : { ...record, state: 'gone' },
      );
    if ((await markGone()) === undefined && !(await deliveries.insert(goneRecord(hash, now())))) await markGone();
    await blobs.remove(container, hash);
  }

  async function find(token: string): Promise<DeliveryRecord | undefined> {
    if (!tokenPattern.test(token)) return undefined;
    const record = (await deliveries.get(deliveryKeys(sha256Hex(token))))?.record;
    return record === undefined || isOver(record, now()) ? undefined : record;
  }

  async function deliver(token: string): Promise<DeliveredFile | undefined> {
    const found = await find(token);
    if (found === undefined) return undefined;
    const { hash, fileName, contentType } = found;
    const sealed = await blobs.get(container, hash);
    if (sealed === undefined) return undefined;
    const content = openContent({ token, hash, fileName }, sealed);
    const counted = await countTry(found);
    if (counted === undefined) return undefined;
    if (counted.state === 'gone') await blobs.remove(container, hash);
    return { fileName, contentType, content };
  }

  /** The record with one try more, or undefined when there was none left. */
  async function countTry({ hash, firstTryAt }: DeliveryRecord): Promise<DeliveryRecord | undefined> {
    const at = now();
    if (firstTryAt === undefined) await dues.upsert({ dueAt: later(at, windowMs), hash });
    const turn = { isCounted: false };
    const counted = await deliveries.update(deliveryKeys(hash), (record) => {
      turn.isCounted = !isOver(record, at);
      return turn.isCounted ? withTry(record, at) : undefined;
    });
    return turn.isCounted ? counted : undefined;
  }

  async function expire(due: DeliveryDue): Promise<void> {
    const { hash } = due;
    const record = (await deliveries.get(deliveryKeys(hash)))?.record;
    // One that is not over has another row for its end: the day that it was offered for, or the window of its first
    // try.
    if (record === undefined || isOver(record, now())) {
      if (due.lineId !== undefined) await lines.leave(due.lineId, [hash]);
      await blobs.remove(container, hash);
      await tables.remove(deliveryKind.table, deliveryKeys(hash));
    }
    await dues.remove(due);
  }

  return {
    offer,
    deliver,
    renew,
    holds: async (thing) => {
      const hashes = await lines.list(sha256Hex(thing));
      const found = await Promise.all(hashes.map((hash) => deliveries.get(deliveryKeys(hash))));
      return found.some((stored) => stored !== undefined && !isOver(stored.record, now()));
    },
    describe: async (token) => {
      const record = await find(token);
      if (record === undefined) return undefined;
      const { fileName, sizeBytes, howTo, tries } = record;
      return { fileName, sizeBytes, howTo, triesLeft: triesMax - tries, until: endOf(record) };
    },
    withdraw: async (thing) => {
      const lineId = sha256Hex(thing);
      await endAll(lineId, await lines.list(lineId));
    },
    listDue: async () => {
      const range = { to: now().toISOString(), top: duesMax };
      return (await dues.list(duePartition, range)).map(({ record }) => record);
    },
    expire,
  };
}

function newRecord(download: NewDownload, hash: string, at: Date): DeliveryRecord {
  const { contentType, content, howTo, target, requestedBy, lock } = download;
  const { expiresAfterSeconds = usualExpirySeconds } = download;
  return {
    hash,
    state: 'offered',
    fileName: toFileName(download.fileName),
    contentType,
    sizeBytes: content.byteLength,
    howTo,
    target,
    requestedBy,
    ...(lock === undefined ? {} : { lock }),
    expiresAt: later(at, expiresAfterSeconds * 1000),
    tries: 0,
  };
}

function otherLock({ fileName }: DeliveryRecord): AppError {
  return new AppError(
    'ERR_CONFLICT',
    `The file ${fileName} waits already, made with another password or in another form. Send what it was made with.`,
  );
}

/** Stands in the place of a delivery that was replaced before it began. */
function goneRecord(hash: string, at: Date): DeliveryRecord {
  const nothing = { fileName: '', contentType: '', sizeBytes: 0, howTo: '', target: '', requestedBy: '' };
  return { hash, state: 'gone', ...nothing, expiresAt: at.toISOString(), tries: 0 };
}

function withTry(record: DeliveryRecord, at: Date): DeliveryRecord {
  const tries = record.tries + 1;
  const state = tries < triesMax ? record.state : 'gone';
  return { ...record, tries, state, firstTryAt: record.firstTryAt ?? at.toISOString() };
}

function isOver(record: DeliveryRecord, at: Date): boolean {
  return record.state === 'gone' || endOf(record) <= at.toISOString();
}

function endOf({ firstTryAt, expiresAt }: DeliveryRecord): string {
  return firstTryAt === undefined ? expiresAt : later(new Date(firstTryAt), windowMs);
}

function later(at: Date, byMs: number): string {
  return new Date(at.getTime() + byMs).toISOString();
}
