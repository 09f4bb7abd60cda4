import type { Log } from '../core/types.ts';
import type { LoadGauge } from '../load-gauge.ts';
import { hasWaitingMessages } from './episode.ts';
import type { RuntimeStatus } from './history.ts';
import { isTerminal } from './history.ts';
import type { InstanceStore } from './instance-store.ts';
import { StaleState } from './instance-store.ts';
import type { Commit, InstanceRecord, InstanceState, Message, Outgoing, Stored } from './records.ts';

export interface ActorOptions {
  readonly store: InstanceStore;
  readonly gauge: LoadGauge;
  readonly log: Log;
  readonly nextInboxKey: (after?: string) => string;
  readonly runEpisode: (state: InstanceState) => Promise<Commit>;
  /** Whether the instance is left for a host of another version: its messages are kept, none of its turns is run. */
  readonly isRejected: (record: InstanceRecord) => boolean;
  /** Told of all work that the instance owes, after it is committed; the same work may be told several times. */
  readonly onOwed: (actor: InstanceActor, owed: readonly Stored<Outgoing>[]) => void;
  /** Told when nothing is left to do for the instance. */
  readonly onSettled: (actor: InstanceActor) => void;
  readonly isStopping: () => boolean;
}

export type Delivery = 'delivered' | 'absent' | 'finished' | 'repeated';

interface WaitingDelivery {
  readonly message: Message | undefined;
  readonly completes: string | undefined;
  readonly resolve: (delivery: Delivery) => void;
  readonly reject: (error: unknown) => void;
}

export type Creation =
  { readonly outcome: 'created' | 'repeated' } | { readonly outcome: 'exists'; readonly status: RuntimeStatus };

const retryDelayMs = 500;

/** All that is written for one instance passes here, one thing after the other. */
export class InstanceActor {
  readonly instanceId: string;
  private readonly options: ActorOptions;
  private state: InstanceState | undefined;
  private waiting: WaitingDelivery[] = [];
  private tail: Promise<unknown> = Promise.resolve();
  /** Jobs begun and waiting, the present one included. */
  jobCount = 0;

  constructor(instanceId: string, options: ActorOptions) {
    this.instanceId = instanceId;
    this.options = options;
  }

  /** Finds what is left to do after a start of the runtime, and goes on with it. */
  async resume(): Promise<void> {
    // One instance that cannot be read must not keep the others from going on.
    await this.exclusive(() => this.workOn()).catch((error: unknown) => {
      this.retryLater(error);
    });
  }

  /**
   * Begins an execution, unless one is there that may not be replaced. A start that took place before changes nothing.
   */
  async create(record: InstanceRecord, starts: readonly Message[], replaceRunning: boolean): Promise<Creation> {
    const creation = await this.exclusive((): Creation => {
      const existing = this.load();
      if (existing?.record.startId === record.startId) {
        return { outcome: 'repeated' };
      }
      if (existing !== undefined && !isTerminal(existing.record.status) && !replaceRunning) {
        return { outcome: 'exists', status: existing.record.status };
      }
      // Whatever was sent to an earlier execution of this id must not reach the new one.
      const fresh = { ...record, consumedKey: this.options.nextInboxKey(lastInboxKey(existing)) };
      const messages = this.keyed(starts, fresh.consumedKey);
      this.state = this.options.store.create(fresh, messages, existing);
      return { outcome: 'created' };
    });
    this.proceed();
    return creation;
  }

  /**
   * Adds a message and takes away the outgoing work that it completes. Resolves when that is stored; the turn that it
   * leads to follows by itself.
   */
  async deliver(message: Message | undefined, completes?: string): Promise<Delivery> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ message, completes, resolve, reject });
      if (this.waiting.length === 1) {
        this.proceed();
      }
    });
  }

  /** Deletes a finished instance. */
  async purge(): Promise<'purged' | 'absent' | 'running'> {
    return this.exclusive(() => {
      const existing = this.load();
      if (existing === undefined) {
        return 'absent';
      }
      if (!isTerminal(existing.record.status)) {
        return 'running';
      }
      this.options.store.purge(this.instanceId);
      this.state = undefined;
      return 'purged';
    });
  }

  async read(): Promise<InstanceState | undefined> {
    return this.exclusive(() => this.load());
  }

  private proceed(): void {
    void this.exclusive(() => this.workOn()).catch((error: unknown) => {
      this.retryLater(error);
    });
  }

  /** Storage may be away for a moment; nothing is lost by trying again from what is stored. */
  private retryLater(error: unknown): void {
    this.state = undefined;
    if (this.options.isStopping()) {
      return;
    }
    if (!(error instanceof StaleState)) {
      this.options.log('error', 'durable', `${this.instanceId}: ${String(error)}; trying again.`);
    }
    const end = this.options.gauge.begin();
    setTimeout(() => {
      end();
      this.proceed();
    }, retryDelayMs);
  }

  private async workOn(): Promise<void> {
    do {
      this.flush();
      await this.takeTurn();
    } while (this.hasMore());
    this.settleIfDone();
  }

  private hasMore(): boolean {
    const isTurnDue = this.state !== undefined && this.hasTurn(this.state) && !this.options.isStopping();
    return this.waiting.length > 0 || isTurnDue;
  }

  private async takeTurn(): Promise<void> {
    const state = this.load();
    if (state === undefined || this.options.isStopping()) {
      return;
    }
    if (this.hasTurn(state)) {
      this.state = this.options.store.commit(await this.options.runEpisode(state));
    } else if (hasWaitingMessages(state)) {
      // The extension says nothing of it.
      const { version } = state.record;
      this.options.log('warning', 'durable', `${this.instanceId}: its version ${version} waits for another host.`);
    }
    this.options.onOwed(this, (this.state ?? state).outgoing);
  }

  private hasTurn(state: InstanceState): boolean {
    return hasWaitingMessages(state) && !this.options.isRejected(state.record);
  }

  private flush(): void {
    const batch = this.waiting.splice(0);
    if (batch.length === 0) {
      return;
    }
    try {
      this.store(batch);
    } catch (error: unknown) {
      this.state = undefined;
      for (const { reject } of batch) {
        reject(error);
      }
      throw error;
    }
  }

  private store(batch: readonly WaitingDelivery[]): void {
    const state = this.load();
    const open = new Set(state?.outgoing.map(({ key }) => key));
    const taken: WaitingDelivery[] = [];
    const settled: (() => void)[] = [];
    for (const delivery of batch) {
      const verdict = judge(state, open, delivery);
      if (verdict === 'delivered') {
        taken.push(delivery);
      }
      settled.push(() => {
        delivery.resolve(verdict);
      });
    }
    if (state !== undefined && taken.length > 0) {
      this.write(state, taken);
    }
    for (const settle of settled) {
      settle();
    }
  }

  private write(state: InstanceState, taken: readonly WaitingDelivery[]): void {
    const messages = isTerminal(state.record.status)
      ? []
      : taken.flatMap(({ message }) => (message === undefined ? [] : [message]));
    const stored = this.keyed(messages, lastInboxKey(state));
    const completed = taken.flatMap(({ completes }) => (completes === undefined ? [] : [completes]));
    this.state = this.options.store.deliver(state, stored, completed);
  }

  private keyed(messages: readonly Message[], after: string): readonly Stored<Message>[] {
    return messages.map((value) => ({ key: this.options.nextInboxKey(after), value }));
  }

  private settleIfDone(): void {
    const { state } = this;
    const isOver = state === undefined || (isTerminal(state.record.status) && state.outgoing.length === 0);
    if (!isOver || this.waiting.length > 0 || this.options.isStopping()) {
      return;
    }
    this.options.onSettled(this);
  }

  private load(): InstanceState | undefined {
    this.state ??= this.options.store.load(this.instanceId);
    return this.state;
  }

  private async exclusive<T>(job: () => T | Promise<T>): Promise<T> {
    this.jobCount += 1;
    const end = this.options.gauge.begin();
    const run = this.tail.then(job);
    this.tail = run.catch(() => undefined);
    try {
      return await run;
    } catch (error: unknown) {
      if (error instanceof StaleState) {
        this.state = undefined;
      }
      throw error;
    } finally {
      end();
      this.jobCount -= 1;
    }
  }
}

function lastInboxKey(state: InstanceState | undefined): string {
  return state?.inbox.at(-1)?.key ?? state?.record.consumedKey ?? '';
}

function judge(state: InstanceState | undefined, open: Set<string>, { message, completes }: WaitingDelivery): Delivery {
  if (state === undefined) {
    return 'absent';
  }
  if (completes !== undefined) {
    // Its completion was recorded before, or the instance has ended: at least once becomes once here.
    return open.delete(completes) ? 'delivered' : 'repeated';
  }
  const { status, executionId } = state.record;
  const isForAnother = message?.executionId !== undefined && message.executionId !== executionId;
  return isTerminal(status) || isForAnother ? 'finished' : 'delivered';
}
