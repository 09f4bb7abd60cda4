/**
 * VPN access under kill -9: the runtime is killed at every step of the opening and of the closing, in the middle of its
 * work. The machines end as they should, and what is to be done once is done once.
 */
import { type RunningTestStack, waitUntil } from '../support/stack.ts';
import { readSecret } from './support/azure.ts';
import type { JournalEntry } from './support/line.ts';
import { readChanges, seeMachine } from './support/onprem-line.ts';
import { accessPath, dialIn, nat, seeAccess, startPoc, touchedState } from './support/onprem-vpn.ts';
import { createPatientCaller, type PatientCaller } from './support/patient-caller.ts';
import { readTable } from './support/read-tables.ts';
import { startStepKiller, type StepKiller } from './support/step-killer.ts';

const minuteMs = 60_000;
/** A command begins: it goes on while the runtime is away. Of steps that change nothing, the look is all there is. */
const begins = /\/(P[0-9A-Z]+\/(apply|undo)|P(2|13|16|21)\/probe)$/;
/** What must not happen twice has happened, and nobody has heard of it. */
const ends = /\/P(4|5|7|15)\/apply$/;

describe('src/orchestrations/on-premises/vpn-access, killed at every step', () => {
  let stack: RunningTestStack;
  let caller: PatientCaller;
  let killer: StepKiller;
  let before: object;

  beforeAll(async () => {
    stack = await startPoc();
    caller = createPatientCaller(stack);
    before = await touchedState(stack);
    killer = startStepKiller(stack);
  }, 5 * minuteMs);

  afterAll(async () => {
    await stack.stop();
  }, 5 * minuteMs);

  /** Takes a part to its end under fire. The clock is moved all the while; it waits for a runtime that is away. */
  async function part(name: string, method: string, body?: object): Promise<void> {
    killer.enter(name, isMachineStep);
    const answer = await caller.call({
      method,
      path: accessPath,
      key: `key-of-${name}`,
      ...(body === undefined ? {} : { body }),
    });
    const { id } = answer.body as { readonly id: string };
    let status = '';
    await waitUntil(async () => {
      await stack.control('POST', '/clock', { advance: 'PT10S' });
      const seen = await caller.call({ method: 'GET', path: `/api/operations/${id}` });
      status = String((seen.body as { readonly status?: string }).status);
      return ['succeeded', 'failed', 'canceled'].includes(status);
    }, 10 * minuteMs);
    expect(`${name} ${status}`).toBe(`${name} succeeded`);
  }

  it(
    'ends open with everything once, and closed as before',
    async () => {
      await part('open', 'POST', { users: [{ name: 'ann' }] });
      await expectOpenOnce();
      const opened = (await readChanges(stack)).length;
      await part('close', 'DELETE');
      await killer.stop();
      await caller.untilQuiet();

      expect(killer.kills().length).toBeGreaterThan(20);
      expect(await touchedState(stack)).toEqual(before);
      expect((await readChanges(stack)).slice(opened)).toEqual([
        'P15D apply',
        'P12 undo',
        'P14 undo',
        'P5 undo',
        'P4 undo',
        'P3 undo',
        'P6 apply',
        'P17 undo',
        'P1 undo',
      ]);
      expect(await readTable(stack, 'Claims')).toEqual([]);
      expect(await readTable(stack, 'Unfinished')).toEqual([]);
    },
    20 * minuteMs,
  );

  async function expectOpenOnce(): Promise<void> {
    const { users, sharedKeySecret, state } = await seeAccess(stack);
    const password = (await readSecret(stack, users[0]?.passwordSecret ?? '')) ?? '';
    const sharedKey = (await readSecret(stack, sharedKeySecret)) ?? '';

    expect(state).toBe('open');
    expect((await readChanges(stack)).map((change) => change.replace(' apply', ''))).toEqual(
      'P1 P17 P3 P4 P5 P6 P7 P8 P6 P10 P11 P12 P14 P15'.split(' '),
    );
    expect((await seeMachine(stack, nat)).isNatUp).toBe(true);
    expect(await dialIn(stack, { userName: 'ann', password, sharedKey })).toBe('connected');
  }
});

function isMachineStep({ service, path, method }: JournalEntry): boolean {
  return service === 'windows' && (method === 'START' ? begins : ends).test(path);
}
