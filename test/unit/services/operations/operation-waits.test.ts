import { createOperations, type Operations } from '../../../../src/services/operations/operations.ts';
import { createOutbox } from '../../../../src/stores/outbox.ts';
import { createUnfinished } from '../../../../src/stores/unfinished.ts';
import { createMemoryTables } from '../../../support/memory-tables.ts';
import { createRecordingLog } from '../../../support/recording-log.ts';
import { createTestClock, type TestClock } from '../../../support/test-clock.ts';

const id = `op-${'4'.repeat(32)}`;
const approval = { kind: 'approval', detail: 'Look first.', instanceId: `${id}-1`, eventName: 'decided-a' } as const;

async function world(): Promise<{ readonly operations: Operations; readonly clock: TestClock }> {
  const tables = createMemoryTables();
  const clock = createTestClock();
  const { now } = clock;
  const unfinished = createUnfinished({ tables, now });
  const operations = createOperations({
    tables,
    now,
    unfinished,
    keptDays: 365,
    log: createRecordingLog().log,
    outbox: createOutbox({ tables, now, keptDays: 90 }),
  });
  await operations.create({
    id,
    kind: 'connectClouds',
    target: 'wap',
    targetKey: 'wap',
    requestedBy: 'ann',
    steps: [{ name: 'gate' }],
  });
  return { operations, clock };
}

describe('src/services/operations/operations waits and decisions', () => {
  it('shows what is waited for: the words, since when, until when', async () => {
    const { operations, clock } = await world();
    const until = '2026-03-08T12:00:00.000Z';

    await operations.openWait(id, 'a', { ...approval, until });
    const since = clock.now().toISOString();
    clock.advance(60_000);
    await operations.openWait(id, 'a', { ...approval, until, detail: 'Other words.' });

    const view = await operations.view(id);
    expect(view).toMatchObject({
      status: 'waiting',
      waitingFor: { kind: 'approval', since, until, detail: 'Other words.' },
      approvals: [{ name: 'a', since, detail: 'Other words.' }],
    });
    expect(JSON.stringify(view)).not.toContain('decided-a');
  });

  it('decides once, and says who, when and why', async () => {
    const { operations, clock } = await world();
    await operations.openWait(id, 'a', approval);

    const told = await operations.decide(id, {
      name: 'a',
      decision: 'approved',
      by: 'bob',
      comment: 'Backups are there.',
    });

    expect(told).toMatchObject({ name: 'a', instanceId: `${id}-1`, eventName: 'decided-a' });
    expect(await operations.openWait(id, 'a', approval)).toBe('approved');
    expect(await operations.view(id)).toMatchObject({
      status: 'running',
      approvals: [
        { decision: 'approved', decidedBy: 'bob', decidedAt: clock.now().toISOString(), comment: 'Backups are there.' },
      ],
    });
  });

  it('takes the same decision again as the one that was made, and tells it again', async () => {
    const { operations } = await world();
    await operations.openWait(id, 'a', approval);
    await operations.decide(id, { name: 'a', decision: 'approved', by: 'bob' });

    const again = await operations.decide(id, { name: 'a', decision: 'approved', by: 'carol' });

    expect(again).toMatchObject({ name: 'a', eventName: 'decided-a' });
    expect(await operations.view(id)).toMatchObject({ approvals: [{ decidedBy: 'bob' }] });
  });

  it('does not turn a decision round', async () => {
    const { operations } = await world();
    await operations.openWait(id, 'a', approval);
    await operations.decide(id, { name: 'a', decision: 'approved', by: 'bob' });

    expect(await operations.decide(id, { name: 'a', decision: 'rejected', by: 'carol' })).toBeUndefined();
    expect(await operations.openWait(id, 'a', approval)).toBe('approved');
  });

  it('lets one of two who decide at once win', async () => {
    const { operations } = await world();
    await operations.openWait(id, 'a', approval);

    const told = await Promise.all([
      operations.decide(id, { name: 'a', decision: 'approved', by: 'bob' }),
      operations.decide(id, { name: 'a', decision: 'rejected', by: 'carol' }),
    ]);

    expect(told.filter((one) => one !== undefined)).toHaveLength(1);
  });

  it('decides nothing that was not asked, nor what a person is to do, nor what is over', async () => {
    const { operations } = await world();
    await operations.openWait(id, 'command', { kind: 'manual', detail: 'Run it.' });
    await operations.openWait(id, 'over', approval);
    await operations.closeWait(id, 'over');

    for (const name of ['none', 'command', 'over']) {
      expect(await operations.decide(id, { name, decision: 'approved', by: 'bob' })).toBeUndefined();
    }
  });

  it('says again what is to be done when it was over and is asked anew', async () => {
    const { operations, clock } = await world();
    await operations.openWait(id, 'command', { kind: 'manual', detail: 'Run it.' });
    await operations.closeWait(id, 'command');
    expect((await operations.view(id))?.status).toBe('running');
    clock.advance(5000);

    await operations.openWait(id, 'command', { kind: 'manual', detail: 'Run it.' });

    expect(await operations.view(id)).toMatchObject({
      status: 'waiting',
      waitingFor: { kind: 'manual', since: clock.now().toISOString() },
    });
  });

  it('waits for nothing once the operation has ended', async () => {
    const { operations } = await world();
    await operations.openWait(id, 'a', approval);

    await operations.finish(id, { status: 'failed' });

    const view = await operations.view(id);
    expect(view).toMatchObject({ status: 'failed', approvals: [{ name: 'a' }] });
    expect(view).not.toHaveProperty('waitingFor');
    expect(await operations.decide(id, { name: 'a', decision: 'approved', by: 'bob' })).toBeUndefined();
    expect(await operations.openWait(id, 'b', approval)).toBeUndefined();
  });

  it('keeps what was approved for the next attempt, and asks again what was rejected', async () => {
    const { operations } = await world();
    await operations.openWait(id, 'yes', approval);
    await operations.openWait(id, 'no', approval);
    await operations.decide(id, { name: 'yes', decision: 'approved', by: 'bob' });
    await operations.decide(id, { name: 'no', decision: 'rejected', by: 'bob' });
    await operations.finish(id, { status: 'failed' });

    await operations.nextAttempt(id, 1);

    expect(await operations.openWait(id, 'yes', approval)).toBe('approved');
    expect(await operations.openWait(id, 'no', approval)).toBeUndefined();
  });
});
