/**
 * What goes wrong while VPN access is shared: the stack keeps its way out, people are told, and the procedure can be
 * resumed.
 */
import type { OperationView } from '../../src/domain/operation.ts';
import type { RunningTestStack } from '../support/stack.ts';
import { readSecret, writeSecret } from './support/azure.ts';
import { acceptedOperation, expectStatus, type JsonObject } from './support/line.ts';
import {
  breakMachine,
  decide,
  readChanges,
  readHistory,
  seeMachine,
  stepStates,
  untilAsked,
  untilEnd,
  untilOperation,
} from './support/onprem-line.ts';
import {
  accessPath,
  dialIn,
  host,
  nat,
  natAdministrator,
  natCredentialSecret,
  openAccess,
  seeAccess,
  setUpPoc,
  stackId,
  startPoc,
} from './support/onprem-vpn.ts';
import { readTable } from './support/read-tables.ts';

jest.setTimeout(600_000);

let stack: RunningTestStack;

beforeAll(async () => {
  stack = await startPoc();
});

beforeEach(async () => {
  await setUpPoc(stack, 'ssh');
});

afterAll(async () => {
  await stack.stop();
});

async function succeeds(id: string): Promise<void> {
  await untilOperation(stack, id, ({ status }) => status === 'succeeded');
}

async function resume(id: string): Promise<void> {
  acceptedOperation(await stack.api('POST', `/api/operations/${id}/resume`));
  await succeeds(id);
}

async function changesOf(...steps: readonly string[]): Promise<readonly string[]> {
  return (await readChanges(stack)).filter((change) => steps.includes(change.replace(' apply', '')));
}

async function isNatUp(): Promise<boolean | undefined> {
  return (await seeMachine(stack, nat)).isNatUp;
}

async function expectOpen(): Promise<void> {
  const { state, users, sharedKeySecret } = await seeAccess(stack);
  const password = (await readSecret(stack, users[0]?.passwordSecret ?? '')) ?? '';
  const sharedKey = (await readSecret(stack, sharedKeySecret)) ?? '';

  expect(state).toBe('open');
  expect(await dialIn(stack, { userName: users[0]?.name ?? '', password, sharedKey })).toBe('connected');
  expect(await isNatUp()).toBe(true);
}

describe('src/orchestrations/on-premises/vpn-access, when something goes wrong', () => {
  it('restores the way out when a role cannot be installed, says why, and goes on from there', async () => {
    await breakMachine(stack, {
      machine: nat,
      step: 'P5',
      mode: 'apply',
      then: { kind: 'fail', code: 'ToolFailed' },
    });
    const { id } = await openAccess(stack, ['ann']);
    await untilOperation(
      stack,
      id,
      ({ steps }) => steps.some(({ name, status }) => name.startsWith('P5') && status === 'running'),
      {
        step: 'PT2S',
      },
    );
    const during = await isNatUp();
    const failed = await untilEnd(stack, id);
    const after = await isNatUp();
    const { state } = await seeAccess(stack);
    await resume(id);

    expect([during, after]).toEqual([false, true]);
    expect(failed).toMatchObject({ status: 'failed', problem: { code: 'ERR_OPERATION_FAILED' } });
    expect(failed.problem?.detail).toMatch(/P5: Install the site-to-site role.*toolFailed.*resume/);
    expect(stepStates(failed)).toMatchObject({
      'P5: Install the site-to-site role': 'failed',
      'P11: Restore address translation': 'succeeded',
      'P12: Allow remote access in the network policy': 'pending',
    });
    expect(state).toBe('failed');
    expect(await changesOf('P4', 'P5', 'P15')).toEqual(['P4 apply', 'P5 apply', 'P15 apply']);
    await expectOpen();
  });

  it('restarts the NATVM only when somebody said so', async () => {
    await breakMachine(stack, { machine: nat, then: { kind: 'reboot' } });
    const { id } = await openAccess(stack, ['ann']);
    const asked = await untilAsked(stack, id);
    await stack.advance('PT30M');
    const beforeDecision = await seeMachine(stack, nat);
    await decide(stack, id, 'approve', { name: 'restart-natvm-p4', comment: 'nobody works there' });
    await succeeds(id);
    const restarted = await seeMachine(stack, nat);

    expect(asked.waitingFor).toMatchObject({ kind: 'approval', detail: expect.stringContaining('restart') as string });
    expect(beforeDecision).toMatchObject({ isRestartPending: true, lastBootMs: 0, power: 'on' });
    expect(restarted.lastBootMs).toBeGreaterThan(0);
    expect(await changesOf('C2', 'P4')).toEqual(['P4 apply', 'C2 apply', 'P4 apply']);
    await expectOpen();
  });

  it('ends with the way out restored when the restart is rejected', async () => {
    await breakMachine(stack, { machine: nat, then: { kind: 'reboot' } });
    const { id } = await openAccess(stack, ['ann']);
    await untilAsked(stack, id);
    await decide(stack, id, 'reject');
    const failed = await untilEnd(stack, id);

    expect(failed.problem?.detail).toMatch(/rebootRequired.*rejected/);
    expect(await isNatUp()).toBe(true);
    expect((await seeMachine(stack, nat)).lastBootMs).toBe(0);
  });

  it('tries a wrong password once, ever', async () => {
    await writeSecret(stack, natCredentialSecret, JSON.stringify({ ...natAdministrator, password: 'Not-This-One-1' }));
    const { id } = await openAccess(stack, ['ann']);
    const failed = await untilEnd(stack, id);
    const [administrator] = (await seeMachine(stack, nat)).accounts;
    const attempts = (await readHistory(stack)).filter(({ step }) => step === 'P1');
    await writeSecret(stack, natCredentialSecret, JSON.stringify(natAdministrator));
    await resume(id);

    expect(failed.problem?.detail).toMatch(/P1: Reach the NATVM from the host failed\. authFailed: /);
    expect(failed.problem?.detail).not.toContain('Not-This-One-1');
    expect(administrator).toMatchObject({ badLogons: 1, isLockedOut: false });
    expect(attempts.map(({ mode }) => mode)).toEqual(['probe', 'apply']);
    await expectOpen();
  });

  it('waits for a host that refuses connections for minutes', async () => {
    const { id } = await openAccess(stack, ['ann']);
    const isAtP7 = ({ steps }: OperationView): boolean =>
      steps.some(({ name, status }) => name.startsWith('P7') && status !== 'pending');
    await untilOperation(stack, id, isAtP7, { step: 'PT2S' });
    await breakMachine(stack, { machine: host, times: 60, then: { kind: 'refuse' } });
    await stack.advance('PT5M');
    const during = expectStatus(await stack.api('GET', `/api/operations/${id}`), 200);
    await succeeds(id);

    expect(during['status']).toBe('running');
    expect(await changesOf('P4', 'P5', 'P15')).toEqual(['P4 apply', 'P5 apply', 'P15 apply']);
    await expectOpen();
  });

  it('restores the way out after the NATVM lost its power in the middle of the installation', async () => {
    await breakMachine(stack, { machine: nat, step: 'P4', mode: 'apply', then: { kind: 'die', seconds: 120 } });
    const { id } = await openAccess(stack, ['ann']);
    const failed = await untilEnd(stack, id);
    const isUp = await isNatUp();
    await resume(id);

    expect(failed).toMatchObject({ status: 'failed', problem: { detail: expect.stringContaining('P4') as string } });
    expect(isUp).toBe(true);
    expect(await changesOf('P4', 'P5')).toEqual(['P4 apply', 'P5 apply']);
    await expectOpen();
  });

  it('does once what was answered late, twice, garbled or not at all', async () => {
    for (const [step, kind] of [
      ['P3', 'olderFirst'],
      ['P4', 'wrongLine'],
      ['P5', 'noAnswer'],
      ['P7', 'olderOnly'],
    ] as const) {
      await breakMachine(stack, { machine: nat, step, mode: 'apply', then: { kind } });
    }
    await breakMachine(stack, { machine: host, times: 3, then: { kind: 'dropAfter' } });
    await breakMachine(stack, { machine: host, times: 3, then: { kind: 'dropBefore' } });
    const { id } = await openAccess(stack, ['ann']);
    await succeeds(id);

    expect(await changesOf('P3', 'P4', 'P5', 'P15')).toEqual(['P3 apply', 'P4 apply', 'P5 apply', 'P15 apply']);
    await expectOpen();
  });

  it('opens once when it is asked for twice at the same time', async () => {
    const answers = await Promise.all([1, 2].map(() => stack.api('POST', accessPath, { users: [{ name: 'ann' }] })));
    const accepted = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 409);
    const [first] = accepted;
    if (first !== undefined) await succeeds(acceptedOperation(first).id);

    expect([accepted.length, refused.length]).toEqual([1, 1]);
    expect(refused[0]?.body).toMatchObject({ errors: [{ code: 'inUse' }] });
    expect(await changesOf('P4', 'P15')).toEqual(['P4 apply', 'P15 apply']);
    await expectOpen();
  });

  it('lets users in side by side, and carries a password of any characters as it is', async () => {
    const password = `Aa1'"\`$(x);|&\n ä\u{1f511}`;
    await writeSecret(stack, 'vpn-password-odd', password);
    await succeeds((await openAccess(stack, [], { users: [{ name: 'ann', passwordSecret: 'vpn-password-odd' }] })).id);
    const both = await Promise.all([
      stack.api('POST', `/api/stacks/${stackId}/users`, { name: 'bob' }),
      stack.api('POST', `/api/stacks/${stackId}/users`, { name: 'carol' }),
    ]);
    for (const answer of both) await succeeds(acceptedOperation(answer).id);

    const enabled = (await seeMachine(stack, nat)).accounts
      .filter(({ isEnabled }) => isEnabled)
      .map(({ name }) => name);
    expect(enabled.toSorted()).toEqual(['Administrator', 'ann', 'bob', 'carol']);
  });
});

const hostileNames = [
  '',
  "ann'",
  'ann"; Remove-Item C:\\',
  '$(whoami)',
  '`whoami`',
  'ann;bob',
  'ann\nbob',
  'ann\u0000',
  'änn',
  'ann\u202e',
  'ann\uff04',
  '../ann',
  'ann.',
  'a'.repeat(21),
  'AZURESTACK\\ann',
  'ann@contoso.com',
];

describe('src/functions/on-premises/vpn-access, sent what no user is called', () => {
  async function refusalOf(path: string, body: JsonObject): Promise<readonly string[]> {
    const answer = await stack.api('POST', path, body);
    const { errors } = expectStatus(answer, 400) as unknown as {
      readonly errors: readonly { readonly path: string; readonly fix: string }[];
    };
    expect(errors.every(({ fix }) => fix.length > 5)).toBe(true);
    return errors.map((error) => error.path);
  }

  it.each(hostileNames)('refuses %j as a user, and says where it stands', async (name) => {
    const rowsBefore = await readTable(stack, 'VpnUsers');

    expect(await refusalOf(accessPath, { users: [{ name: 'ann' }, { name }] })).toEqual(['/users/1/name']);
    expect(await refusalOf(`/api/stacks/${stackId}/users`, { name })).toEqual(['/name']);
    expect(await readTable(stack, 'VpnUsers')).toEqual(rowsBefore);
  });

  it('tells every problem of a request at once', async () => {
    const order = {
      addressRange: { from: '192.168.200.230', to: '192.168.200.1' },
      users: [{ name: 'ann' }, { name: 'ANN' }],
      splitRoutes: ['192.168.100.0/24'],
    };

    expect(await refusalOf(accessPath, order)).toEqual(['/addressRange', '/users/1/name']);
  });

  it('refuses a shared key that not every client takes, without saying it', async () => {
    await writeSecret(stack, 'l2tp-key-odd', `it's $(not) "a" key; \n`);
    const answer = await stack.api('POST', accessPath, { sharedKeySecret: 'l2tp-key-odd' });

    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/sharedKeySecret', code: 'sharedKeyUnfit' }] },
    });
    expect(JSON.stringify(answer.body)).not.toContain('$(not)');
  });
});
