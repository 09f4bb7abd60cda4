import type { AlarmClock } from '../alarm-clock.ts';
import type { StackClock } from '../clock.ts';
import type { Log } from '../core/types.ts';
import type { LoadGauge } from '../load-gauge.ts';
import type { ActivityRunner } from './activity-runner.ts';
import type { EpisodeOptions } from './episode.ts';
import { newExecutionId, runEpisode } from './episode.ts';
import type { RuntimeStatus, TimerFired } from './history.ts';
import { isTerminal, unplayed } from './history.ts';
import type { ActorOptions, Creation, Delivery } from './instance-actor.ts';
import { InstanceActor } from './instance-actor.ts';
import type { InstanceStore } from './instance-store.ts';
import { createInboxKeys, executionOfOutgoing } from './keys.ts';
import type { Quirks } from './quirks.ts';
import type {
  ChildStart,
  DeliveredEvent,
  InstanceRecord,
  InstanceState,
  Message,
  Outgoing,
  Parent,
  Stored,
} from './records.ts';
import { judgeVersion } from './versioning.ts';

export interface TaskHubOptions {
  readonly store: InstanceStore;
  readonly clock: StackClock;
  readonly alarms: AlarmClock;
  readonly gauge: LoadGauge;
  readonly activities: ActivityRunner;
  readonly quirks: Quirks;
  readonly episode: EpisodeOptions;
  readonly log: Log;
}

export interface StartRequest {
  readonly name: string;
  readonly instanceId: string;
  readonly input: string | null;
  /** The hub's default version when the caller names none. */
  readonly version: string | undefined;
  /** The trace that the instance and its work belong to. */
  readonly traceParent: string | undefined;
  readonly replaceRunning: boolean;
}

/** Work that an instance owes, under the key of its row and the handle that this process knows it by. */
interface Owed {
  readonly instanceId: string;
  readonly key: string;
  readonly handle: string;
}

const retryDelayMs = 500;

/**
 * The orchestrations of one hub: takes starts and messages, runs turns, and sees to it that what they owe gets done.
 */
export class TaskHub {
  private readonly options: TaskHubOptions;
  private readonly actorOptions: ActorOptions;
  private readonly actors = new Map<string, InstanceActor>();
  /** Work that this process is seeing to; told again, it is not begun again. */
  private readonly inHand = new Set<string>();
  private readonly timers = new Map<string, ReadonlySet<string>>();
  private stopping = false;

  constructor(options: TaskHubOptions) {
    this.options = options;
    this.actorOptions = {
      store: options.store,
      gauge: options.gauge,
      log: options.log,
      nextInboxKey: createInboxKeys(() => options.clock.now()),
      runEpisode: (state) => runEpisode(state, options.episode),
      isRejected: ({ status, version }) =>
        !isTerminal(status) && judgeVersion(version, options.episode.versioning) === 'reject',
      onOwed: (actor, owed) => {
        this.seeTo(actor, owed);
      },
      onSettled: (actor) => {
        this.forget(actor);
      },
      isStopping: () => this.stopping,
    };
  }

  /** Finds every unfinished instance and goes on with it. */
  async resume(): Promise<void> {
    await Promise.all(this.options.store.listUnfinished().map((id) => this.actorOf(id).resume()));
  }

  /** Begins no more turns and no more activities. */
  stop(): void {
    this.stopping = true;
    this.options.activities.stop();
  }

  async start(request: StartRequest): Promise<Creation> {
    const { name, instanceId, input, traceParent, replaceRunning } = request;
    const version = request.version ?? this.options.episode.versioning.defaultVersion;
    const record = this.newRecord(
      { instanceId, executionId: newExecutionId(), name, version, input, traceParent },
      null,
    );
    const starts = this.options.quirks.repeatsDelivery() ? [startMessage, startMessage] : [startMessage];
    return this.actorOf(instanceId).create(record, starts, replaceRunning);
  }

  async raiseEvent(instanceId: string, name: string, input: string): Promise<Delivery> {
    const event = { EventType: 15, Name: name, Input: input, ParentTraceContext: null } as const;
    const message: Message = { event: { ...event, ...unplayed(this.options.clock.iso()) } };
    const delivery = await this.send(instanceId, message);
    if (delivery === 'delivered' && this.options.quirks.repeatsDelivery()) {
      await this.send(instanceId, message);
    }
    return delivery;
  }

  async terminate(instanceId: string, reason: string): Promise<Delivery> {
    return this.send(instanceId, { event: { EventType: 3, Input: reason, ...unplayed(this.options.clock.iso()) } });
  }

  async purge(instanceId: string): Promise<'purged' | 'absent' | 'running'> {
    const actor = this.actorOf(instanceId);
    const outcome = await actor.purge();
    this.forget(actor);
    return outcome;
  }

  readRecord(instanceId: string): InstanceRecord | undefined {
    return this.options.store.readRecord(instanceId);
  }

  readState(instanceId: string): InstanceState | undefined {
    return this.options.store.load(instanceId);
  }

  listRecords(): readonly InstanceRecord[] {
    return this.options.store.listRecords();
  }

  private async send(instanceId: string, message: Message): Promise<Delivery> {
    // A finished instance is not brought back to memory only to refuse.
    if (!this.actors.has(instanceId)) {
      const record = this.options.store.readRecord(instanceId);
      if (record === undefined || isTerminal(record.status)) {
        return record === undefined ? 'absent' : 'finished';
      }
    }
    return this.actorOf(instanceId).deliver(message);
  }

  private actorOf(instanceId: string): InstanceActor {
    const known = this.actors.get(instanceId);
    if (known !== undefined) {
      return known;
    }
    const actor = new InstanceActor(instanceId, this.actorOptions);
    this.actors.set(instanceId, actor);
    return actor;
  }

  private forget(actor: InstanceActor): void {
    // The actor itself is still in its last job when it says that it has settled; anything more means new work.
    if (actor.jobCount <= 1 && this.actors.get(actor.instanceId) === actor) {
      this.actors.delete(actor.instanceId);
    }
  }

  private seeTo({ instanceId }: InstanceActor, owed: readonly Stored<Outgoing>[]): void {
    this.clearTimers(instanceId, owed);
    for (const { key, value } of owed) {
      const handle = handleOf(instanceId, key);
      if (!this.inHand.has(handle)) {
        this.inHand.add(handle);
        this.begin({ instanceId, key, handle }, value);
      }
    }
  }

  /** A timer that is no longer owed was canceled, or its instance has ended. */
  private clearTimers(instanceId: string, owed: readonly Stored<Outgoing>[]): void {
    const wanted = new Set(
      owed.filter(({ value }) => value.kind === 'timer').map(({ key }) => handleOf(instanceId, key)),
    );
    for (const handle of this.timers.get(instanceId) ?? []) {
      if (!wanted.has(handle)) {
        this.options.alarms.clear(handle);
        this.inHand.delete(handle);
      }
    }
    if (wanted.size === 0) {
      this.timers.delete(instanceId);
    } else {
      this.timers.set(instanceId, wanted);
    }
  }

  private begin(owed: Owed, work: Outgoing): void {
    const { instanceId, key, handle } = owed;
    switch (work.kind) {
      case 'activity':
        this.beginActivity(owed, work);
        return;
      case 'timer':
        this.options.alarms.set(handle, Date.parse(work.fireAt) - this.options.quirks.timerLeadMs(), () => {
          const fired = toTimerFired(work, this.options.clock.iso());
          this.persist(handle, () => this.complete(instanceId, key, fired));
        });
        return;
      case 'start':
        this.persist(handle, async () => {
          await this.startChild(work.child);
          return this.complete(instanceId, key, undefined);
        });
        return;
      case 'report':
        this.persist(handle, async () => {
          await this.send(work.parent.instanceId, { executionId: work.parent.executionId, event: work.event });
          return this.complete(instanceId, key, undefined);
        });
    }
  }

  private beginActivity({ instanceId, key, handle }: Owed, work: Outgoing & { kind: 'activity' }): void {
    this.options.activities.enqueue({
      instanceId,
      taskId: work.id,
      name: work.name,
      input: work.input,
      traceParent: work.traceParent,
      complete: async (event) => this.untilStored(handle, () => this.complete(instanceId, key, event)),
    });
  }

  /** Takes work off an instance's list and gives the instance the event that came of it, if any. */
  private async complete(instanceId: string, key: string, event: DeliveredEvent | undefined): Promise<Delivery> {
    const message = event === undefined ? undefined : { executionId: executionOfOutgoing(key), event };
    return this.actorOf(instanceId).deliver(message, key);
  }

  private persist(handle: string, deliver: () => Promise<Delivery>): void {
    void this.options.gauge.track(() => this.untilStored(handle, deliver));
  }

  /** A delivery is tried until it is stored: storage may be away for a moment, and nobody else would do it. */
  private async untilStored(handle: string, deliver: () => Promise<Delivery>): Promise<void> {
    for (;;) {
      try {
        await deliver();
        this.inHand.delete(handle);
        return;
      } catch (error: unknown) {
        if (this.stopping) {
          return;
        }
        this.options.log('error', 'durable', `${handle}: ${String(error)}; trying again.`);
        await new Promise((resolve) => setTimeout(resolve, retryDelayMs));
      }
    }
  }

  private async startChild(child: ChildStart): Promise<void> {
    const record = this.newRecord(child, child.parent);
    const creation = await this.actorOf(child.instanceId).create(record, [startMessage], false);
    if (creation.outcome === 'exists') {
      await this.refuseChild(child, creation.status);
    }
  }

  private async refuseChild({ parent, instanceId }: ChildStart, status: RuntimeStatus): Promise<void> {
    const Reason = `An Orchestration instance with the status ${status} already exists.`;
    const failure = {
      Reason,
      Details: `Instance id: ${instanceId}`,
      FailureDetails: null,
      TaskScheduledId: parent.taskId,
    };
    const event = { EventType: 9, ...failure, ...unplayed(this.options.clock.iso()) } as const;
    await this.send(parent.instanceId, { executionId: parent.executionId, event });
  }

  private newRecord(
    start: Pick<InstanceRecord, 'instanceId' | 'executionId' | 'name' | 'version' | 'input' | 'traceParent'>,
    parent: Parent | null,
  ): InstanceRecord {
    const now = this.options.clock.iso();
    const { instanceId, executionId, name, version, input, traceParent } = start;
    return {
      ...{ instanceId, executionId, startId: executionId, name, version, input, parent, traceParent },
      status: 'Pending',
      createdAt: now,
      updatedAt: now,
      output: null,
      details: null,
      failureDetails: null,
      customStatus: null,
      consumedKey: '',
      carried: [],
      isContinued: false,
    };
  }
}

function handleOf(instanceId: string, key: string): string {
  return `${instanceId}|${key}`;
}

const startMessage: Message = { event: { EventType: 0 } };

function toTimerFired({ id, fireAt }: Outgoing & { kind: 'timer' }, timestamp: string): TimerFired {
  return { EventType: 11, TimerId: id, FireAt: fireAt, ...unplayed(timestamp) };
}
