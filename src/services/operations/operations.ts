import { dayMs } from '../../domain/days.ts';
import {
  isOperationEnd,
  isStepEnd,
  type OperationEnd,
  type OperationProblem,
  type OperationStep,
  type OperationView,
  type OperationWait,
  type WaitingFor,
} from '../../domain/operation.ts';
import type { OperationKind } from '../../domain/operation-kinds.ts';
import type { Log } from '../../ports/log.ts';
import type { Tables } from '../../ports/tables.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { createRetentionDues } from '../../stores/retention-dues.ts';
import { createStore } from '../../stores/store.ts';
import type { Unfinished } from '../../stores/unfinished.ts';
import { listOperations, type OperationPage, type OperationQuery } from './list-operations.ts';
import { askedEvent, endedEvent, expiringEvent, openApprovals } from './operation-events.ts';
import { createOperationIndex } from './operation-index.ts';
import {
  boundedProblem,
  joinedResult,
  type NewStep,
  newStep,
  openWaits,
  operationKeys,
  operationKind,
  type OperationRecord,
  sameQuestion,
  type StepChange,
  toOperationView,
  withEnd,
  withExpiryNotified,
  withNextAttempt,
  withStep,
  withWaiting,
} from './operation-record.ts';

export interface NewOperation {
  /** `op-` and 32 hexadecimal digits. */
  readonly id: string;
  readonly kind: OperationKind;
  /** What it works on, as the caller knows it. */
  readonly target: string;
  /** What lists find it by: a resource id or a Gatehouse id; letter case does not count. */
  readonly targetKey: string;
  readonly requestedBy: string;
  readonly steps: readonly NewStep[];
  /** JSON that the server needs to go on, resume or remove. No secrets. */
  readonly context?: unknown;
}

interface NewWait {
  readonly kind: OperationWait['kind'];
  readonly detail: string;
  readonly until?: string;
  readonly instanceId?: string;
  readonly eventName?: string;
}

interface Decision {
  readonly name: string;
  readonly decision: 'approved' | 'rejected';
  readonly by: string;
  readonly comment?: string | undefined;
}

export interface DecidedWait {
  readonly name: string;
  readonly instanceId?: string | undefined;
  readonly eventName?: string | undefined;
}

interface OperationEnding {
  readonly status: OperationEnd;
  readonly result?: unknown;
  readonly problem?: OperationProblem;
}

/**
 * The record of every long operation: the truth that callers, orchestrations and sweeps share. Every call may be made
 * twice, late or by two processes at once; the first end state wins.
 */
export interface Operations {
  /** Answers the record of that id: the new one, or the one that an earlier run of the same request made. */
  create(operation: NewOperation): Promise<OperationRecord>;
  get(id: string): Promise<OperationRecord | undefined>;
  view(id: string): Promise<OperationView | undefined>;
  list(query: OperationQuery): Promise<OperationPage>;
  setStep(id: string, name: string, change: StepChange): Promise<void>;
  /** Adds the steps that are not there yet, at the end. */
  addSteps(id: string, steps: readonly NewStep[]): Promise<void>;
  /**
   * Sets a step that a reconciler did and, once every step has ended, ends the operation: succeeded, or failed
   * with the problem of the first step that failed.
   */
  settleStep(id: string, name: string, change: StepChange & { readonly problem?: OperationProblem }): Promise<void>;
  finish(id: string, ending: OperationEnding): Promise<void>;
  /** Says what the operation has brought so far. Fields said again replace their earlier ones; its end keeps the others. */
  addResult(id: string, result: Readonly<Record<string, unknown>>): Promise<void>;
  /** Says what is being waited for; undefined when the wait is over. `since` stays while the kind of wait does. */
  setWaiting(id: string, waitingFor: Omit<WaitingFor, 'since'> | undefined): Promise<void>;
  /**
   * Says what people are to do or to decide; `since` and a decision stay when it is said again. Answers the decision, if there
   * is one.
   */
  openWait(id: string, name: string, wait: NewWait): Promise<OperationWait['decision']>;
  closeWait(id: string, name: string): Promise<void>;
  /**
   * Decides the approval of that name. Answers where to tell; undefined when there is no such open approval. The same decision
   * again counts once.
   */
  decide(id: string, decision: Decision): Promise<DecidedWait | undefined>;
  /** False when the operation has ended already, or is not there. */
  requestCancel(id: string): Promise<boolean>;
  isCancelRequested(id: string): Promise<boolean>;
  /**
   * Opens the next attempt after attempt `after` and answers its number. Called twice it counts once. Undefined when the
   * operation is not there or has succeeded.
   */
  nextAttempt(id: string, after: number): Promise<number | undefined>;
  /** For the sweep: writes what a crash left out after a record (indexes, the closing event) and answers the open ids. */
  repair(): Promise<readonly string[]>;
}

export interface OperationsOptions {
  readonly tables: Tables;
  readonly now: () => Date;
  readonly unfinished: Unfinished;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly log: Log;
  /** How many times faster than usual the surroundings are: 1 if not given. */
  readonly usualTimeDivisor?: number;
  /** Days from the end. */
  readonly keptDays: number;
}

const unfinishedKind = 'operation';
/** How long a note of an operation without a record is kept: its request may still be on the way. */
const orphanNoteMs = 60 * 60 * 1000;

export function createOperations(options: OperationsOptions): Operations {
  const { tables, now, unfinished, outbox, log, usualTimeDivisor = 1, keptDays } = options;
  const index = createOperationIndex(tables);
  const store = createStore(tables, operationKind);
  const dues = createRetentionDues({ tables });
  const at = (): string => now().toISOString();
  const toStep = (step: NewStep): OperationStep => newStep(step, usualTimeDivisor);

  async function get(id: string): Promise<OperationRecord | undefined> {
    return (await store.get(operationKeys(id)))?.record;
  }

  async function change(
    id: string,
    changed: (record: OperationRecord) => OperationRecord | undefined,
  ): Promise<OperationRecord | undefined> {
    return store.update(operationKeys(id), changed);
  }

  async function create(operation: NewOperation): Promise<OperationRecord> {
    const record: OperationRecord = {
      ...operation,
      targetKey: operation.targetKey.toLowerCase(),
      createdAt: at(),
      updatedAt: at(),
      status: 'pending',
      attempt: 1,
      cancelRequested: false,
      steps: operation.steps.map(toStep),
    };
    // The note comes first: a crash after it leaves a note without a record, which a sweep drops; never an open record
    // that no sweep would find.
    await unfinished.add(unfinishedKind, record.id, { note: record.kind });
    if (await store.insert(record)) {
      await index.put(record);
      return record;
    }
    const earlier = (await get(record.id)) ?? record;
    await index.put(earlier);
    if (isOperationEnd(earlier.status)) await close(earlier);
    return earlier;
  }

  async function finish(id: string, ending: OperationEnding): Promise<void> {
    const end = { isOurs: false };
    const record = await change(id, (open) => {
      end.isOurs = !isOperationEnd(open.status);
      return end.isOurs ? withEnd(open, ending, now()) : undefined;
    });
    if (record === undefined) return;
    if (end.isOurs) tellEnd(record, ending.status);
    if (isOperationEnd(record.status)) await close(record);
  }

  function tellEnd(record: OperationRecord, outcome: OperationEnd): void {
    const { id: operationId, kind, target, problem, createdAt, updatedAt } = record;
    const seconds = (Date.parse(updatedAt) - Date.parse(createdAt)) / 1000;
    const code = problem?.azure?.code ?? problem?.code;
    log({
      event: 'operation.ended',
      outcome,
      operationId,
      kind,
      target,
      seconds,
      ...(code === undefined ? {} : { code }),
    });
  }

  /** What follows an end: the event for whoever listens, the day on which it may go, then the note is removed. Both again after a crash in between. */
  async function close(record: OperationRecord): Promise<void> {
    await outbox.append(endedEvent(record));
    await dues.put('operation', record.id, new Date(now().getTime() + keptDays * dayMs));
    await unfinished.done(unfinishedKind, record.id);
  }

  async function settleStep(
    id: string,
    name: string,
    { problem, ...stepChange }: StepChange & { readonly problem?: OperationProblem },
  ): Promise<void> {
    const record = await change(id, (open) => {
      const stepped = withStep(open, name, stepChange);
      if (stepped === undefined) return undefined;
      return problem === undefined || stepped.problem !== undefined
        ? stepped
        : { ...stepped, problem: boundedProblem(problem) };
    });
    if (record === undefined || isOperationEnd(record.status)) return;
    if (!record.steps.every((step) => isStepEnd(step.status))) return;
    const isFailed = record.problem !== undefined || record.steps.some((step) => step.status === 'failed');
    await finish(id, { status: isFailed ? 'failed' : 'succeeded' });
  }

  async function nextAttempt(id: string, after: number): Promise<number | undefined> {
    const record = await get(id);
    if (record === undefined || record.status === 'succeeded') return undefined;
    await unfinished.add(unfinishedKind, id, { note: record.kind });
    const opened = await change(id, (current) =>
      current.attempt === after && current.status !== 'succeeded' ? withNextAttempt(current, now()) : undefined,
    );
    return opened?.status === 'succeeded' ? undefined : opened?.attempt;
  }

  async function openWait(id: string, name: string, wait: NewWait): Promise<OperationWait['decision']> {
    const record = await change(id, (open) => {
      if (isOperationEnd(open.status)) return undefined;
      const before = open.waits?.[name];
      if (before?.decision !== undefined) return undefined;
      const since = before === undefined || before.isOver === true ? at() : before.since;
      return {
        ...open,
        status: 'running',
        updatedAt: at(),
        waits: { ...open.waits, [name]: { ...wait, since, ...sameQuestion(before, since) } },
      };
    });
    const asked = record === undefined ? undefined : openApprovals(record).find((open) => open.name === name);
    // Also when it is said again: a crash may have come before the event, and the outbox takes an id once.
    if (record !== undefined && asked !== undefined) await outbox.append(askedEvent(record, asked));
    return record?.waits?.[name]?.decision;
  }

  async function decide(id: string, { name, decision, by, comment }: Decision): Promise<DecidedWait | undefined> {
    let decided: DecidedWait | undefined;
    await change(id, (open) => {
      const wait = openWaits(open).find((candidate) => candidate.kind === 'approval' && candidate.name === name);
      const again = open.waits?.[name];
      decided = wait ?? (again?.decision === decision ? { name, ...again } : undefined);
      if (wait === undefined) return undefined;
      const { name: key, ...asked } = wait;
      const told = { decision, decidedBy: by, decidedAt: at(), ...(comment === undefined ? {} : { comment }) };
      return { ...open, updatedAt: at(), waits: { ...open.waits, [key]: { ...asked, ...told } } };
    });
    return decided;
  }

  /** The event first, the note of it second: a crash in between appends the same event again, which is nothing. */
  async function tellExpiring(record: OperationRecord): Promise<void> {
    for (const wait of openApprovals(record)) {
      const event = wait.isExpiryNotified === true ? undefined : expiringEvent(record, wait, now());
      if (event === undefined) continue;
      await outbox.append(event);
      await change(record.id, (current) => withExpiryNotified(current, wait));
    }
  }

  async function openIds(): Promise<readonly string[]> {
    return (await unfinished.list(unfinishedKind)).map(({ id }) => id);
  }

  async function repair(): Promise<readonly string[]> {
    const open: string[] = [];
    for (const { id, since } of await unfinished.list(unfinishedKind)) {
      const record = await get(id);
      if (record === undefined) {
        if (now().getTime() - Date.parse(since) > orphanNoteMs) await unfinished.done(unfinishedKind, id);
        continue;
      }
      await index.put(record);
      if (isOperationEnd(record.status)) {
        await close(record);
      } else {
        await tellExpiring(record);
        open.push(id);
      }
    }
    return open;
  }

  return {
    create,
    get,
    finish,
    settleStep,
    nextAttempt,
    openWait,
    decide,
    repair,
    closeWait: async (id, name) => {
      await change(id, (open) => {
        const wait = open.waits?.[name];
        if (wait === undefined || wait.isOver === true) return undefined;
        return { ...open, updatedAt: at(), waits: { ...open.waits, [name]: { ...wait, isOver: true } } };
      });
    },
    view: async (id) => {
      const record = await get(id);
      return record === undefined ? undefined : toOperationView(record, now());
    },
    list: (query) => listOperations({ index, get, now, openIds }, query),
    setStep: async (id, name, stepChange) => {
      await change(id, (record) => withStep(record, name, stepChange));
    },
    addSteps: async (id, steps) => {
      await change(id, (record) => {
        const added = steps.filter(({ name }) => !record.steps.some((step) => step.name === name));
        if (added.length === 0 || isOperationEnd(record.status)) return undefined;
        return { ...record, updatedAt: at(), steps: [...record.steps, ...added.map(toStep)] };
      });
    },
    addResult: async (id, result) => {
      await change(id, (open) => ({ ...open, updatedAt: at(), result: joinedResult(open.result, result) }));
    },
    setWaiting: async (id, waitingFor) => {
      await change(id, (record) => withWaiting(record, waitingFor, at()));
    },
    requestCancel: async (id) => {
      const record = await change(id, (open) =>
        open.cancelRequested || isOperationEnd(open.status)
          ? undefined
          : { ...open, cancelRequested: true, updatedAt: at() },
      );
      return record !== undefined && !isOperationEnd(record.status);
    },
    isCancelRequested: async (id) => (await get(id))?.cancelRequested ?? false,
  };
}
