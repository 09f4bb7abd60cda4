import { randomUUID } from 'node:crypto';
import type { EventGridEvent } from '../platform/event-grid-event.ts';
import { SeededRandom } from '../platform/seeded-random.ts';
import type { ServiceHost } from '../platform/service-host.ts';
import type { StateFile } from '../platform/state-file.ts';
import { type DeadLetter, type EventGridState, openEventGridState, type PendingDelivery } from './event-grid-state.ts';
import { retryDelayMs, verdictOn } from './retry-policy.ts';
import { gatewayChanges, passesFilter, type SubscriptionFilter } from './subscription-filter.ts';
import { postEvents, validateEndpoint } from './webhook.ts';

/** Events that fall due within this much stack time may travel together. */
const batchWindowMs = 1000;
const batchMax = 5;
const duplicateShare = 0.1;
const shuffledShare = 0.2;
/** A second copy comes up to this much later. */
const duplicateDelayMs = 3000;

export interface EventGridOptions {
  /** The app's webhook. Without one, events are kept until `setTarget`. */
  readonly url?: string | undefined;
  readonly filter?: SubscriptionFilter;
}

export interface RunningEventGrid {
  /** Takes an event; those that the subscription's filter does not let through are dropped. */
  publish(event: EventGridEvent): void;
  /**
   * Posts the handshake and makes it the target when the endpoint passes; tried again before the first delivery if not.
   */
  setTarget(url: string): Promise<void>;
  /** True when no request is under way; what waits for its time is with the scheduler. */
  isIdle(): boolean;
  deadLetters(): readonly DeadLetter[];
  flush(): void;
  reset(): void;
  stop(): void;
}

/** Starts delivering: at least once, sometimes twice, in batches, not always in order. Goes on with what was kept. */
export function startEventGrid(host: ServiceHost, options: EventGridOptions): RunningEventGrid {
  const eventGrid = new EventGrid(host, openEventGridState(host.directory), options);
  eventGrid.resume();
  return eventGrid;
}

class EventGrid implements RunningEventGrid {
  readonly #host: ServiceHost;
  readonly #file: StateFile<EventGridState>;
  readonly #filter: SubscriptionFilter;
  #url: string | undefined;
  #active = 0;
  #stopped = false;
  readonly #inFlight = new Set<string>();

  constructor(host: ServiceHost, file: StateFile<EventGridState>, options: EventGridOptions) {
    this.#host = host;
    this.#file = file;
    this.#filter = options.filter ?? gatewayChanges;
    this.#url = options.url;
  }

  resume(): void {
    if (this.#url !== undefined) void this.setTarget(this.#url);
    for (const delivery of this.#state.pending) this.#schedule(delivery.dueMs);
  }

  publish(event: EventGridEvent): void {
    if (!passesFilter(this.#filter, event)) return;
    const nowMs = this.#host.clock.nowMs();
    this.#enqueue(event, nowMs + this.#draw() * batchWindowMs);
    if (this.#draw() < duplicateShare) this.#enqueue(event, nowMs + this.#draw() * duplicateDelayMs);
    this.#file.save();
  }

  async setTarget(url: string): Promise<void> {
    this.#url = url;
    await this.#track(() => this.#isValidated(url));
    if (!this.#stopped) for (const delivery of this.#state.pending) this.#schedule(delivery.dueMs);
  }

  isIdle(): boolean {
    return this.#active === 0;
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#state.deadLetters;
  }

  flush(): void {
    this.#file.flush();
  }

  reset(): void {
    this.#state.pending = [];
    this.#state.deadLetters = [];
    this.#file.save();
  }

  stop(): void {
    this.#stopped = true;
  }

  get #state(): EventGridState {
    return this.#file.value;
  }

  #enqueue(event: EventGridEvent, dueMs: number): void {
    const publishedAtMs = this.#host.clock.nowMs();
    this.#state.pending.push({ key: randomUUID(), event, publishedAtMs, dueMs: Math.ceil(dueMs), attempts: 0 });
    this.#schedule(Math.ceil(dueMs));
  }

  #schedule(dueMs: number): void {
    this.#host.scheduler.at(dueMs, () => this.#track(() => this.#deliverDue()));
  }

  async #track(work: () => Promise<unknown>): Promise<void> {
    this.#active += 1;
    try {
      await work();
    } finally {
      this.#active -= 1;
    }
  }

  async #deliverDue(): Promise<void> {
    const url = this.#url;
    const batch = url === undefined || this.#stopped ? [] : this.#takeBatch();
    if (url === undefined || batch.length === 0) return;
    const answer = (await this.#isValidated(url))
      ? await postEvents(url, this.#maybeShuffled(batch), this.#headers(batch))
      : { status: 0, text: 'The endpoint did not pass the validation handshake.' };
    for (const delivery of batch) this.#settle(delivery, answer.status, answer.text);
    this.#file.save();
  }

  /** What is due, and what will be within a second when randomness puts it in the same batch. */
  #takeBatch(): PendingDelivery[] {
    const nowMs = this.#host.clock.nowMs();
    const size = 1 + Math.floor(this.#draw() * batchMax);
    const free = this.#state.pending.filter(({ key }) => !this.#inFlight.has(key));
    if (!free.some(({ dueMs }) => dueMs <= nowMs)) return [];
    const batch = free
      .filter(({ dueMs }) => dueMs <= nowMs + batchWindowMs)
      .sort((a, b) => a.dueMs - b.dueMs)
      .slice(0, size);
    for (const { key } of batch) this.#inFlight.add(key);
    // What did not fit gets another turn: its own may be the one that is running now.
    if (free.some((delivery) => delivery.dueMs <= nowMs && !batch.includes(delivery))) this.#schedule(nowMs);
    return batch;
  }

  #maybeShuffled(batch: readonly PendingDelivery[]): EventGridEvent[] {
    const events = batch.map(({ event }) => event);
    return this.#draw() < shuffledShare ? events.toReversed() : events;
  }

  #headers(batch: readonly PendingDelivery[]): Record<string, string> {
    const attempts = Math.max(...batch.map((delivery) => delivery.attempts));
    return {
      'aeg-event-type': 'Notification',
      'aeg-delivery-count': String(attempts),
      'aeg-data-version': '2',
      'aeg-metadata-version': '1',
    };
  }

  #settle(delivery: PendingDelivery, status: number, text: string): void {
    this.#inFlight.delete(delivery.key);
    delivery.attempts += 1;
    const ageMs = this.#host.clock.nowMs() - delivery.publishedAtMs;
    const verdict = verdictOn({ status, attempts: delivery.attempts, ageMs });
    if (verdict === 'retry') {
      delivery.dueMs = Math.ceil(this.#host.clock.nowMs() + retryDelayMs(delivery.attempts, this.#host.speed));
      this.#schedule(delivery.dueMs);
      return;
    }
    this.#state.pending = this.#state.pending.filter(({ key }) => key !== delivery.key);
    if (verdict === 'delivered') return;
    this.#state.deadLetters.push({
      event: delivery.event,
      reason: `${verdict}: ${status} ${text.slice(0, 200)}`,
      attempts: delivery.attempts,
      at: this.#host.clock.now().toISOString(),
    });
  }

  async #isValidated(url: string): Promise<boolean> {
    if (this.#state.validatedUrl === url) return true;
    const topic = `/subscriptions/${this.#host.subscriptionId}`;
    if (!(await validateEndpoint(url, topic, this.#host.clock.now()))) return false;
    this.#state.validatedUrl = url;
    this.#file.save();
    return true;
  }

  #draw(): number {
    this.#state.draws += 1;
    return new SeededRandom(`event grid ${this.#state.draws}`).next();
  }
}
