import { done, notDone, type Reply, runStepOn } from '../../../support/remote-step-world.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const failed: Reply = { code: 'toolFailed', message: 'The tool failed.' };

describe('src/orchestrations/on-premises/run-remote-step', () => {
  it('applies nothing where it is done already', () => {
    const run = runStepOn({ replies: { 'P8 probe': [{ ok: true, facts: { seen: 1 }, message: 'It is so.' }] } });

    expect(run.output).toEqual({ outcome: 'done', changed: false, facts: { seen: 1 }, message: 'It is so.' });
    expect(run.commands).toEqual(['P8 probe']);
    expect(run.cleaned).toEqual(run.ids);
  });

  it('looks, applies and looks again, and gathers the facts of all three', () => {
    const run = runStepOn({
      replies: {
        'P8 probe': [{ ...notDone, facts: { a: 1, b: 1 } }],
        'P8 apply': [{ ok: true, changed: true, facts: { b: 2 } }],
        'P8 verify': [{ ok: true, facts: { c: 3 } }],
      },
    });

    expect(run.output).toEqual({ outcome: 'done', changed: true, facts: { a: 1, b: 2, c: 3 } });
    expect(run.commands).toEqual(['P8 probe', 'P8 apply', 'P8 verify']);
    expect(run.cleaned).toEqual(run.ids);
  });

  it('only looks when it is only to look', () => {
    const run = runStepOn({ action: 'probe', replies: { 'P8 probe': [{ ...notDone, message: 'Not yet.' }] } });

    expect(run.output).toEqual({ outcome: 'notDone', facts: {}, message: 'Not yet.' });
    expect(run.commands).toEqual(['P8 probe']);
  });

  it('refuses where a step that changes nothing finds that it is not so', () => {
    const run = runStepOn({ stepId: 'P2', replies: { 'P2 probe': [{ ...notDone, message: 'No such adapter.' }] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'precondition', message: 'No such adapter.' });
  });

  it('refuses a step that there is not', () => {
    expect(runStepOn({ stepId: 'P99', replies: {} }).output).toMatchObject({
      outcome: 'refused',
      code: 'precondition',
    });
  });

  it.each<[string, Reply]>([
    ['an application that failed', failed],
    ['an application without an answer', { fault: { at: 'poll', name: 'toolFailed' } }],
    ['an application that ended by itself at its time', { code: 'timedOut' }],
    ['a machine that died meanwhile', { fault: { at: 'poll', name: 'unreachable' } }],
  ])('looks again after %s, and takes it as done when it was', (_what, reply) => {
    const run = runStepOn({ replies: { 'P8 probe': [notDone, done], 'P8 apply': [reply, done] } });

    expect(run.output).toMatchObject({ outcome: 'done', changed: true });
    expect(run.commands.filter((command) => command !== 'P8 apply')).toEqual(['P8 probe', 'P8 probe']);
  });

  it('applies again what failed and is not done, as often as the step allows', () => {
    const run = runStepOn({
      replies: { 'P8 probe': [notDone], 'P8 apply': [failed, { ok: true, changed: true }], 'P8 verify': [done] },
    });

    expect(run.output).toMatchObject({ outcome: 'done' });
    expect(run.commands).toEqual(['P8 probe', 'P8 apply', 'P8 probe', 'P8 apply', 'P8 verify']);
  });

  it.each([
    ['P8', 2],
    ['P4', 1],
    ['P11', 5],
  ])('refuses %s with the words of the failure after %i tries', (stepId, tries) => {
    const run = runStepOn({ stepId, replies: { [`${stepId} probe`]: [notDone], [`${stepId} apply`]: [failed] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'toolFailed', message: 'The tool failed.' });
    expect(run.commands.filter((command) => command.endsWith('apply'))).toHaveLength(tries);
    expect(run.commands.at(-1)).toBe(`${stepId} probe`);
  });

  it('ends a command that does not answer in its time, and looks before it applies again', () => {
    const run = runStepOn({
      replies: {
        'P8 probe': [notDone],
        'P8 apply': [{ ok: true, seconds: 10 * hour }, done],
        'P8 verify': [done],
      },
    });

    expect(run.output).toMatchObject({ outcome: 'done' });
    expect(run.canceled).toEqual([run.ids[1]]);
    expect(run.commands).toEqual(['P8 probe', 'P8 apply', 'P8 probe', 'P8 apply', 'P8 verify']);
    expect(run.cleaned).toEqual(run.ids);
  });

  it('goes on where a command that does not answer cannot be ended, and leaves that to the next on the machine', () => {
    const run = runStepOn({
      isEndRefused: true,
      replies: { 'P8 probe': [notDone, done], 'P8 apply': [{ ok: true, seconds: 10 * hour }] },
    });

    expect(run.output).toMatchObject({ outcome: 'done' });
    const [probe, , again] = run.ids;
    expect(run.cleaned).toEqual([probe, again]);
    expect(run.history.filter(({ name }) => name === 'cleanUpCommand')).toHaveLength(1 + 5 + 1);
  });

  it('ends a command whose start was lost on the way, also when the next try to start it is refused', () => {
    const lost: Reply = { fault: { at: 'start', name: 'unreachable' } };
    const refused: Reply = { fault: { at: 'start', name: 'precondition' } };

    const run = runStepOn({ replies: { 'P8 probe': [lost, refused] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'precondition' });
    expect(run.canceled).toEqual([run.ids[0]]);
    expect(run.history.filter(({ name }) => name === 'startCommand').map(({ input }) => input)).toMatchObject([
      expect.not.objectContaining({ mayHaveBegun: true }) as object,
      { mayHaveBegun: true },
    ]);
    expect(runStepOn({ replies: { 'P8 probe': [refused] } }).canceled).toEqual([]);
  });

  it('ends the command that it can no longer look at', () => {
    const run = runStepOn({ replies: { 'P8 probe': [{ isLookBroken: true }] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'toolFailed' });
    expect(run.canceled).toEqual(run.ids);
  });

  it.each<[string, Record<string, Reply[]>, string[]]>([
    ['when it looks', { 'P8 probe': [{ code: 'authFailed' }] }, ['P8 probe']],
    ['at the route', { 'P8 probe': [{ fault: { at: 'start', name: 'authFailed' } }] }, ['P8 probe']],
    ['when it applies', { 'P8 probe': [notDone], 'P8 apply': [{ code: 'authFailed' }] }, ['P8 probe', 'P8 apply']],
    [
      'when it looks at last',
      { 'P8 probe': [notDone], 'P8 apply': [done], 'P8 verify': [{ code: 'authFailed' }] },
      ['P8 probe', 'P8 apply', 'P8 verify'],
    ],
  ])('never tries wrong credentials twice: %s', (_when, replies, commands) => {
    const run = runStepOn({ replies });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'authFailed' });
    expect(run.commands).toEqual(commands);
  });

  it('never tries wrong credentials twice when it takes something back', () => {
    const run = runStepOn({ action: 'undo', replies: { 'P8 undo': [{ code: 'authFailed' }] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'authFailed' });
    expect(run.commands).toEqual(['P8 undo']);
  });

  it('waits for a machine that nobody reaches, and says so once', () => {
    const run = runStepOn({ replies: { 'P8 probe': [{ ok: true, awayUntil: 15 * minute }] } });

    expect(run.output).toMatchObject({ outcome: 'done', changed: false });
    expect(run.notes).toEqual(['It is unreachable.']);
    expect(run.commands).toEqual(['P8 probe']);
  });

  it('refuses a machine that nobody reaches for twenty minutes', () => {
    const run = runStepOn({ replies: { 'P8 probe': [{ ok: true, awayUntil: 10 * day }] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'unreachable' });
    expect(run.commands).toEqual([]);
    expect(run.seconds).toBeGreaterThanOrEqual(20 * minute);
    expect(run.seconds).toBeLessThan(22 * minute);
  });

  it('hears within minutes that nobody reaches a machine which it only looks at', () => {
    const run = runStepOn({ action: 'probe', replies: { 'P8 probe': [{ ok: true, awayUntil: 10 * day }] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'unreachable' });
    expect(run.seconds).toBeLessThan(4 * minute);
  });

  it('waits for a machine that the one in between does not reach', () => {
    const run = runStepOn({ replies: { 'P8 probe': [{ code: 'unreachable' }, { code: 'unreachable' }, done] } });

    expect(run.output).toMatchObject({ outcome: 'done' });
    expect(run.commands).toEqual(['P8 probe', 'P8 probe', 'P8 probe']);
    expect(new Set(run.ids).size).toBe(3);
  });

  it('looks before it applies again when the machine in between lost the other one', () => {
    const run = runStepOn({ replies: { 'P8 probe': [notDone, done], 'P8 apply': [{ code: 'unreachable' }] } });

    expect(run.output).toMatchObject({ outcome: 'done' });
    expect(run.commands).toEqual(['P8 probe', 'P8 apply', 'P8 probe']);
  });

  it('waits for a machine that is away for longer than its command may take', () => {
    const run = runStepOn({ replies: { 'P8 probe': [{ ok: true, lostUntil: 10 * minute }] } });

    expect(run.output).toMatchObject({ outcome: 'done' });
    expect(run.canceled).toEqual([]);
    expect(run.seconds).toBeGreaterThan(10 * minute);
  });

  it.each([
    ['toolFailed', 1],
    ['precondition', 0],
    ['authFailed', 0],
  ] as const)('cleans up after a start that ended with %s: %i times', (name, times) => {
    const run = runStepOn({ replies: { 'P8 probe': [{ fault: { at: 'start', name } }] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: name });
    expect(run.cleaned).toHaveLength(times);
  });

  it('waits for a machine that another command has, and says so', () => {
    const run = runStepOn({ replies: { 'P8 probe': [{ ok: true, busyUntil: 3 * hour }] } });

    expect(run.output).toMatchObject({ outcome: 'done' });
    expect(run.notes).toEqual(['It runs another.']);
    expect(run.seconds).toBeGreaterThanOrEqual(3 * hour);
  });

  it('refuses a machine that is not free for six hours', () => {
    const run = runStepOn({ replies: { 'P8 probe': [{ ok: true, busyUntil: 10 * day }] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'timedOut' });
    expect(run.commands).toEqual([]);
  });

  it('restarts the machine once people have approved, then looks and goes on', () => {
    const run = runStepOn({
      replies: {
        'P8 probe': [notDone, done],
        'P8 apply': [{ ok: true, changed: true, code: 'rebootRequired' }],
        'C2 probe': [notDone],
        'C2 apply': [{ ok: true, changed: true }],
        'C2 verify': [done],
      },
    });

    expect(run.output).toMatchObject({ outcome: 'done', changed: true });
    expect(run.asked).toEqual(['restart-nat-1-p8']);
    expect(run.commands).toEqual(['P8 probe', 'P8 apply', 'C2 probe', 'C2 apply', 'C2 verify', 'P8 probe']);
    expect(new Set(run.ids).size).toBe(run.ids.length);
  });

  it('does not restart a machine that somebody has restarted meanwhile', () => {
    const run = runStepOn({
      replies: { 'P8 probe': [notDone, done], 'P8 apply': [{ ok: true, code: 'rebootRequired' }], 'C2 probe': [done] },
    });

    expect(run.output).toMatchObject({ outcome: 'done' });
    expect(run.commands).not.toContain('C2 apply');
  });

  it('goes on with what is left to do after a restart', () => {
    const run = runStepOn({
      replies: {
        'P8 probe': [notDone],
        'P8 apply': [
          { ok: true, code: 'rebootRequired' },
          { ok: true, changed: true },
        ],
        'P8 verify': [done],
        'C2 probe': [done],
      },
    });

    expect(run.output).toMatchObject({ outcome: 'done' });
    expect(run.commands).toEqual(['P8 probe', 'P8 apply', 'C2 probe', 'P8 probe', 'P8 apply', 'P8 verify']);
  });

  it.each([
    ['rejected', 'rebootRequired'],
    ['open', 'rebootRequired'],
    ['canceled', 'canceled'],
  ] as const)('restarts nothing when the restart is %s', (decision, code) => {
    const run = runStepOn({
      decision,
      replies: { 'P8 probe': [notDone], 'P8 apply': [{ ok: true, code: 'rebootRequired' }] },
    });

    expect(run.output).toMatchObject({ outcome: 'refused', code });
    expect(run.commands).toEqual(['P8 probe', 'P8 apply']);
    expect(run.seconds).toBeLessThan(7 * day + hour);
  });

  it('says that a restart is missing where what has to be put right was canceled', () => {
    const run = runStepOn({
      stepId: 'P11',
      always: true,
      decision: 'canceled',
      replies: { 'P11 probe': [notDone], 'P11 apply': [{ ok: true, code: 'rebootRequired' }] },
    });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'rebootRequired' });
  });

  it('waits while another installation runs, and does not count that as a try', () => {
    const busy: Reply = { code: 'busy' };
    const manyBusy = new Array<Reply>(40).fill(busy);
    const run = runStepOn({
      stepId: 'W19',
      replies: { 'W19 probe': [notDone], 'W19 apply': [...manyBusy, done], 'W19 verify': [done] },
    });

    expect(run.output).toMatchObject({ outcome: 'done' });
    expect(run.commands.filter((command) => command === 'W19 apply')).toHaveLength(41);
    expect(run.notes).toContain('Another installation is running.');
    expect(run.seconds).toBeGreaterThan(40 * minute);
  });

  it('comes to an end where an installation never ends', () => {
    const run = runStepOn({ replies: { 'P8 probe': [notDone], 'P8 apply': [{ code: 'busy' }] } });

    expect(run.output).toMatchObject({
      outcome: 'refused',
      code: 'timedOut',
      message: expect.stringContaining('Another installation has been running for 2 hours.') as string,
    });
    expect(run.seconds).toBeGreaterThan(120 * minute);
    expect(run.seconds).toBeLessThan(130 * minute);
  });

  it('refuses what was applied and does not hold', () => {
    const run = runStepOn({
      replies: { 'P8 probe': [notDone], 'P8 apply': [done], 'P8 verify': [{ ...notDone, message: 'Still unset.' }] },
    });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'verifyFailed', message: 'Still unset.' });
  });

  it('answers what was taken back', () => {
    const run = runStepOn({ action: 'undo', replies: { 'P8 undo': [{ ok: true, changed: true, facts: { a: 1 } }] } });

    expect(run.output).toEqual({ outcome: 'done', changed: true, facts: { a: 1 } });
    expect(run.commands).toEqual(['P8 undo']);
  });

  it('tries three times to take something back', () => {
    const run = runStepOn({ action: 'undo', replies: { 'P8 undo': [failed] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'toolFailed' });
    expect(run.commands).toHaveLength(3);
  });

  it('waits for a person as long as a week, with one look an hour', () => {
    const run = runStepOn({ isManual: true, replies: { 'P8 probe': [{ ok: true, seconds: 5 * day }] } });

    expect(run.output).toMatchObject({ outcome: 'done' });
    const looks = run.history.filter(({ name }) => name === 'pollCommand');
    expect(looks).toHaveLength(5 * 24);
    expect(run.canceled).toEqual([]);
  });

  it('looks at once when a person has answered', () => {
    const run = runStepOn({
      isManual: true,
      raises: ({ nowMs }) => nowMs + 90_000,
      replies: { 'P8 probe': [{ ok: true, seconds: 80 }] },
    });

    expect(run.output).toMatchObject({ outcome: 'done' });
    expect(run.seconds).toBeLessThan(2 * minute);
  });

  it('gives a person up after a week', () => {
    const run = runStepOn({ isManual: true, replies: { 'P8 probe': [{ ok: true, seconds: 100 * day }] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'timedOut' });
    expect(run.canceled).toEqual(run.ids);
  });

  it('ends where the operation was canceled while a person was waited for', () => {
    const run = runStepOn({ isManual: true, replies: { 'P8 probe': [{ fault: { at: 'poll', name: 'canceled' } }] } });

    expect(run.output).toMatchObject({ outcome: 'refused', code: 'canceled' });
    expect(run.cleaned).toEqual(run.ids);
  });

  it('gives every command of its own an id that starts with the step’s', () => {
    const run = runStepOn({
      replies: { 'P8 probe': [notDone], 'P8 apply': [failed, done], 'P8 verify': [done] },
    });

    expect(new Set(run.ids).size).toBe(5);
    for (const id of run.ids) expect(id).toMatch(/^op-1{32}-1-p8-1-[a-z]+-\d+$/);
  });
});
