import fc from 'fast-check';
import { applyGateway } from '../../src/orchestrations/apply-gateway.ts';
import { aGatewayWorld } from '../support/gateway-world.ts';
import { calledActivities, inputsOf, replayOrchestration, runOrchestration } from '../support/orchestration-driver.ts';

const input = { gatewayId: 'gw', epoch: 7 };
const eight = [1, 2, 3, 4].flatMap((number) => [`revocation:${number}`, `root:${number}`]);

describe('src/orchestrations/apply-gateway', () => {
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

      expect(world.quarantined).toEqual([bad]);
      expect([...world.present].toSorted()).toEqual(eight.filter((key) => key !== bad).toSorted());
      const order = world.written.flat().map((key) => key.split(':')[0]);
      expect(order).toEqual(order.toSorted());
    },
  );

  it('finds the culprit too when Azure takes the body and fails later', () => {
    const world = aGatewayWorld({ wanted: eight, bad: ['root:2'], failsLate: true });

    runOrchestration(applyGateway, input, world.activities);

    expect(world.quarantined).toEqual(['root:2']);
    expect(world.present.size).toBe(7);
  });

  it('sets aside exactly what Azure refuses, whatever that is, and replays the same', () => {
    const keys = [...eight, ...[5, 6, 7, 8].map((number) => `revocation:${number}`)];
    fc.assert(
      fc.property(fc.subarray(keys), fc.subarray(keys), (wanted, refused) => {
        const world = aGatewayWorld({ wanted, bad: refused });

        const run = runOrchestration(applyGateway, input, world.activities);

        const bad = wanted.filter((key) => refused.includes(key));
        expect([...world.quarantined].toSorted()).toEqual(bad.toSorted());
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
        return looks < 4 ? { outcome: 'wait', seconds: 10, reason: 'gateway is Updating' } : write(given);
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

  it('cuts the sessions of revoked certificates, and only theirs', () => {
    const { activities } = aGatewayWorld({
      overrides: {
        recordEntries: () => ({ outcome: 'recorded', sessionsToSee: true }),
        startSessionList: () => ({ outcome: 'started', state: 'list', seconds: 5 }),
        pollSessionList: () => ({ outcome: 'done', toCut: [{ connectionId: 'OVPN_1', thumbprint: 'A' }] }),
        startDisconnect: () => ({ outcome: 'started', state: 'cut', seconds: 5 }),
        pollDisconnect: () => ({ outcome: 'done' }),
        recordSessions: () => null,
      },
    });

    const run = runOrchestration(applyGateway, input, activities);

    expect(inputsOf(run, 'startDisconnect')).toEqual([{ gatewayId: 'gw', connectionIds: ['OVPN_1'] }]);
    expect(inputsOf(run, 'recordSessions')).toEqual([{ gatewayId: 'gw', cut: ['A'] }]);
  });

  it('notes that the sessions could not be seen when Azure refuses to list them', () => {
    const { activities } = aGatewayWorld({
      overrides: {
        recordEntries: () => ({ outcome: 'recorded', sessionsToSee: true }),
        startSessionList: () => ({ outcome: 'refused', code: 'No', message: 'No list.' }),
        recordSessions: () => null,
      },
    });

    const run = runOrchestration(applyGateway, input, activities);

    expect(inputsOf(run, 'recordSessions')).toEqual([{ gatewayId: 'gw', cut: [], failure: 'No list.' }]);
    expect(run.output).toEqual({ released: true });
  });
});
