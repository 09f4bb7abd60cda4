import { isOperationEnd, type OperationStep, type OperationView } from '../../domain/operation.ts';
import type { OperationKind } from '../../domain/operation-kinds.ts';
import type { Log } from '../../ports/log.ts';
import type { Tables } from '../../ports/tables.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { createRetentionDues } from '../../stores/retention-dues.ts';
import { createStore } from '../../stores/store.ts';
import type { Unfinished, UnfinishedThing } from '../../stores/unfinished.ts';
import { type ChangeOperation } from './change-operation.ts';
import { listOperations, type OperationPage, type OperationQuery } from './list-operations.ts';
import { createOperationEnds, type OperationEnds, unfinishedOperation } from './operation-ends.ts';
import { createOperationIndex } from './operation-index.ts';
import {
  joinedResult,
  type NewStep,
  newStep,
  operationKeys,
  operationKind,
  type OperationRecord,
  type StepChange,
  toOperationView,
  withNextAttempt,
  withStep,
} from './operation-record.ts';
import { createOperationWaits, type OperationWaits } from './operation-waits.ts';

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

/**
 * The record of every long operation: the truth that callers, orchestrations and sweeps share. Every call may be made
 * twice, late or by two processes at once; the first end state wins.
 */
export interface Operations extends OperationEnds, OperationWaits {
  /** Answers the record of that id: the new one, or the one that an earlier run of the same request made. */
  create(operation: NewOperation): Promise<OperationRecord>;
  /**
   * Takes back an operation that was refused before anything of it was begun, as if nobody had asked. One that is under
   * way, or has ended, stays.
   */
  withdraw(id: string): Promise<void>;
  get(id: string): Promise<OperationRecord | undefined>;
  view(id: string): Promise<OperationView | undefined>;
  list(query: OperationQuery): Promise<OperationPage>;
  setStep(id: string, name: string, change: StepChange): Promise<void>;
  /** Adds the steps that are not there yet, at the end. */
  addSteps(id: string, steps: readonly NewStep[]): Promise<void>;
  /**
   * Says what the operation has brought so far. Fields said again replace their earlier ones; its end keeps the others.
   */
  addResult(id: string, result: Readonly<Record<string, unknown>>): Promise<void>;
  /** False when the operation has ended already, or is not there. */
  requestCancel(id: string): Promise<boolean>;
  isCancelRequested(id: string): Promise<boolean>;
  /**
   * Opens the next attempt after attempt `after` and answers its number. Called twice it counts once. Undefined when
   * the operation is not there or has succeeded.
   */
  nextAttempt(id: string, after: number): Promise<number | undefined>;
  /**
   * For the sweep: writes what a crash left out after a record (indexes, the closing event) and answers the open ids.
   * `noted` are the unfinished operations, where those have been read already.
   */
  repair(noted?: readonly UnfinishedThing[]): Promise<readonly string[]>;
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

/** How long a note of an operation without a record is kept: its request may still be on the way. */
const orphanNoteMs = 60 * 60 * 1000;

export function createOperations(options: OperationsOptions): Operations {
  const { tables, now, unfinished, outbox, usualTimeDivisor = 1 } = options;
  const index = createOperationIndex(tables);
  const store = createStore(tables, operationKind);
  const dues = createRetentionDues({ tables });
  const at = (): string => now().toISOString();
  const toStep = (step: NewStep): OperationStep => newStep(step, usualTimeDivisor);

  async function get(id: string): Promise<OperationRecord | undefined> {
    return (await store.get(operationKeys(id)))?.record;
  }

  const change: ChangeOperation = (id, changed) => store.update(operationKeys(id), changed);
  const { close, ...ends } = createOperationEnds({ change, ...options, dues });
  const { tellExpiring, ...waits } = createOperationWaits({ change, outbox, now });

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
    await unfinished.add(unfinishedOperation, record.id);
    if (await store.insert(record)) {
      await index.put(record);
      return record;
    }
    const earlier = (await get(record.id)) ?? record;
    await index.put(earlier);
    if (isOperationEnd(earlier.status)) await close(earlier);
    return earlier;
  }

  async function withdraw(id: string): Promise<void> {
    const stored = await store.get(operationKeys(id));
    if (stored?.record.status !== 'pending') return;
    await index.remove(stored.record);
    // The note last: by it a sweep lists again what was begun after all, or drops what is gone.
    if (await store.remove(stored.record, stored.etag)) await unfinished.done(unfinishedOperation, id);
  }

  async function nextAttempt(id: string, after: number): Promise<number | undefined> {
    const record = await get(id);
    if (record === undefined || record.status === 'succeeded') return undefined;
    await unfinished.add(unfinishedOperation, id);
    const opened = await change(id, (current) =>
      current.attempt === after && current.status !== 'succeeded' ? withNextAttempt(current, now()) : undefined,
    );
    return opened?.status === 'succeeded' ? undefined : opened?.attempt;
  }

  async function openIds(): Promise<readonly string[]> {
    return (await unfinished.list(unfinishedOperation)).map(({ id }) => id);
  }

  async function repair(noted?: readonly UnfinishedThing[]): Promise<readonly string[]> {
    const open: string[] = [];
    for (const thing of noted ?? (await unfinished.list(unfinishedOperation))) {
      const { id, since } = thing;
      const record = await get(id);
      if (record === undefined) {
        if (now().getTime() - Date.parse(since) > orphanNoteMs) await unfinished.drop(thing);
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
    withdraw,
    get,
    nextAttempt,
    repair,
    ...ends,
    ...waits,
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
