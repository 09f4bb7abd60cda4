/** The instance store on its file: what is committed is whole, and a stale writer changes nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { HistoryEvent } from '../../../sandbox/runtime/durable/history.ts';
import { unplayed } from '../../../sandbox/runtime/durable/history.ts';
import { InstanceStore, StaleState } from '../../../sandbox/runtime/durable/instance-store.ts';
import { createInboxKeys } from '../../../sandbox/runtime/durable/keys.ts';
import type {
  Commit,
  InstanceRecord,
  InstanceState,
  Message,
  Outgoing,
} from '../../../sandbox/runtime/durable/records.ts';
import { openHubFile } from '../../../sandbox/runtime/hub-file.ts';

let folder: string;
let file: DatabaseSync;
let store: InstanceStore;
const nextKey = createInboxKeys(Date.now);
const now = '2030-01-01T00:00:00.000Z';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'));
  file = openHubFile(folder, 'Store');
  store = new InstanceStore(file);
});

afterAll(() => {
  file.close();
  rmSync(folder, { recursive: true });
});

function aRecord(changes: Partial<InstanceRecord> = {}): InstanceRecord {
  return {
    instanceId: 'i',
    executionId: 'e1',
    startId: 'e1',
    name: 'operation',
    version: '',
    status: 'Pending',
    createdAt: now,
    updatedAt: now,
    input: null,
    output: null,
    details: null,
    failureDetails: null,
    customStatus: null,
    parent: null,
    consumedKey: '',
    carried: [],
    isContinued: false,
    ...changes,
  };
}

const startMessage: Message = { event: { EventType: 0 } };

function create(instanceId: string): InstanceState {
  return store.create(aRecord({ instanceId }), [{ key: nextKey(), value: startMessage }], undefined);
}

function anEvent(Name: string): HistoryEvent {
  return { EventType: 15, Name, Input: '1', ParentTraceContext: null, ...unplayed(now) };
}

function activities(count: number): readonly Outgoing[] {
  return Array.from({ length: count }, (_, id) => ({ kind: 'activity', id, name: 'a', input: '[1]' }) as const);
}

/** A turn that consumes the inbox and adds events and work. */
function aCommit(
  previous: InstanceState,
  newEvents: readonly HistoryEvent[],
  newOutgoing: readonly Outgoing[] = [],
): Commit {
  const consumedKey = previous.inbox.at(-1)?.key ?? previous.record.consumedKey;
  const record: InstanceRecord = { ...previous.record, status: 'Running', consumedKey };
  return { previous, record, newEvents, newOutgoing, removedOutgoing: [] };
}

describe('sandbox/runtime/durable/instance-store', () => {
  it('gives back what was committed, in its order', () => {
    const created = create('order');
    const first = store.commit(aCommit(created, [anEvent('a'), anEvent('b')], activities(2)));
    const second = store.commit(aCommit(first, [anEvent('c')]));
    const loaded = store.load('order');

    expect(loaded).toEqual(second);
    expect(loaded?.history.map((event) => 'Name' in event && event.Name)).toEqual(['a', 'b', 'c']);
    expect(loaded?.outgoing).toHaveLength(2);
    expect(loaded?.inbox).toEqual([]);
  });

  it('keeps long histories and large values, in Unicode, and deletes them with the instance', () => {
    const large = '😀ü'.repeat(200_000);
    const events = [anEvent(large), ...Array.from({ length: 250 }, (_, index) => anEvent(`e${index}`))];
    const committed = store.commit(aCommit(create('many'), events, activities(120)));

    expect(store.load('many')).toEqual(committed);
    expect(committed.history).toEqual(events);
    store.purge('many');
    expect(store.load('many')).toBeUndefined();
    expect(create('many')).toMatchObject({ history: [], outgoing: [] });
  });

  it('gives to a process that opens the file later what was committed', () => {
    const committed = store.commit(aCommit(create('kept'), [anEvent('a')], activities(1)));
    const other = openHubFile(folder, 'Store');

    expect(new InstanceStore(other).load('kept')).toEqual(committed);
    other.close();
  });

  it('lets a stale writer change nothing, nor one that would begin what is there', () => {
    const seenByBoth = create('stale');
    const winner = store.commit(aCommit(seenByBoth, [anEvent('winner')], activities(1)));
    const events = Array.from({ length: 200 }, () => anEvent('stale'));

    expect(() => store.commit(aCommit(seenByBoth, events, activities(200)))).toThrow(StaleState);
    expect(() => create('stale')).toThrow(StaleState);
    expect(store.load('stale')).toEqual(winner);
  });

  it('shows nothing of a commit that broke off', () => {
    const before = store.commit(aCommit(create('cut'), [anEvent('a')], activities(1)));
    // The same work once more: its key is taken, which is found out after the record and the events were written.
    const again = { ...aCommit(before, [anEvent('b')]), newOutgoing: activities(1) };

    expect(() => store.commit(again)).toThrow('UNIQUE');
    expect(store.load('cut')).toEqual(before);
    expect(store.commit(aCommit(before, [anEvent('c')])).history).toHaveLength(2);
  });

  it('takes a completion once', () => {
    const owing = store.commit(aCommit(create('once'), [anEvent('a')], activities(1)));
    const key = owing.outgoing[0]?.key ?? '';
    const message: Message = { event: { EventType: 5, TaskScheduledId: 0, Result: '1', ...unplayed(now) } };
    store.deliver(owing, [{ key: nextKey(), value: message }], [key]);

    expect(() => store.deliver(owing, [{ key: nextKey(), value: message }], [key])).toThrow(StaleState);
    expect(store.load('once')).toMatchObject({ outgoing: [], inbox: [{ value: message }] });
  });

  it('leaves nothing of a replaced execution to the new one, but what the old one owes to others', () => {
    const parent = { name: 'p', instanceId: 'p', executionId: 'e0', taskId: 1, version: '' };
    const report: Outgoing = {
      ...{ kind: 'report', id: 0, parent },
      event: { EventType: 8, TaskScheduledId: 1, Result: '1', ...unplayed(now) },
    };
    const old = store.commit(aCommit(create('replaced'), [anEvent('old')], [...activities(3), report]));
    const record = aRecord({ instanceId: 'replaced', executionId: 'e2', startId: 'e2', consumedKey: nextKey() });
    const fresh = store.create(record, [{ key: nextKey(), value: startMessage }], old);

    expect(store.load('replaced')).toEqual(fresh);
    expect(fresh).toMatchObject({ history: [], outgoing: [{ value: report }] });
  });

  it('lists what has not ended, or owes something yet', () => {
    const own = openHubFile(folder, 'Unfinished');
    const unfinished = new InstanceStore(own);
    const begin = (instanceId: string): InstanceState =>
      unfinished.create(aRecord({ instanceId }), [{ key: nextKey(), value: startMessage }], undefined);
    const end = (state: InstanceState, owed: readonly Outgoing[]): InstanceState => {
      const commit = aCommit(state, [], owed);
      return unfinished.commit({ ...commit, record: { ...commit.record, status: 'Completed' } });
    };
    begin("it's/odd#%^");
    end(begin('ended'), []);
    const owing = end(begin('owing'), activities(1));

    expect(unfinished.listUnfinished()).toEqual(["it's/odd#%^", 'owing']);
    unfinished.deliver(owing, [], [owing.outgoing[0]?.key ?? '']);
    expect(unfinished.listUnfinished()).toEqual(["it's/odd#%^"]);
    own.close();
  });
});

describe('sandbox/runtime/durable/keys', () => {
  it('makes inbox keys above the last one of an instance, also when the clock has gone back', () => {
    const last = createInboxKeys(() => 1000)();
    const key = createInboxKeys(() => 5)(last);

    expect(key > last).toBe(true);
  });

  it('makes inbox keys that grow, also when the clock stands still', () => {
    const keys = createInboxKeys(() => 5);
    const made = Array.from({ length: 12 }, () => keys());

    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(12);
  });
});
