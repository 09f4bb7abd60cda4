import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { dayMs } from '../../domain/days.ts';
import type { RowKeys, Tables } from '../../ports/tables.ts';
import { canonicalJson, sha256Hex, slowHashHex } from '../../stores/digest.ts';
import { createRetentionDues, type RemoveOld, type RetentionLook } from '../../stores/retention-dues.ts';
import { createStore, type Stored } from '../../stores/store.ts';

const answerSchema = z.object({
  status: z.int(),
  /** JSON text of the body; absent when there was none. */
  body: z.string().optional(),
  /** The body is not kept, being secret, large or not JSON: the request has to run again, with the same seed. */
  isRerun: z.boolean(),
  headers: z.record(z.string(), z.string()),
});
export type KeptAnswer = z.infer<typeof answerSchema>;

const idempotencySchema = z.object({
  hash: z.string(),
  /**
   * HMAC of the body under this row's own seed, its secrets hashed slowly: no guess can be tried against two rows.
   */
  bodyHmac: z.string(),
  seed: z.string(),
  state: z.enum(['running', 'released', 'done']),
  startedAt: z.iso.datetime(),
  expiresOn: z.iso.datetime(),
  answer: answerSchema.optional(),
});
type IdempotencyRecord = z.infer<typeof idempotencySchema>;

interface IdempotencyScope {
  readonly callerId: string;
  readonly route: string;
  /**
   * The path's parameters, decoded and checked: one key on two gateways is two requests, however a path was written.
   */
  readonly params: unknown;
  readonly key: string;
}

/** Holds the right to carry the request out now, and to say how it ended. */
export interface IdempotencyTurn {
  /** 32 bytes; the same on every run of this request, so that ids and serials come out the same. */
  readonly seed: Uint8Array;
  /** Keeps the answer: the request is over. */
  complete(answer: KeptAnswer): Promise<void>;
  /** Gives the turn back after a passing failure: a retry runs again, with the same seed. */
  release(): Promise<void>;
}

type IdempotencyStart =
  | { readonly outcome: 'run'; readonly turn: IdempotencyTurn }
  | { readonly outcome: 'replay'; readonly answer: KeptAnswer; readonly seed: Uint8Array }
  | { readonly outcome: 'running'; readonly retryAfterSeconds: number }
  | { readonly outcome: 'otherBody' };

/** What a request asks for. */
export interface ComparedContent {
  /** All of it that is no secret. */
  readonly open: unknown;
  /** Secrets in it, such as a password, or undefined where one may be and is not. */
  readonly secrets: readonly unknown[];
}

export interface Idempotency {
  /** `newSeed` is used if the key is new. */
  start(scope: IdempotencyScope, content: ComparedContent, newSeed: Uint8Array): Promise<IdempotencyStart>;
  /** Removes the row of that hash once its key is no longer replayed, and it has been kept as long as it is to be. */
  readonly removeOld: RemoveOld;
}

const keptMs = 7 * dayMs;
/**
 * A run longer than this has died: the platform ends HTTP answers after 230 s, and no handler here takes half of that.
 */
const runningMs = 2 * 60 * 1000;
const retryAfterSeconds = 2;
const takeOverRoundsMax = 5;

export interface IdempotencyOptions {
  readonly tables: Tables;
  readonly now: () => Date;
  /** Days from the begin of a request; never less than the seven for which a key is replayed. */
  readonly keptDays: number;
}

export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const { tables, now, keptDays } = options;
  const staysMs = Math.max(keptDays * dayMs, keptMs);
  const dues = createRetentionDues({ tables });
  const store = createStore(tables, {
    table: 'Idempotency',
    schema: idempotencySchema,
    keys: ({ hash }) => idempotencyKeys(hash),
  });

  async function newRecord(hash: string, content: ComparedContent, seed: Uint8Array): Promise<IdempotencyRecord> {
    const at = now();
    return {
      hash,
      bodyHmac: await hmacOf(content, seed),
      seed: toHex(seed),
      state: 'running',
      startedAt: at.toISOString(),
      expiresOn: new Date(at.getTime() + keptMs).toISOString(),
    };
  }

  async function start(
    scope: IdempotencyScope,
    content: ComparedContent,
    newSeed: Uint8Array,
  ): Promise<IdempotencyStart> {
    const hash = hashOf(scope);
    // Before the row: one that no day lists would stay for ever.
    await dues.put('idempotency', hash, new Date(now().getTime() + staysMs));
    const fresh = await newRecord(hash, content, newSeed);
    for (let round = 0; round < takeOverRoundsMax; round += 1) {
      if (await store.insert(fresh)) return run(fresh);
      const stored = await store.get(idempotencyKeys(hash));
      if (stored === undefined) continue;
      const answer =
        Date.parse(stored.record.expiresOn) <= now().getTime()
          ? await takeOver(stored, fresh)
          : await continueKept(stored, content);
      if (answer !== undefined) return answer;
    }
    return { outcome: 'running', retryAfterSeconds };
  }

  /** What a key that is known already leads to; undefined when somebody else changed the row meanwhile. */
  async function continueKept(
    stored: Stored<IdempotencyRecord>,
    content: ComparedContent,
  ): Promise<IdempotencyStart | undefined> {
    const { record } = stored;
    const seed = Buffer.from(record.seed, 'hex');
    if (!isSame(record.bodyHmac, await hmacOf(content, seed))) return { outcome: 'otherBody' };
    if (record.state === 'done' && record.answer !== undefined) {
      return { outcome: 'replay', answer: record.answer, seed };
    }
    const age = now().getTime() - Date.parse(record.startedAt);
    if (record.state === 'running' && age < runningMs) return { outcome: 'running', retryAfterSeconds };
    return takeOver(stored, { ...record, state: 'running', startedAt: now().toISOString() });
  }

  async function takeOver(
    stored: Stored<IdempotencyRecord>,
    next: IdempotencyRecord,
  ): Promise<IdempotencyStart | undefined> {
    return (await store.replace(stored, next)) ? run(next) : undefined;
  }

  function run({ hash, seed, startedAt }: IdempotencyRecord): IdempotencyStart {
    const complete = async (answer: KeptAnswer): Promise<void> => {
      // A run that was taken over and ends after all may still say so: same seed, same ids, so the same outcome.
      await store.update(idempotencyKeys(hash), (record) =>
        record.state === 'done' || record.seed !== seed ? undefined : { ...record, state: 'done', answer },
      );
    };
    const release = async (): Promise<void> => {
      // Only its own turn: whoever took over is still running.
      await store.update(idempotencyKeys(hash), (record) =>
        record.state === 'running' && record.startedAt === startedAt ? { ...record, state: 'released' } : undefined,
      );
    };
    return { outcome: 'run', turn: { seed: Buffer.from(seed, 'hex'), complete, release } };
  }

  async function removeOld(hash: string): Promise<RetentionLook> {
    const stored = await store.get(idempotencyKeys(hash));
    if (stored === undefined) return 'none';
    const keptUntil = new Date(Date.parse(stored.record.expiresOn) + staysMs - keptMs);
    if (keptUntil > now()) return { keptUntil };
    // Whoever takes the key over at this moment has changed the row: it is theirs.
    return (await store.remove(stored.record, stored.etag)) ? 'removed' : { keptUntil: now() };
  }

  return { start, removeOld };
}

function idempotencyKeys(hash: string): RowKeys {
  return { partitionKey: hash, rowKey: hash };
}

/** Length-prefixed by JSON, so that no two scopes give one text. */
function hashOf({ callerId, route, params, key }: IdempotencyScope): string {
  // No two things that a path names differ by letter case alone.
  return sha256Hex(canonicalJson([callerId, route, canonicalJson(params).toLowerCase(), key]));
}

async function hmacOf({ open, secrets }: ComparedContent, seed: Uint8Array): Promise<string> {
  const hmac = createHmac('sha256', seed).update(`body\n${canonicalJson(open)}`);
  if (secrets.some((secret) => secret !== undefined)) {
    hmac.update(`\nsecrets\n${await slowHashHex(canonicalJson(secrets), seed)}`);
  }
  return hmac.digest('hex');
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
