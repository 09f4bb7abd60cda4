import { createHmac } from 'node:crypto';
import { AppError } from '../../domain/app-error.ts';
import { without } from '../../domain/without.ts';
import type { Log } from '../../ports/log.ts';
import type { SendWebhook, WebhookAnswer } from '../../ports/webhooks.ts';
import { sha256Hex } from '../../stores/digest.ts';
import type { Outbox, OutboxRecord, PendingDelivery } from '../../stores/outbox.ts';
import type { Stored } from '../../stores/store.ts';
import type { Webhook } from '../requests/app-secrets.ts';
import { webhookKey } from '../requests/webhook-key.ts';

export interface DeliverOutboxOptions {
  readonly outbox: Outbox;
  /**
   * Nobody to deliver to when undefined: events then wait a week for a webhook, and are kept after it. Throws when not
   * known.
   */
  readonly webhook: () => Promise<Webhook | undefined>;
  readonly send: SendWebhook;
  readonly log: Log;
  readonly now: () => Date;
}

interface NoAnswer {
  readonly problem: string;
}

export interface DeliveryRound {
  readonly delivered: number;
  readonly postponed: number;
  readonly undeliverable: number;
  readonly kept: number;
  /** Why a try got no answer, of one of them. */
  readonly problem?: string;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const sendTimeoutMs = 10 * second;
/** Longer than one try can take: a row whose deliverer died is tried again after it. */
const leaseMs = minute;
const triesMax = 12;
/** A receiver that answers 4xx will hardly change its mind; three tries forgive a deployment in progress. */
const refusedTriesMax = 3;
const ageMaxMs = 24 * hour;
const keepMs = 7 * 24 * hour;
const backOffMs = minute;
const jitterShare = 0.2;
const deliveriesMax = 200;
const deliveriesAtOnce = 8;

/**
 * Delivers what is due, at least once each: signed as Standard Webhooks says, the same `webhook-id` on every try. Safe
 * to run by several at once, since each try first takes the row's lease.
 */
export async function deliverOutbox(options: DeliverOutboxOptions): Promise<DeliveryRound> {
  const webhook = await options.webhook();
  const count = { delivered: 0, postponed: 0, undeliverable: 0, kept: 0 };
  let problem: string | undefined;
  const pending = await options.outbox.listPending();
  const due = pending
    .filter(({ record }) => isDue(record, webhook, options.now()))
    .sort(byDueTime)
    .slice(0, deliveriesMax);
  const queue = due[Symbol.iterator]();
  async function work(): Promise<void> {
    for (const next of queue) {
      const [outcome, why] = await deliverOne(options, webhook, next);
      if (outcome !== undefined) count[outcome] += 1;
      problem ??= why;
    }
  }
  await Promise.all(Array.from({ length: deliveriesAtOnce }, work));
  return problem === undefined ? count : { ...count, problem };
}

function isDue({ nextAttemptAt, appendedAt }: PendingDelivery, webhook: Webhook | undefined, now: Date): boolean {
  if (webhook === undefined) return now.getTime() - Date.parse(appendedAt) >= keepMs;
  return Date.parse(nextAttemptAt) <= now.getTime();
}

function byDueTime(a: Stored<PendingDelivery>, b: Stored<PendingDelivery>): number {
  return a.record.nextAttemptAt < b.record.nextAttemptAt ? -1 : 1;
}

type Outcome = 'delivered' | 'postponed' | 'undeliverable' | 'kept';

/** How it went on with one event, if it did, and why no answer came, if none did. */
async function deliverOne(
  options: DeliverOutboxOptions,
  webhook: Webhook | undefined,
  pending: Stored<PendingDelivery>,
): Promise<readonly [outcome?: Outcome | undefined, problem?: string]> {
  const { outbox, now } = options;
  const leased = await outbox.reschedule(pending, {
    ...pending.record,
    nextAttemptAt: new Date(now().getTime() + leaseMs).toISOString(),
    attempts: pending.record.attempts + 1,
  });
  if (leased === undefined) return [];
  const record = await outbox.get(leased.record.id);
  // A crash between the end state and the removal from the list leaves a pending row of an ended event.
  if (record?.state !== 'pending') {
    await outbox.end(leased.record, 'delivered');
    return [];
  }
  if (webhook === undefined) {
    await outbox.end({ ...leased.record, attempts: pending.record.attempts }, 'kept');
    tell(options, record, 'kept');
    return ['kept'];
  }
  const answer = await trySend(options, webhook, record);
  const outcome = await settle(options, leased, answer);
  tell(options, record, outcome, answer);
  return 'problem' in answer ? [outcome, answer.problem] : [outcome];
}

/** Told by its id, which the receiver has as well. */
function tell(
  { log, now }: DeliverOutboxOptions,
  { id, event }: OutboxRecord,
  outcome: Outcome,
  answer?: WebhookAnswer | NoAnswer,
): void {
  const seconds = (now().getTime() - Date.parse(event.time)) / 1000;
  const code = answer === undefined ? {} : { code: 'status' in answer ? `Http${answer.status}` : 'NoAnswer' };
  log({ event: 'notice.sent', outcome, target: `events/${id}`, kind: event.type, seconds, ...code });
}

async function trySend(
  { send, now }: DeliverOutboxOptions,
  webhook: Webhook,
  record: OutboxRecord,
): Promise<WebhookAnswer | NoAnswer> {
  const body = JSON.stringify(record.event);
  const headers = signedHeaders(webhook.secret, { id: record.id, body, now: now() });
  try {
    return await send({ url: webhook.url, headers, body, timeoutMs: sendTimeoutMs });
  } catch (error) {
    // No answer is an answer to a delivery: it is tried again, and the end state says why none came.
    return { problem: problemOf(error) };
  }
}

async function settle(
  { outbox, now }: DeliverOutboxOptions,
  leased: Stored<PendingDelivery>,
  answer: WebhookAnswer | NoAnswer,
): Promise<Outcome> {
  const rest = without(without(leased.record, 'lastStatus'), 'lastProblem');
  const pending: PendingDelivery =
    'problem' in answer ? { ...rest, lastProblem: answer.problem } : { ...rest, lastStatus: answer.status };
  if ('status' in answer && answer.status >= 200 && answer.status < 300) {
    await outbox.end(pending, 'delivered');
    return 'delivered';
  }
  if (isHopeless(pending, now())) {
    await outbox.end(pending, 'undeliverable');
    return 'undeliverable';
  }
  const nextAttemptAt = new Date(now().getTime() + waitMs(pending, answer, now())).toISOString();
  await outbox.reschedule(leased, { ...pending, nextAttemptAt });
  return 'postponed';
}

/**
 * A refusal of ours says why in words; of a connection that broke the code says it, and its text may hold the address.
 */
function problemOf(error: unknown): string {
  if (error instanceof AppError) return `Not sent: ${error.message}`;
  if (error instanceof Error && /^(Abort|Timeout)Error$/.test(error.name)) {
    return `No answer within ${sendTimeoutMs / second} s.`;
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
  return `The connection failed: ${code}.`;
}

/**
 * Statuses that ask for another try: too slow, too early, too many, and everything the server says is its own fault.
 */
function isWorthRetrying(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

function isHopeless({ attempts, lastStatus, appendedAt }: PendingDelivery, now: Date): boolean {
  if (lastStatus === 410) return true;
  if (lastStatus !== undefined && !isWorthRetrying(lastStatus) && attempts >= refusedTriesMax) return true;
  // The age counts only once the first tries were made: an event that waited days for a webhook still gets them.
  return attempts >= triesMax || (attempts >= refusedTriesMax && now.getTime() - Date.parse(appendedAt) >= ageMaxMs);
}

/** Doubling from a minute; jitter comes from the id, so that a burst spreads out and a test can foretell it. */
function waitMs({ id, attempts }: PendingDelivery, answer: WebhookAnswer | NoAnswer, now: Date): number {
  const base = backOffMs * 2 ** (attempts - 1);
  const fraction = Number.parseInt(sha256Hex(`${id}/${attempts}`).slice(0, 8), 16) / 0xffffffff;
  const jittered = base * (1 + jitterShare * fraction);
  return Math.min(Math.max(jittered, retryAfterMs('status' in answer ? answer.retryAfter : undefined, now)), ageMaxMs);
}

/** Seconds or an HTTP date (RFC 9110, section 10.2.3); anything else counts as not said. */
function retryAfterMs(value: string | undefined, now: Date): number {
  if (value === undefined) return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value) * second;
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : Math.max(date - now.getTime(), 0);
}

/** Headers of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`. */
function signedHeaders(
  secret: string,
  { id, body, now }: { readonly id: string; readonly body: string; readonly now: Date },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now.getTime() / second));
  const key = webhookKey(secret);
  if (key === undefined) throw new Error('The webhook has no usable key.');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}
