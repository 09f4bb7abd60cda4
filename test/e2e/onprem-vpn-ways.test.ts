/** The same VPN access where machines are reached by Azure Arc, and where nobody but a person reaches them. */
import type { RunningTestStack } from '../support/stack.ts';
import { readSecret } from './support/azure.ts';
import { readJournal } from './support/line.ts';
import { readChanges, readHistory, seeMachine, untilDone, untilOperation, type Way } from './support/onprem-line.ts';
import { answerWith, type Known, shownCommands, workAt } from './support/onprem-person.ts';
import {
  accessPath,
  closeAccess,
  dialIn,
  host,
  nat,
  natAdministrator,
  natCredentialSecret,
  openAccess,
  seeAccess,
  setUpPoc,
  startPoc,
  touchedState,
} from './support/onprem-vpn.ts';

jest.setTimeout(600_000);

let stack: RunningTestStack;
let before: object;

beforeAll(async () => {
  stack = await startPoc();
});

afterAll(async () => {
  await stack.stop();
});

async function resultOf(id: string): Promise<void> {
  await untilDone(stack, await stack.api('GET', `/api/operations/${id}/result`));
}

async function expectOpenFor(userName: string): Promise<void> {
  const { users, sharedKeySecret } = await seeAccess(stack);
  const user = users.find(({ name }) => name === userName);
  const password = (await readSecret(stack, user?.passwordSecret ?? '')) ?? '';
  const sharedKey = (await readSecret(stack, sharedKeySecret)) ?? '';

  expect(await dialIn(stack, { userName, password, sharedKey })).toBe('connected');
  expect((await seeMachine(stack, nat)).isNatUp).toBe(true);
}

async function expectWay(way: Way): Promise<void> {
  const history = await readHistory(stack);

  expect(new Set(history.map(({ transport, connectedTo }) => `${transport} ${connectedTo}`))).toEqual(
    new Set([`${way} ${host}`]),
  );
  expect((await readChanges(stack)).filter((change) => /^P[45] apply/.test(change))).toEqual(['P4 apply', 'P5 apply']);
}

describe('src/orchestrations/on-premises/vpn-access, by Azure Arc', () => {
  beforeAll(async () => {
    await setUpPoc(stack, 'arc');
    before = await touchedState(stack);
  });

  it('opens, lets a user in, and leaves no run command behind', async () => {
    await resultOf((await openAccess(stack, ['ann'])).id);
    const calls = (await readJournal(stack, { service: 'arm' })).filter(({ path }) => path.includes('/runCommands/'));
    const named = (method: string): ReadonlySet<string> =>
      new Set(calls.filter((call) => call.method === method).map(({ path }) => path.split('?')[0] ?? ''));

    await expectOpenFor('ann');
    await expectWay('arc');
    expect(named('PUT').size).toBeGreaterThan(20);
    expect(named('DELETE')).toEqual(named('PUT'));
  });

  it('takes everything back', async () => {
    await resultOf((await closeAccess(stack)).id);

    expect(await touchedState(stack)).toEqual(before);
    expect(await seeAccess(stack)).toMatchObject({ state: 'closed', users: [] });
  });
});

describe('src/orchestrations/on-premises/vpn-access, by hand', () => {
  /** What the administrator of the stack knows or looks up in Key Vault. */
  async function remember(): Promise<Known> {
    const { users, sharedKeySecret } = await seeAccess(stack);
    const names = [sharedKeySecret, ...users.map(({ passwordSecret }) => passwordSecret)];
    const texts = await Promise.all(names.map(async (name) => [name, (await readSecret(stack, name)) ?? ''] as const));
    return { ...Object.fromEntries(texts), [natCredentialSecret]: natAdministrator };
  }

  async function byHand(id: string): Promise<void> {
    const done = ({ status }: { readonly status: string }): boolean => status === 'succeeded';
    const onLook = (): Promise<unknown> => workAt(stack, host, remember);
    // No more than the pauses of the app itself: nobody has to wait for a person who works at once.
    await untilOperation(stack, id, done, { step: 'PT1S', onLook });
  }

  beforeAll(async () => {
    await setUpPoc(stack, 'manual');
    before = await touchedState(stack);
  });

  it('shows one command at a time, with words on what to do, and takes its own answer only', async () => {
    const { id } = await openAccess(stack, ['ann']);
    const waiting = await untilOperation(stack, id, ({ status }) => status === 'waiting');
    const commands = await shownCommands(stack, host);
    const [command] = commands;
    const line = { v: 1, step: 'P4', mode: 'probe', changed: false, ok: true, code: '', facts: {} };
    const refused = [
      await answerWith(stack, host, command ?? { id: 'none' }, JSON.stringify(line)),
      await answerWith(stack, host, command ?? { id: 'none' }, '"; Remove-Item C:\\ -Recurse'),
      await answerWith(stack, host, { id: 'another' }, JSON.stringify(line)),
    ];
    const [script] = await Promise.all([
      stack.api('GET', `/api/machines/${host}/commands/${command?.id ?? ''}/script`),
    ]);

    expect(waiting.waitingFor).toMatchObject({ kind: 'manual', detail: expect.stringContaining(host) as string });
    expect(commands).toEqual([expect.objectContaining({ step: 'P1', mode: 'probe', machineId: host })]);
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 404]);
    expect(script.body).toContain('# Gatehouse step P1');
    expect((await shownCommands(stack, host)).length).toBe(1);
    await byHand(id);
    expect(await shownCommands(stack, host)).toEqual([]);
    await expectOpenFor('ann');
    await expectWay('manual');
  });

  it('goes no further once it was canceled, and can be resumed', async () => {
    const { id } = await openAccess(stack, ['ann', 'bob']);
    await untilOperation(stack, id, ({ status }) => status === 'waiting');
    await stack.api('POST', `/api/operations/${id}/cancel`);
    const canceled = await untilOperation(stack, id, ({ status }) => status === 'canceled');
    const left = await shownCommands(stack, host);
    await stack.api('POST', `/api/operations/${id}/resume`);
    await byHand(id);

    expect(canceled.status).toBe('canceled');
    expect(left).toEqual([]);
    await expectOpenFor('bob');
  });

  it('takes everything back', async () => {
    const { id } = await closeAccess(stack);
    await byHand(id);

    expect(await touchedState(stack)).toEqual(before);
    expect((await stack.api('DELETE', accessPath)).status).toBe(409);
  });
});
