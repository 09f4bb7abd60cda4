import { input, InvocationContext, type TimerFunctionOptions } from '@azure/functions';
import { registerDeliverOutbox } from '../../../../src/functions/timers/deliver-outbox.ts';
import { registerTimer, type TimerHost } from '../../../../src/functions/timers/register-timer.ts';
import { registerRetention } from '../../../../src/functions/timers/retention.ts';
import { registerSweep, type SweepTimerOptions } from '../../../../src/functions/timers/sweep.ts';
import { registerWatchExpiries } from '../../../../src/functions/timers/watch-expiries.ts';
import { createExpiries } from '../../../../src/services/operations/expiries.ts';
import { createNotices } from '../../../../src/services/operations/notices.ts';
import { createTimerRuns } from '../../../../src/services/operations/timer-runs.ts';
import { createAudit } from '../../../../src/services/requests/audit.ts';
import { createOutbox } from '../../../../src/stores/outbox.ts';
import { createRetentionDues } from '../../../../src/stores/retention-dues.ts';
import { createMemoryTables } from '../../../support/memory-tables.ts';
import { createRecordingLog } from '../../../support/recording-log.ts';
import { createServicesWorld } from '../../../support/services-world.ts';
import { createTestClock } from '../../../support/test-clock.ts';

const tick = {
  isPastDue: false,
  schedule: { adjustForDST: true },
  scheduleStatus: { last: '', next: '', lastUpdated: '' },
};

/** The one timer that a registration makes. */
function timerOf(
  register: (host: TimerHost) => void,
  runs: TimerHost['runs'] = { succeeded: () => Promise.resolve(), failed: () => Promise.resolve() },
): {
  readonly name: string;
  readonly schedule: string;
  run(): Promise<readonly string[]>;
} {
  let made: { readonly name: string; readonly options: TimerFunctionOptions } | undefined;
  register({
    runs,
    app: {
      timer: (name, options) => {
        made = { name, options };
      },
    },
  });
  if (made === undefined) throw new Error('no timer was registered');
  const { name, options } = made;
  return {
    name,
    schedule: options.schedule,
    run: async () => {
      const lines: string[] = [];
      const context = new InvocationContext({
        functionName: name,
        logHandler: (_level, ...args) => lines.push(args.join(' ')),
      });
      await options.handler(tick, context);
      return lines;
    },
  };
}

describe('src/functions/timers/watch-expiries', () => {
  it('looks at six every morning and hints at what is new', async () => {
    const tables = createMemoryTables();
    const { now } = createTestClock();
    const expiries = createExpiries({ tables });
    let hints = 0;
    const timer = timerOf((host) => {
      registerWatchExpiries(host, {
        expiries,
        now,
        notices: createNotices({ tables }),
        outbox: createOutbox({ tables, now, keptDays: 90 }),
        describe: () => Promise.resolve({ state: 'issued' }),
        afterChange: () => {
          hints += 1;
        },
      });
    });
    await expiries.put({ kind: 'certificate', id: 'AA', notAfter: '2026-03-08T10:00:00.000Z', subject: 'CN=kim' });

    const first = await timer.run();
    const second = await timer.run();

    expect(timer).toMatchObject({ name: 'watchExpiries', schedule: '0 0 6 * * *' });
    expect([first, second]).toEqual([
      ['expiry watch: 1 notices, 7 days read'],
      ['expiry watch: 0 notices, 7 days read'],
    ]);
    expect(hints).toBe(1);
  });
});

describe('src/functions/timers/deliver-outbox', () => {
  it('delivers each minute and says nothing when there is nothing', async () => {
    const tables = createMemoryTables();
    const { now } = createTestClock();
    const outbox = createOutbox({ tables, now, keptDays: 90 });
    const timer = timerOf((host) => {
      registerDeliverOutbox(host, {
        outbox,
        log: createRecordingLog().log,
        now,
        webhook: () => Promise.resolve({ url: 'https://hooks.contoso.com', secret: 'a secret of this deployment' }),
        send: () => Promise.resolve({ status: 200 }),
      });
    });
    await outbox.append({ id: 'e1', type: 'gatehouse.root.created.v1', subject: 'roots/r1', data: {} });

    const first = await timer.run();
    const second = await timer.run();

    expect(timer).toMatchObject({ name: 'deliverOutbox', schedule: '0 * * * * *' });
    expect([first, second]).toEqual([['outbox: 1 delivered, 0 postponed, 0 undeliverable, 0 kept'], []]);
  });
});

describe('src/functions/timers/retention', () => {
  it('removes each hour what is due, and logs how much and what could not be looked at', async () => {
    const tables = createMemoryTables();
    const clock = createTestClock();
    const { now } = clock;
    const dues = createRetentionDues({ tables });
    await dues.put('event', 'e1', now());
    await dues.put('idempotency', 'k1', now());
    clock.advance(24 * 60 * 60 * 1000);
    const timer = timerOf((host) => {
      registerRetention(host, {
        dues,
        now,
        audit: createAudit({ tables }),
        removers: {
          event: () => Promise.resolve('removed'),
          operation: () => Promise.resolve('none'),
          profile: () => Promise.resolve('none'),
          idempotency: () => Promise.reject(new Error('no storage')),
        },
      });
    });

    const first = await timer.run();
    const second = await timer.run();

    expect(timer).toMatchObject({ name: 'retention', schedule: '0 20 * * * *' });
    expect(first).toEqual([
      'retention: idempotency k1 could not be looked at this time',
      expect.stringContaining('no storage'),
      'retention: removed event 1',
    ]);
    expect(second).toEqual([]);
  });
});

describe('src/functions/timers/sweep', () => {
  /** Sweeps two downloads that are over, of which so many cannot be removed. */
  async function sweepWith(faults: number) {
    const world = createServicesWorld();
    const { tables, now } = world;
    const runs = createTimerRuns({ tables, now });
    let left = faults;
    const due = { token: 'x' } as unknown as Awaited<
      ReturnType<SweepTimerOptions['services']['downloads']['listDue']>
    >[number];
    const downloads: SweepTimerOptions['services']['downloads'] = {
      listDue: () => Promise.resolve([due, due]),
      expire: () => {
        left -= 1;
        return left >= 0 ? Promise.reject(new Error('no blob storage')) : Promise.resolve();
      },
    };
    const services = { ...world, procedures: { revive: () => Promise.resolve() }, downloads };
    const timer = timerOf((host) => {
      registerSweep(host, {
        durableClient: input.generic({ type: 'durableClient' }),
        orchestrationsOf: () => world.orchestrations,
        services,
      });
    }, runs);
    const error = await timer.run().then(
      () => undefined,
      (fault: unknown) => String(fault),
    );
    const sealed = tables.rows('AuditSeals').length;
    return { error, sealed, standing: (await runs.standing()).find((one) => one.timer === 'sweep') };
  }

  it('has failed when nothing that it tried could be finished, and seals the audit all the same', async () => {
    const { error, sealed, standing } = await sweepWith(2);

    expect(error).toContain('None of the 2');
    expect(sealed).toBe(1);
    expect(standing).toMatchObject({ status: 'failing', detail: expect.stringContaining('None of the 2') as unknown });
  });

  it('asks storage for the list of unfinished things alone when there is nothing to do, and notes its run', async () => {
    const world = createServicesWorld();
    const { tables, now } = world;
    const downloads = { listDue: () => Promise.resolve([]), expire: () => Promise.resolve() };
    const services = { ...world, downloads, procedures: { revive: () => Promise.resolve() } };
    const timer = timerOf((host) => {
      registerSweep(host, {
        durableClient: input.generic({ type: 'durableClient' }),
        orchestrationsOf: () => world.orchestrations,
        services,
      });
    }, createTimerRuns({ tables, now }));
    await timer.run();
    const calls = (['get', 'list', 'listPartitions', 'insert', 'replace', 'upsert', 'remove'] as const).map((name) =>
      jest.spyOn(tables, name),
    );

    await timer.run();

    expect(calls.flatMap(({ mock }) => mock.calls.map(([table]) => table)).toSorted()).toEqual([
      'TimerRuns',
      'Unfinished',
    ]);
  });

  it('says how many could not be finished when some could', async () => {
    expect((await sweepWith(0)).standing).toMatchObject({
      status: 'ok',
      detail: expect.not.stringContaining('could not') as unknown,
    });
    expect((await sweepWith(1)).standing).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('1 of 2') as unknown,
    });
  });
});

describe('src/functions/timers/register-timer', () => {
  it('notes how each run ended, and lets a failed one fail', async () => {
    const noted: string[] = [];
    const faults: Error[] = [];
    const timer = timerOf(
      (host) => {
        registerTimer(host, 'sweep', async () => {
          await Promise.resolve();
          const [fault] = faults;
          if (fault !== undefined) throw fault;
        });
      },
      {
        succeeded: (name) => Promise.resolve(void noted.push(`${name} succeeded`)),
        failed: (name, error) => Promise.resolve(void noted.push(`${name} failed: ${String(error)}`)),
      },
    );

    await timer.run();
    faults.push(new Error('no storage'));
    await expect(timer.run()).rejects.toThrow('no storage');

    expect(noted).toEqual(['sweep succeeded', 'sweep failed: Error: no storage']);
  });

  it('ends as the work ended, also when that cannot be noted', async () => {
    const runs = {
      succeeded: () => Promise.reject(new Error('no table')),
      failed: () => Promise.reject(new Error('no table')),
    };
    const timer = timerOf((host) => {
      registerTimer(host, 'sweep', () => Promise.resolve());
    }, runs);

    expect(await timer.run()).toEqual([expect.stringContaining('no table')]);
  });
});
