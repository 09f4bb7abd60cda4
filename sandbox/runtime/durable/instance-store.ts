import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { inTransaction } from '../hub-file.ts';
import type { HistoryEvent } from './history.ts';
import { isTerminal } from './history.ts';
import { outgoingKey } from './keys.ts';
import type { Commit, InstanceRecord, InstanceState, Message, Outgoing, Stored } from './records.ts';
import type { Statements } from './store-statements.ts';
import { createTables, prepareStatements } from './store-statements.ts';

/** Somebody else has written to the instance since it was read: nothing was changed. */
export class StaleState extends Error {
  constructor(instanceId: string) {
    super(`${instanceId} was written by somebody else meanwhile.`);
  }
}

/**
 * One hub's instances in its file: of each the record (whose revision guards every commit), history, inbox (messages
 * not yet consumed) and outgoing work (not yet done). Each call is one transaction, and is stored when it returns.
 */
export class InstanceStore {
  private readonly file: DatabaseSync;
  private readonly statements: Statements;

  constructor(file: DatabaseSync) {
    createTables(file);
    this.file = file;
    this.statements = prepareStatements(file);
  }

  /** Ids of the instances that have something left to do. */
  listUnfinished(): readonly string[] {
    return this.statements.listUnfinished.all().map(({ instance }) => String(instance));
  }

  /** Reads an instance with all that is needed to go on with it; undefined when there is none of this id. */
  load(instanceId: string): InstanceState | undefined {
    const row = this.statements.readRecord.get(instanceId);
    if (row === undefined) {
      return undefined;
    }
    return {
      record: toValue(row) as InstanceRecord,
      revision: Number(row['revision']),
      history: this.statements.readHistory.all(instanceId).map((event) => toValue(event) as HistoryEvent),
      inbox: this.statements.readInbox.all(instanceId).map((message) => toStored<Message>(message)),
      outgoing: this.statements.readOutgoing.all(instanceId).map((work) => toStored<Outgoing>(work)),
    };
  }

  /** Reads the record alone. */
  readRecord(instanceId: string): InstanceRecord | undefined {
    const row = this.statements.readRecord.get(instanceId);
    return row === undefined ? undefined : (toValue(row) as InstanceRecord);
  }

  /** Reads every record of the hub, in the order of their ids, for the lists of the management API. */
  listRecords(): readonly InstanceRecord[] {
    return this.statements.listRecords.all().map((row) => toValue(row) as InstanceRecord);
  }

  /**
   * Writes a new execution over what stood there (if anything), with the messages that start it. Of the old one only
   * the words to other instances that it owes are kept.
   *
   * @throws StaleState
   */
  create(
    record: InstanceRecord,
    messages: readonly Stored<Message>[],
    previous: InstanceState | undefined,
  ): InstanceState {
    const { instanceId } = record;
    const outgoing = (previous?.outgoing ?? []).filter(({ value }) => isForOthers(value));
    return inTransaction(this.file, () => {
      const revision = this.writeRecord(record, previous?.revision);
      this.statements.deleteHistory.run(instanceId);
      this.statements.deleteInbox.run(instanceId);
      for (const { key, value } of previous?.outgoing ?? []) {
        if (!isForOthers(value)) this.statements.deleteWork.run(instanceId, key);
      }
      this.addMessages(instanceId, messages);
      return { record, revision, history: [], inbox: messages, outgoing };
    });
  }

  /**
   * Adds messages to the inbox and takes away the outgoing work they complete.
   *
   * @throws StaleState when some of that work is gone: its completion has been recorded before.
   */
  deliver(state: InstanceState, messages: readonly Stored<Message>[], completed: readonly string[]): InstanceState {
    const { instanceId } = state.record;
    return inTransaction(this.file, () => {
      for (const key of completed) {
        if (this.statements.deleteWork.run(instanceId, key).changes === 0) throw new StaleState(instanceId);
      }
      this.addMessages(instanceId, messages);
      return {
        ...state,
        inbox: [...state.inbox, ...messages],
        outgoing: state.outgoing.filter(({ key }) => !completed.includes(key)),
      };
    });
  }

  /**
   * Commits one turn: history, record, new outgoing work and consumed messages.
   *
   * @throws StaleState
   */
  commit({ previous, record, newEvents, newOutgoing, removedOutgoing }: Commit): InstanceState {
    const { instanceId, executionId } = record;
    const kept = executionId === previous.record.executionId ? previous.history : [];
    const stored = newOutgoing.map((value) => ({ key: outgoingKey(executionId, value), value }));
    return inTransaction(this.file, () => {
      const revision = this.writeRecord(record, previous.revision);
      if (kept !== previous.history) this.statements.deleteHistory.run(instanceId);
      for (const [offset, event] of newEvents.entries()) {
        this.statements.addEvent.run(instanceId, kept.length + offset, JSON.stringify(event));
      }
      for (const { key, value } of stored) this.statements.addWork.run(instanceId, key, JSON.stringify(value));
      for (const { key } of previous.inbox) this.statements.deleteMessage.run(instanceId, key);
      for (const key of removedOutgoing) this.statements.deleteWork.run(instanceId, key);
      return {
        record,
        revision,
        history: [...kept, ...newEvents],
        inbox: [],
        outgoing: [...previous.outgoing.filter(({ key }) => !removedOutgoing.includes(key)), ...stored],
      };
    });
  }

  /** Deletes an instance with all that is its. */
  purge(instanceId: string): void {
    inTransaction(this.file, () => {
      const { deleteRecord, deleteHistory, deleteInbox, deleteOutgoing } = this.statements;
      for (const statement of [deleteRecord, deleteHistory, deleteInbox, deleteOutgoing]) statement.run(instanceId);
    });
  }

  /** Gives the record's new revision; `expected` is the one that it was read with, undefined where there was none. */
  private writeRecord(record: InstanceRecord, expected: number | undefined): number {
    const { instanceId, status } = record;
    const values = [isTerminal(status) ? 1 : 0, JSON.stringify(record), instanceId] as const;
    const { changes } =
      expected === undefined
        ? this.statements.addRecord.run(...values)
        : this.statements.replaceRecord.run(...values, expected);
    if (changes === 0) throw new StaleState(instanceId);
    return (expected ?? 0) + 1;
  }

  private addMessages(instanceId: string, messages: readonly Stored<Message>[]): void {
    for (const { key, value } of messages) this.statements.addMessage.run(instanceId, key, JSON.stringify(value));
  }
}

type Row = Readonly<Record<string, SQLOutputValue>>;

function toValue(row: Row): unknown {
  return JSON.parse(String(row['value'])) as unknown;
}

function toStored<T>(row: Row): Stored<T> {
  return { key: String(row['key']), value: toValue(row) as T };
}

/** Committed words to other instances are owed to them, whatever becomes of the execution that owes them. */
function isForOthers({ kind }: Outgoing): boolean {
  return kind === 'start' || kind === 'report';
}
