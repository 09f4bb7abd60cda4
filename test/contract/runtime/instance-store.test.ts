/** The instance store on a real Azurite: what is committed is whole, and a stale writer changes nothing. */
import { BlobServiceClient } from '@azure/storage-blob';
import type { HistoryEvent } from '../../../sandbox/runtime/durable/history.ts';
import { unplayed } from '../../../sandbox/runtime/durable/history.ts';
import { InstanceStore } from '../../../sandbox/runtime/durable/instance-store.ts';
import { createInboxKeys, fromPartition, toPartition } from '../../../sandbox/runtime/durable/keys.ts';
import type {
  Commit,
  InstanceRecord,
  InstanceState,
  Message,
  Outgoing,
} from '../../../sandbox/runtime/durable/records.ts';
import { isConflict } from '../../../sandbox/runtime/durable/storage-errors.ts';
import type { Azurite } from '../../support/azurite.ts';
import { startAzurite } from '../../support/azurite.ts';

let azurite: Azurite;
let store: InstanceStore;
const nextKey = createInboxKeys(Date.now);
const now = '2030-01-01T00:00:00.000Z';

beforeAll(async () => {
  azurite = await startAzurite();
  store = new InstanceStore(azurite.connectionString, 'Store');
  await store.prepare();
});

afterAll(async () => {
  await azurite.stop();
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
    historyCount: 0,
    consumedKey: '',
    carried: [],
    isContinued: false,
    ...changes,
  };
}

async function listBlobs(container: string, prefix: string): Promise<readonly string[]> {
  const client = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(container);
  const names: string[] = [];
  for await (const { name } of client.listBlobsFlat({ prefix })) {
    names.push(name);
  }
  return names;
}

const startMessage: Message = { event: { EventType: 0 } };

async function create(instanceId: string): Promise<InstanceState> {
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
  const historyCount = previous.history.length + newEvents.length;
  const record: InstanceRecord = { ...previous.record, status: 'Running', consumedKey, historyCount };
  return { previous, record, newEvents, newOutgoing, removedOutgoing: [] };
}

describe('sandbox/runtime/durable/instance-store', () => {
  it('gives back what was committed, in its order', async () => {
    const created = await create('order');
    const first = await store.commit(aCommit(created, [anEvent('a'), anEvent('b')], activities(2)));
    const second = await store.commit(aCommit(first, [anEvent('c')]));
    const loaded = await store.load('order');

    expect(loaded).toEqual(second);
    expect(loaded?.history.map((event) => 'Name' in event && event.Name)).toEqual(['a', 'b', 'c']);
    expect(loaded?.outgoing).toHaveLength(2);
    expect(loaded?.inbox).toEqual([]);
  });

  it('commits more rows than one transaction takes', async () => {
    const created = await create('many');
    const events = Array.from({ length: 250 }, (_, index) => anEvent(`e${index}`));
    const committed = await store.commit(aCommit(created, events, activities(120)));

    expect(await store.load('many')).toEqual(committed);
    expect(committed.history).toHaveLength(250);
  });

  it('keeps values that do not fit a row, in Unicode, and deletes them with the instance', async () => {
    const created = await create('large');
    const large = '😀ü'.repeat(200_000);
    await store.commit(aCommit(created, [anEvent(large), anEvent('small')]));

    expect((await store.load('large'))?.history[0]).toMatchObject({ Name: large });
    expect(await listBlobs('store-largevalues', 'large/')).toHaveLength(1);
    await store.purge('large');
    expect(await store.load('large')).toBeUndefined();
    expect(await listBlobs('store-largevalues', 'large/')).toEqual([]);
  });

  it.each([
    ['small', 1],
    ['large', 200],
  ])('lets a stale writer of a %s turn change nothing', async (kind, count) => {
    const id = `stale-${kind}`;
    const seenByBoth = await create(id);
    const winner = await store.commit(aCommit(seenByBoth, [anEvent('winner')], activities(1)));
    const events = Array.from({ length: count }, () => anEvent('stale'));

    const error: unknown = await store
      .commit(aCommit(seenByBoth, events, activities(count)))
      .catch((caught: unknown) => caught);

    expect(isConflict(error)).toBe(true);
    expect(await store.load(id)).toEqual(winner);
  });

  it('does not show the rows of a commit that was cut short', async () => {
    const created = await create('cut');
    const other = new InstanceStore(azurite.connectionString, 'Store');
    // The first batches of a long commit arrive, its last one is refused as stale: as if the process had died between.
    const events = Array.from({ length: 200 }, () => anEvent('unfinished'));
    const long = store.commit(aCommit(created, events, activities(50)));
    const racing = other.commit(aCommit(created, [anEvent('quick')]));
    const [longOutcome, racingOutcome] = await Promise.allSettled([long, racing]);

    const loaded = await store.load('cut');
    expect([longOutcome.status, racingOutcome.status].sort()).toEqual(['fulfilled', 'rejected']);
    const expected = longOutcome.status === 'fulfilled' ? { events: 200, owed: 50 } : { events: 1, owed: 0 };
    expect({ events: loaded?.history.length, owed: loaded?.outgoing.length }).toEqual(expected);
  });

  it('takes a completion once', async () => {
    const owing = await store.commit(aCommit(await create('once'), [anEvent('a')], activities(1)));
    const key = owing.outgoing[0]?.key ?? '';
    const message: Message = { event: { EventType: 5, TaskScheduledId: 0, Result: '1', ...unplayed(now) } };
    await store.deliver(owing, [{ key: nextKey(), value: message }], [key]);

    await expect(store.deliver(owing, [{ key: nextKey(), value: message }], [key])).rejects.toMatchObject({
      statusCode: 404,
    });
    expect(await store.load('once')).toMatchObject({ outgoing: [], inbox: [{ value: message }] });
  });

  it('leaves nothing of a replaced execution to the new one', async () => {
    const old = await store.commit(aCommit(await create('replaced'), [anEvent('old')], activities(3)));
    const record = aRecord({ instanceId: 'replaced', executionId: 'e2', startId: 'e2', consumedKey: nextKey() });
    const fresh = await store.create(record, [{ key: nextKey(), value: startMessage }], old);

    expect(await store.load('replaced')).toEqual(fresh);
    expect(fresh).toMatchObject({ history: [], outgoing: [] });
  });

  it('lists what is unfinished, until the note that was made is taken back', async () => {
    const first = await store.markUnfinished("it's/odd#%^");
    const second = await store.markUnfinished("it's/odd#%^");

    await store.unmarkUnfinished("it's/odd#%^", first);
    expect(await store.listUnfinished()).toEqual(["it's/odd#%^"]);
    await store.unmarkUnfinished("it's/odd#%^", second);
    expect(await store.listUnfinished()).toEqual([]);
  });
});

describe('sandbox/runtime/durable/keys', () => {
  it.each(['plain-id:0', 'a/b\\c#d?e', '100%', "o'clock", 'a^2Fb', 'über\u0007'])(
    'finds the id %p in its partition again',
    (id) => {
      expect(fromPartition(toPartition(id))).toBe(id);
      expect(toPartition(id)).not.toMatch(/[%'/\\#?\p{Cc}]/u);
    },
  );

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
