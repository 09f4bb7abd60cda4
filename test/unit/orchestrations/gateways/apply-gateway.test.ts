import fc from 'fast-check';
import { applyGateway } from '../../../../src/orchestrations/gateways/apply-gateway.ts';
import { aGatewayWorld } from '../../../support/gateway-world.ts';
import {
  calledActivities,
  inputsOf,
  replayOrchestration,
  runOrchestration,
} from '../../../support/orchestration-driver.ts';

const input = { gatewayId: 'gw', epoch: 7 };
const atWork = { outcome: 'wait', seconds: 10, isUnavailable: false, code: 'Updating', message: 'It is Updating.' };
const throttled = (seconds: number, isOvertaken: boolean) => ({ outcome: 'wait', seconds, reason: '429', isOvertaken });
const eight = [1, 2, 3, 4].flatMap((number) => [`revocation:${number}`, `root:${number}`]);

describe('src/orchestrations/gateways/apply-gateway', () => {
  it('brings everything that is wanted to the gateway with one write, and gives the gateway back', () => {
    const world = aGatewayWorld({ wanted: eight });

    const run = runOrchestration(applyGateway, input, world.activities);

    expect(run.output).toEqual({ released: true });
    expect(world.written).toEqual([eight]);
    expect(calledActivities(run).at(-1)).toBe('releaseGateway');
    expect(run.continuedAs).toBeUndefined();
  });

  it('writes nothing where nothing differs', () => {
    const world = aGatewayWorld();

    const run = runOrchestration(applyGateway, input, world.activities);

    expect(world.written).toEqual([]);
    expect(calledActivities(run)).toEqual(['writeGateway', 'recordEntries', 'startProfile', 'releaseGateway']);
  });

  it.each(eight)(
    'finds %s as the culprit among eight and brings the seven others through, revocations first',
    (bad) => {
      const world = aGatewayWorld({ wanted: eight, bad: [bad] });

      runOrchestration(applyGateway, input, world.activities);

      expect(world.suspected).toEqual([{ key: bad, isNamed: false }]);
      expect([...world.present].toSorted()).toEqual(eight.filter((key) => key !== bad).toSorted());
      const order = world.written.flat().map((key) => key.split(':')[0]);
      expect(order).toEqual(order.toSorted());
    },
  );

  it('blames an entry only once Azure has taken the gateway as it stands, without it', () => {
    const world = aGatewayWorld({ wanted: ['root:1'], bad: ['root:1'] });

    const run = runOrchestration(applyGateway, input, world.activities);

    const names = run.history.map(({ name }) => name);
    expect(world.written).toEqual([[]]);
    expect(names.indexOf('recordRefusals')).toBeGreaterThan(names.lastIndexOf('readWrite'));
    expect(names.lastIndexOf('readWrite')).toBeGreaterThan(0);
  });

  it('finds the culprit too when Azure takes the body and fails later', () => {
    const world = aGatewayWorld({ wanted: eight, bad: ['root:2'], failsLate: true });

    runOrchestration(applyGateway, input, world.activities);

    expect(world.suspected).toEqual([{ key: 'root:2', isNamed: false }]);
    expect(world.present.size).toBe(7);
  });

  it('blames nobody when Azure takes every write and then fails each change, whichever it is', () => {
    const world = aGatewayWorld({ wanted: eight, bad: eight, failsLate: true });

    const run = runOrchestration(applyGateway, input, world.activities);

    expect(world.suspected).toEqual([]);
    expect(inputsOf(run, 'showWriteFailure')).toMatchObject([
      { code: 'BadEntry', message: expect.stringContaining('One entry is bad.') as unknown },
    ]);
  });

  it.each([1, 4, 10, 17, 22, 26, 30])(
    'blames only the culprit when Azure fails the first %i writes for reasons of its own',
    (outage) => {
      const bad = [...eight];
      const world = aGatewayWorld({ wanted: eight, bad, failsLate: true });
      const write = world.activities['writeGateway'] as (given: object) => unknown;
      let writes = 0;
      const activities = {
        ...world.activities,
        writeGateway: (given: object) => {
          writes += 1;
          if (writes > outage) bad.splice(0, bad.length, 'root:2');
          return write(given);
        },
      };

      const run = runOrchestration(applyGateway, input, activities);

      expect(world.suspected.map(({ key }) => key)).toEqual(['root:2']);
      expect([...world.present].toSorted()).toEqual(eight.filter((key) => key !== 'root:2').toSorted());
      expect(replayOrchestration(applyGateway, input, run.history)).toEqual(run);
    },
  );

  it('sets aside exactly what Azure refuses, whatever that is, and replays the same', () => {
    const keys = [...eight, ...[5, 6, 7, 8].map((number) => `revocation:${number}`)];
    fc.assert(
      fc.property(fc.subarray(keys), fc.subarray(keys), (wanted, refused) => {
        const world = aGatewayWorld({ wanted, bad: refused });

        const run = runOrchestration(applyGateway, input, world.activities);

        const bad = wanted.filter((key) => refused.includes(key));
        expect(world.suspected.map(({ key }) => key).toSorted()).toEqual(bad.toSorted());
        expect([...world.present].toSorted()).toEqual(wanted.filter((key) => !bad.includes(key)).toSorted());
        expect(replayOrchestration(applyGateway, input, run.history)).toEqual(run);
      }),
      { numRuns: 50 },
    );
  });

  it('waits as long as Azure is at work on the gateway, and writes then', () => {
    let looks = 0;
    const world = aGatewayWorld({ wanted: ['root:1'] });
    const write = world.activities['writeGateway'] as (given: object) => unknown;
    const activities = {
      ...world.activities,
      writeGateway: (given: object) => {
        looks += 1;
        return looks < 4 ? { ...atWork, desired: 1 } : write(given);
      },
    };

    const run = runOrchestration(applyGateway, input, activities);

    expect(world.written).toEqual([['root:1']]);
    expect(run.history.slice(0, 6).map(({ kind }) => kind)).toEqual([
      'activity',
      'timer',
      'activity',
      'timer',
      'activity',
      'timer',
    ]);
  });

  it('says nothing more of a gateway that another writer holds', () => {
    const { activities } = aGatewayWorld({ overrides: { writeGateway: () => ({ outcome: 'superseded' }) } });

    const run = runOrchestration(applyGateway, input, activities);

    expect(calledActivities(run)).toEqual(['writeGateway']);
    expect(run.output).toEqual({ released: false });
  });

  it('begins a new history when more was wanted in the meantime', () => {
    const { activities } = aGatewayWorld({ overrides: { releaseGateway: () => ({ released: false }) } });

    const run = runOrchestration(applyGateway, input, activities);

    expect(run.continuedAs).toEqual(input);
  });

  describe('about sessions', () => {
    const sees = {
      recordEntries: () => ({ outcome: 'recorded', sessionsToSee: true }),
      startSessionList: () => ({ outcome: 'started', state: 'list', seconds: 5 }),
      recordSessions: () => null,
    };

    it('cuts those of whom the gateway is to refuse, each once, and notes of whom nothing can be said', () => {
      const toCut = ['revocation:A', 'revocation:B'].map((key) => ({ connectionId: 'OVPN_1', key }));
      const unproven = [{ key: 'root:r', reason: 'Two have this name.' }];
      const { activities } = aGatewayWorld({
        overrides: {
          ...sees,
          pollSessionList: () => ({ outcome: 'done', toCut, unproven }),
          startDisconnect: () => ({ outcome: 'started', state: 'cut', seconds: 5 }),
          pollDisconnect: () => ({ outcome: 'done' }),
        },
      });

      const run = runOrchestration(applyGateway, input, activities);

      expect(inputsOf(run, 'startDisconnect')).toEqual([{ gatewayId: 'gw', desired: 1, connectionIds: ['OVPN_1'] }]);
      const noted = { gatewayId: 'gw', cut: ['revocation:A', 'revocation:B'], unproven };
      expect(inputsOf(run, 'recordSessions')).toMatchObject([noted]);
    });

    it.each([
      ['is not taken', { startDisconnect: () => throttled(5, true) }],
      ['is not taken, and not to be asked for again soon', { startDisconnect: () => throttled(600, false) }],
      [
        'does not end',
        { pollDisconnect: () => ({ outcome: 'running', state: 'cut', seconds: 60, isOvertaken: true }) },
      ],
    ])('writes what is wanted meanwhile before they are cut, where the cut %s', (_how, overrides) => {
      const toCut = [{ connectionId: 'OVPN_1', key: 'revocation:A' }];
      let looks = 0;
      const { activities } = aGatewayWorld({
        overrides: {
          ...sees,
          lookForIntents: () => ({ isOvertaken: true }),
          pollSessionList: () => {
            looks += 1;
            return { outcome: 'done', toCut: looks === 1 ? toCut : [], unproven: [] };
          },
          startDisconnect: () => ({ outcome: 'started', state: 'cut', seconds: 5 }),
          ...overrides,
        },
      });

      const run = runOrchestration(applyGateway, input, activities);

      const [first, second] = run.history.filter(({ name }) => name === 'writeGateway');
      const heldMs = Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '');
      expect(heldMs).toBeLessThan(2 * 60 * 1000);
      expect(inputsOf(run, 'recordSessions')).toMatchObject([{ cut: [] }]);
      expect(run.output).toEqual({ released: true });
    });

    it('cuts at every second round however often more is wanted, as long as Azure ends what it began', () => {
      const toCut = [{ connectionId: 'OVPN_1', key: 'revocation:A' }];
      let running = 0;
      const poll = (ended: object) => () => {
        running += 1;
        return running % 3 === 0 ? ended : { outcome: 'running', state: 'on', seconds: 10, isOvertaken: true };
      };
      const { activities } = aGatewayWorld({
        overrides: {
          ...sees,
          pollSessionList: poll({ outcome: 'done', toCut, unproven: [] }),
          startDisconnect: () => ({ outcome: 'started', state: 'cut', seconds: 5 }),
          pollDisconnect: poll({ outcome: 'done' }),
        },
      });

      const run = runOrchestration(applyGateway, input, activities);

      expect(inputsOf(run, 'recordSessions')).toMatchObject([{ cut: ['revocation:A'] }]);
      expect(inputsOf(run, 'startSessionList')).toHaveLength(2);
      expect(replayOrchestration(applyGateway, input, run.history)).toEqual(run);
    });

    it('lets what is wanted wait no longer than minutes for a cut that Azure does not end', () => {
      let lists = 0;
      const { activities } = aGatewayWorld({
        overrides: {
          ...sees,
          pollSessionList: () => ({ outcome: 'running', state: 'list', seconds: 60, isOvertaken: lists < 3 }),
          startSessionList: () => {
            lists += 1;
            return { outcome: 'started', state: 'list', seconds: 5 };
          },
        },
      });

      const run = runOrchestration(applyGateway, input, activities);

      const [, second, third] = run.history.filter(({ name }) => name === 'writeGateway');
      const heldMs = Date.parse(third?.at ?? '') - Date.parse(second?.at ?? '');
      expect(heldMs).toBeLessThan(7 * 60 * 1000);
    });

    it.each([
      ['refuses to list them', { startSessionList: () => ({ outcome: 'refused', code: 'No', message: 'No list.' }) }],
      ['answers no list', { pollSessionList: () => ({ outcome: 'refused', code: 'No', message: 'No list.' }) }],
      [
        'never ends the list',
        { pollSessionList: () => ({ outcome: 'running', state: 'list', seconds: 60, isOvertaken: false }) },
      ],
    ])('notes that they could not be seen when Azure %s', (_how, overrides) => {
      const { activities } = aGatewayWorld({ overrides: { ...sees, ...overrides } });

      const run = runOrchestration(applyGateway, input, activities);

      expect(inputsOf(run, 'recordSessions')).toMatchObject([
        { gatewayId: 'gw', cut: [], unproven: [], failure: expect.stringContaining('could not list') as unknown },
      ]);
      expect(run.output).toEqual({ released: true });
    });

    const refusal = { outcome: 'refused', code: 'No', message: 'No cut.' };
    it.each([
      ['refuses to cut them', { startDisconnect: () => refusal }],
      ['ends the cut in a failure', { pollDisconnect: () => refusal }],
    ])('claims of nobody to be cut when Azure %s', (_how, overrides) => {
      const { activities } = aGatewayWorld({
        overrides: {
          ...sees,
          pollSessionList: () => ({
            outcome: 'done',
            toCut: [{ connectionId: 'OVPN_1', key: 'revocation:A' }],
            unproven: [],
          }),
          startDisconnect: () => ({ outcome: 'started', state: 'cut', seconds: 5 }),
          ...overrides,
        },
      });

      const run = runOrchestration(applyGateway, input, activities);

      expect(inputsOf(run, 'recordSessions')).toMatchObject([
        { gatewayId: 'gw', cut: [], unproven: [], failure: expect.stringContaining('No: No cut.') as unknown },
      ]);
    });
  });

  it('writes what is wanted meanwhile before it goes on with a profile that Azure does not finish', () => {
    let looks = 0;
    const world = aGatewayWorld({
      wanted: ['revocation:1'],
      overrides: {
        startProfile: () => ({ outcome: 'started', state: 'profile-1', seconds: 10, wanted: 1 }),
        pollProfile: () => {
          looks += 1;
          return looks < 6
            ? { outcome: 'running', state: 'profile-2', seconds: 10, isOvertaken: looks === 2 }
            : { outcome: 'done', hash: 'h' };
        },
      },
    });

    const run = runOrchestration(applyGateway, input, world.activities);

    const order = calledActivities(run).filter((name) =>
      ['writeGateway', 'startProfile', 'pollProfile'].includes(name),
    );
    expect(order.slice(2, 6)).toEqual(['startProfile', 'pollProfile', 'pollProfile', 'writeGateway']);
    expect(inputsOf(run, 'startProfile')).toHaveLength(1);
    expect(inputsOf(run, 'pollProfile').at(2)).toMatchObject({ state: 'profile-2', wanted: 1 });
    expect(run.output).toEqual({ released: true });
  });

  describe('when Azure does not take a write', () => {
    const words = { code: 'AuthorizationFailed', message: 'The client has no right to write.' };

    it('blames no entry for what is not about one, and gives the gateway back to be tried again', () => {
      const world = aGatewayWorld({
        wanted: eight,
        overrides: { writeGateway: () => ({ outcome: 'failed', desired: 5, ...words }) },
      });

      const run = runOrchestration(applyGateway, input, world.activities);

      expect(world.suspected).toEqual([]);
      expect(inputsOf(run, 'showWriteFailure')).toEqual([{ ...input, ...words }]);
      expect(inputsOf(run, 'pauseGateway')).toEqual([{ ...input, desired: 5 }]);
      expect(calledActivities(run)).not.toContain('releaseGateway');
    });

    it('shows why before it looks at sessions, which may take an hour', () => {
      const { activities } = aGatewayWorld({
        overrides: {
          writeGateway: () => ({ outcome: 'failed', desired: 5, ...words }),
          recordEntries: () => ({ outcome: 'recorded', sessionsToSee: true }),
          startSessionList: () => throttled(30, false),
          recordSessions: () => null,
        },
      });

      const run = runOrchestration(applyGateway, input, activities);

      expect(calledActivities(run).slice(0, 4)).toEqual([
        'writeGateway',
        'showWriteFailure',
        'recordEntries',
        'startSessionList',
      ]);
      expect(calledActivities(run).at(-1)).toBe('pauseGateway');
    });

    it('goes on at once when more was wanted than was tried', () => {
      const world = aGatewayWorld({
        overrides: {
          writeGateway: () => ({ outcome: 'failed', desired: 5, ...words }),
          pauseGateway: () => ({ released: false }),
        },
      });

      expect(runOrchestration(applyGateway, input, world.activities).continuedAs).toEqual(input);
    });

    it('sets aside at once what the words name, without dividing', () => {
      const world = aGatewayWorld({ wanted: eight, bad: ['root:3'], namesBad: true });

      runOrchestration(applyGateway, input, world.activities);

      expect(world.suspected).toEqual([{ key: 'root:3', isNamed: true }]);
      expect(world.written).toEqual([eight.filter((key) => key !== 'root:3')]);
    });

    it('suspects a lone entry only after Azure has taken the gateway without it', () => {
      const world = aGatewayWorld({ wanted: ['root:1'], bad: ['root:1'] });

      const run = runOrchestration(applyGateway, input, world.activities);

      expect(world.written).toEqual([[]]);
      expect(world.suspected).toEqual([{ key: 'root:1', isNamed: false }]);
      expect(run.output).toEqual({ released: true });
    });

    it('suspects nobody when Azure does not take the gateway as it stands either', () => {
      const refused = { outcome: 'refused', code: 'Bad', message: 'Bad.', named: [], expired: [], desired: 1 };
      const world = aGatewayWorld({
        overrides: {
          writeGateway: ({ held }: { readonly held: readonly string[] }) => ({
            ...refused,
            keys: held.length === 0 ? ['root:1'] : [],
          }),
        },
      });

      const run = runOrchestration(applyGateway, input, world.activities);

      expect(calledActivities(run)).not.toContain('recordRefusals');
      expect(inputsOf(run, 'showWriteFailure')).toMatchObject([{ code: 'Bad' }]);
    });

    it('suspects nobody whom it set aside after the last write that Azure took', () => {
      const refused = { outcome: 'refused', code: 'Bad', message: 'Bad.', named: [], expired: [], desired: 1 };
      let writes = 0;
      const { activities } = aGatewayWorld({
        overrides: {
          readWrite: () => ({ outcome: 'succeeded' }),
          writeGateway: ({ held, force }: { readonly held: readonly string[]; readonly force: boolean }) => {
            writes += 1;
            if (writes === 1) {
              return { outcome: 'written', desired: 1, keys: ['root:1'], seconds: 10, operationUrl: null };
            }
            if (held.length === 0) return { ...refused, keys: ['root:2'] };
            return force ? { ...refused, keys: [] } : { outcome: 'equal', desired: 1, held };
          },
        },
      });

      const run = runOrchestration(applyGateway, input, activities);

      expect(calledActivities(run)).not.toContain('recordRefusals');
      expect(inputsOf(run, 'showWriteFailure')).toMatchObject([{ code: 'Bad' }]);
    });

    it("leaves out others' roots that Azure calls expired, and writes the rest", () => {
      const world = aGatewayWorld({ wanted: ['root:1'] });
      const write = world.activities['writeGateway'] as (given: object) => unknown;
      const expired = { outcome: 'refused', keys: ['root:1'], desired: 1, code: 'Expired', message: 'x', named: [] };
      const activities = {
        ...world.activities,
        writeGateway: (given: { readonly leftOut: readonly string[] }) =>
          given.leftOut.includes('theirs') ? write(given) : { ...expired, expired: ['theirs'] },
      };

      runOrchestration(applyGateway, input, activities);

      expect(world.written).toEqual([['root:1']]);
      expect(world.suspected).toEqual([]);
    });

    it('repeats a write that is not kept once, and then says so', () => {
      const keys = ['revocation:1'];
      const { activities } = aGatewayWorld({
        overrides: {
          writeGateway: ({ held }: { readonly held: readonly string[] }) =>
            held.length > 0
              ? { outcome: 'equal', desired: 1, held }
              : { outcome: 'written', desired: 1, keys, seconds: 10, operationUrl: null },
        },
      });

      const run = runOrchestration(applyGateway, input, activities);

      expect(calledActivities(run).filter((name) => name === 'readWrite')).toHaveLength(2);
      expect(inputsOf(run, 'showWriteFailure')).toMatchObject([{ code: 'writeNotKept' }]);
    });

    it('ends in the words of what Azure says, when it gives no answer to go by for a quarter of an hour', () => {
      const unavailable = {
        outcome: 'wait',
        desired: 3,
        seconds: 60,
        isUnavailable: true,
        code: 'Oops',
        message: 'O.',
      };
      const { activities } = aGatewayWorld({ overrides: { writeGateway: () => unavailable } });

      const run = runOrchestration(applyGateway, input, activities);

      expect(inputsOf(run, 'showWriteFailure')).toEqual([{ ...input, code: 'Oops', message: 'O.' }]);
      expect(inputsOf(run, 'pauseGateway')).toEqual([{ ...input, desired: 3 }]);
      expect(inputsOf(run, 'writeGateway').length).toBeLessThan(20);
    });

    it('waits for hours where Azure says that it is busy', () => {
      let looks = 0;
      const world = aGatewayWorld({ wanted: ['root:1'] });
      const write = world.activities['writeGateway'] as (given: object) => unknown;
      const activities = {
        ...world.activities,
        writeGateway: (given: object) => {
          looks += 1;
          return looks < 100 ? { ...atWork, seconds: 90, desired: 1 } : write(given);
        },
      };

      expect(runOrchestration(applyGateway, input, activities).output).toEqual({ released: true });
      expect(world.written).toEqual([['root:1']]);
    });
  });

  describe('when Azure does not show the gateway', () => {
    const absent = { outcome: 'absent', desired: 1, isKnown: false };

    it('is gone after several looks over five minutes that agree', () => {
      const { activities } = aGatewayWorld({
        overrides: { writeGateway: () => absent, lookForGateway: () => ({ outcome: 'absent' }) },
      });

      const run = runOrchestration(applyGateway, input, activities);

      const looks = run.history.filter(({ name }) => name === 'lookForGateway');
      expect(looks.length).toBeGreaterThanOrEqual(3);
      const [first, last] = [looks.at(0), looks.at(-1)].map((look) => Date.parse(look?.at ?? ''));
      expect((last ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(5 * 60 * 1000);
      expect(calledActivities(run).at(-1)).toBe('abandonGateway');
    });

    it('goes on when a later look finds it', () => {
      let looks = 0;
      const world = aGatewayWorld({ wanted: ['revocation:1'] });
      const write = world.activities['writeGateway'] as (given: object) => unknown;
      let writes = 0;
      const activities = {
        ...world.activities,
        writeGateway: (given: object) => {
          writes += 1;
          return writes === 1 ? absent : write(given);
        },
        lookForGateway: () => {
          looks += 1;
          return { outcome: looks < 2 ? 'absent' : 'there' };
        },
      };

      const run = runOrchestration(applyGateway, input, activities);

      expect(calledActivities(run)).not.toContain('abandonGateway');
      expect(world.written).toEqual([['revocation:1']]);
    });

    it.each([true, false])(
      'goes by the clock where it is shown and not shown in turn (missing before: %s)',
      (isKnown) => {
        const { activities } = aGatewayWorld({
          overrides: { writeGateway: () => ({ ...absent, isKnown }), lookForGateway: () => ({ outcome: 'there' }) },
        });

        const run = runOrchestration(applyGateway, input, activities);

        expect(calledActivities(run)).not.toContain('abandonGateway');
        expect(inputsOf(run, 'showWriteFailure')).toMatchObject([{ code: 'gatewayNotSteady' }]);
        expect(inputsOf(run, 'writeGateway').length).toBeLessThan(40);
      },
    );

    it('says nothing of it when a look cannot tell, and is tried again', () => {
      const unknown = { outcome: 'unknown', code: 'SubscriptionNotFound', message: 'No such subscription.' };
      const { activities } = aGatewayWorld({
        overrides: { writeGateway: () => absent, lookForGateway: () => unknown },
      });

      const run = runOrchestration(applyGateway, input, activities);

      expect(calledActivities(run)).not.toContain('abandonGateway');
      expect(inputsOf(run, 'showWriteFailure')).toMatchObject([{ code: 'SubscriptionNotFound' }]);
    });
  });
});
