import type { ChosenSessions } from '../../../../src/contracts/gateways/disconnect-sessions.ts';
import { disconnectSessions } from '../../../../src/orchestrations/gateways/disconnect-sessions.ts';
import { type OrchestrationRun, runOrchestration } from '../../../support/orchestration-driver.ts';

const input = { operationId: 'op-1', gatewayId: 'vnet1gw' };
const nobody: ChosenSessions = { connectionIds: [], leftAlone: [] };
const five = 5 * 60 * 1000;

interface Told {
  readonly run: OrchestrationRun;
  readonly cuts: readonly (readonly string[])[];
  /** What the operation ended with. */
  readonly end: {
    readonly end: object;
    readonly disconnected: readonly string[];
    readonly leftAlone: readonly object[];
  };
}

/** Runs it against lists that are as given, one after the other. */
function run(lists: readonly ChosenSessions[], answers: Readonly<Record<string, () => unknown>> = {}): Told {
  const left = [...lists];
  const cuts: (readonly string[])[] = [];
  let end: Told['end'] | undefined;
  const result = runOrchestration(disconnectSessions, input, {
    beginStep: () => ({ cancelRequested: false }),
    endStep: () => null,
    startSessionList: () => ({ outcome: 'started', state: 'list', seconds: 10 }),
    pollChosenSessions: () => ({ outcome: 'done', ...left.shift() }),
    startDisconnect: ({ connectionIds }: { readonly connectionIds: readonly string[] }) => {
      cuts.push(connectionIds);
      return { outcome: 'started', state: 'cut', seconds: 10 };
    },
    pollDisconnect: () => ({ outcome: 'done' }),
    finishDisconnect: (told: Told['end']) => {
      end = told;
      return null;
    },
    ...answers,
  });
  if (end === undefined) throw new Error('it did not end');
  return { run: result, cuts, end };
}

describe('src/orchestrations/gateways/disconnect-sessions', () => {
  it('says that they are gone after a list that is newer than the cut by more than the time between two counts', () => {
    const { run: ran, cuts, end } = run([{ connectionIds: ['OVPN_1', 'OVPN_2'], leftAlone: [] }, nobody]);

    expect(cuts).toEqual([['OVPN_1', 'OVPN_2']]);
    expect(end).toEqual({
      ...input,
      end: { status: 'succeeded' },
      disconnected: ['OVPN_1', 'OVPN_2'],
      leftAlone: [],
    });
    const cutAt = ran.history.findLast(({ name }) => name === 'pollDisconnect')?.at ?? '';
    const lookAt = ran.history.findLast(({ name }) => name === 'startSessionList')?.at ?? '';
    expect(Date.parse(lookAt) - Date.parse(cutAt)).toBeGreaterThan(five);
  });

  it('looks again even where nobody is listed: the list may be older than the session', () => {
    const { cuts, end } = run([nobody, { connectionIds: ['OVPN_1'], leftAlone: [] }, nobody]);

    expect(cuts).toEqual([['OVPN_1']]);
    expect(end).toMatchObject({ end: { status: 'succeeded' }, disconnected: ['OVPN_1'] });
  });

  it('cuts again whoever comes back, and in the end says so in the place of success', () => {
    const lists = ['OVPN_1', 'OVPN_2', 'OVPN_3', 'OVPN_4'].map((id) => ({ connectionIds: [id], leftAlone: [] }));

    const { cuts, end } = run(lists);

    expect(cuts).toEqual([['OVPN_1'], ['OVPN_2'], ['OVPN_3']]);
    expect(end.disconnected).toEqual(['OVPN_1', 'OVPN_2', 'OVPN_3']);
    expect(end.end).toMatchObject({
      status: 'failed',
      step: 'lookAgain',
      code: 'sessionsNotDisconnected',
      message: expect.stringContaining('OVPN_4') as string,
    });
  });

  it('claims nothing of a session that stays in the list', () => {
    const stays = { connectionIds: ['OVPN_1'], leftAlone: [] };

    expect(run([stays, stays, stays, stays]).end).toMatchObject({ end: { status: 'failed' }, disconnected: [] });
  });

  it('says of whom it could not tell anything', () => {
    const leftAlone = [{ connectionId: 'OVPN_2', thumbprint: 'AB', reason: 'It may be that of another.' }];

    const { end } = run([
      { connectionIds: ['OVPN_1'], leftAlone },
      { connectionIds: [], leftAlone },
    ]);

    expect(end).toMatchObject({
      end: { status: 'failed', message: 'It may be that of another.' },
      disconnected: ['OVPN_1'],
      leftAlone,
    });
  });

  it.each([
    ['startSessionList', 'disconnect', []],
    ['startDisconnect', 'disconnect', [{ connectionIds: ['OVPN_1'], leftAlone: [] }]],
  ] as const)('ends with what Azure refuses: %s', (activity, step, lists) => {
    const azure = { code: 'AuthorizationFailed', message: 'No.' };
    const refused = () => ({ outcome: 'refused', code: 'azureRefused', message: 'No.', azure });

    const { end } = run(lists, { [activity]: refused });

    expect(end).toMatchObject({ end: { status: 'failed', step, code: 'azureRefused', azure }, disconnected: [] });
  });

  it('claims nothing where the second look fails', () => {
    const looks = [
      { outcome: 'started', state: 'list', seconds: 10 },
      { outcome: 'refused', code: 'azureRefused', message: 'No.' },
    ];

    const { cuts, end } = run([{ connectionIds: ['OVPN_1'], leftAlone: [] }], {
      startSessionList: () => looks.shift(),
    });

    expect(cuts).toEqual([['OVPN_1']]);
    expect(end).toMatchObject({ end: { status: 'failed', step: 'lookAgain' }, disconnected: [] });
  });
});
