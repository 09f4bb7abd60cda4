import type { RemoteStepInput } from '../../../../src/contracts/on-premises/remote-commands.ts';
import {
  checkMachineSteps,
  closeVpnAccessSteps,
  openVpnAccessSteps,
  setVpnUserSteps,
  type VpnAccessPlan,
} from '../../../../src/contracts/on-premises/vpn-access.ts';
import type { ProblemCode } from '../../../../src/domain/problem-codes.ts';
import {
  checkMachine,
  closeVpnAccess,
  openVpnAccess,
  setVpnUser,
} from '../../../../src/orchestrations/on-premises/vpn-access.ts';
import {
  anOnPremisesWorld,
  type OnPremisesWorld,
  type OnPremisesWorldOptions,
  refuse,
  type StepReply,
} from '../../../support/on-premises-world.ts';
import {
  type Activities,
  ActivityFailed,
  inputsOf,
  type OrchestrationRun,
  replayOrchestration,
  runOrchestration,
} from '../../../support/orchestration-driver.ts';

const operationId = `op-${'2'.repeat(32)}`;
const thumbprint = 'A'.repeat(40);
const plan: VpnAccessPlan = {
  stackId: 'poc',
  hostMachine: 'host',
  natMachine: 'nat',
  natVia: { computerName: 'MAS-BGPNAT01', credentialSecret: 'account-nat-admin' },
  internalAddress: '192.168.200.1',
  addressFrom: '192.168.200.201',
  addressTo: '192.168.200.230',
  sharedKeySecret: 'l2tp-key-shared',
  keyVersion: '7',
  keyIsCurrent: false,
  subjectPatterns: ['CN=Root'],
  portalFqdn: 'portal.azurestack.local',
  users: [
    { name: 'ann', passwordSecret: 'vpn-password-ann', wanted: 'enabled', resetPassword: false },
    { name: 'bob', passwordSecret: 'vpn-password-bob', wanted: 'disabled', resetPassword: false },
  ],
};
const notAfter = '2030-01-01T00:00:00.000Z';

const facts: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  P2: { internalNic: 'Internal', externalNic: 'External', dnsServers: ['192.168.200.67'] },
  P13: { serverAddress: '203.0.113.7' },
  P14: { isBehindNat: true },
  P16: { thumbprint, store: 'LocalMachine' },
  P17: { certificate: 'AAAA' },
  P21: { portalAnswers: true },
};

interface Told extends OnPremisesWorld {
  readonly run: OrchestrationRun;
}

interface Telling extends Partial<Omit<OnPremisesWorldOptions, 'overrides'>> {
  readonly plan?: VpnAccessPlan;
  readonly attempt?: number;
  readonly overrides?: Activities;
}

type Procedure = typeof openVpnAccess;

/** Runs a procedure to its end, and runs it again from its history. */
function tell(procedure: Procedure, { attempt = 1, ...telling }: Telling = {}): Told {
  const told = telling.plan ?? plan;
  const steps = telling.steps;
  const world = anOnPremisesWorld({
    planned: procedure === openVpnAccess ? openVpnAccessSteps(told) : closeVpnAccessSteps(told),
    ...telling,
    steps: (input): StepReply => {
      const reply = steps?.(input);
      if (reply !== undefined) return reply;
      return { facts: facts[input.stepId] ?? {} };
    },
    overrides: {
      readVpnAccessPlan: () => ({ outcome: 'ready', plan: told }),
      noteVpnServer: () => null,
      noteVpnUser: () => null,
      keepStackCertificate: () => ({ outcome: 'kept', notAfter }),
      ...telling.overrides,
    },
  });
  const input = { operationId, attempt, target: 'poc' };
  const run = runOrchestration(procedure, input, world.activities);
  expect(replayOrchestration(procedure, input, run.history)).toEqual(run);
  expect(world.ends).toEqual([run.output]);
  expect(world.unplanned).toEqual([]);
  return { ...world, run };
}

function failing(stepId: string, code: ProblemCode = 'toolFailed'): (input: RemoteStepInput) => StepReply {
  return (input) => (input.stepId === stepId ? refuse(code) : undefined);
}

const opened = [
  'P1 host',
  'P2 nat',
  'P16 host',
  'P17 host',
  'P3 nat',
  'P4 nat',
  'P5 nat',
  'P6 nat',
  'P7 nat',
  'P8 nat',
  'P6 nat',
  'P10 nat',
  'P11 nat',
  'P12 nat',
  'P13 nat',
  'P14 nat',
  'P15 nat',
  'P15D nat',
  'P21 host',
];

describe('src/orchestrations/on-premises/vpn-access openVpnAccess', () => {
  it('goes through every step in order and answers what was opened', () => {
    const { run, ran, stepsWith, shown } = tell(openVpnAccess);

    expect(run.output).toEqual({
      status: 'succeeded',
      result: {
        serverAddress: '203.0.113.7',
        certificateNotAfter: notAfter,
        portalAnswers: true,
        users: ['ann', 'bob'],
      },
    });
    expect(ran).toEqual(opened);
    expect(stepsWith('succeeded')).toHaveLength(shown.size);
  });

  it('hands names of secrets to the steps that need them, and to no other', () => {
    const { inputs } = tell(openVpnAccess);

    const secrets = inputs.filter((input) => input.secrets !== undefined);
    expect(secrets.map(({ stepId, secrets: names }) => [stepId, names])).toEqual([
      ['P1', { credential: 'account-nat-admin' }],
      ['P7', { sharedKey: 'l2tp-key-shared' }],
      ['P15', { password: 'vpn-password-ann' }],
    ]);
  });

  it('gives every step a key of its own', () => {
    const { inputs } = tell(openVpnAccess);

    expect(new Set(inputs.map(({ key }) => key)).size).toBe(inputs.length);
    for (const { key } of inputs) expect(key).toMatch(/^op-2{32}-1-[a-z0-9-]{1,40}$/);
  });

  it('notes what it finds, and the key’s version only after the restart that makes it count', () => {
    const { run } = tell(openVpnAccess);

    expect(inputsOf(run, 'noteVpnServer')).toEqual([
      { stackId: 'poc', externalNic: 'External', dnsServers: ['192.168.200.67'] },
      { stackId: 'poc', keyVersion: '7' },
      { stackId: 'poc', serverAddress: '203.0.113.7' },
    ]);
    expect(inputsOf(run, 'noteVpnUser')).toEqual([
      { stackId: 'poc', name: 'ann', state: 'enabled' },
      { stackId: 'poc', name: 'bob', state: 'disabled' },
    ]);
  });

  it('does not look for a way where the NATVM is reached by itself', () => {
    const { natVia: _natVia, ...direct } = plan;

    expect(tell(openVpnAccess, { plan: direct }).ran).toEqual(opened.slice(1));
  });

  it('restarts nothing where nothing changed', () => {
    const { run, ran, statusOf } = tell(openVpnAccess, {
      steps: ({ stepId }) => ({ changed: false, facts: facts[stepId] ?? {} }),
    });

    expect(run.output).toMatchObject({ status: 'succeeded' });
    expect(ran.filter((step) => step.startsWith('P6'))).toEqual([]);
    expect(statusOf('P6: Restart Routing and Remote Access, first time')).toBe('skipped');
    expect(statusOf('P9: Restart Routing and Remote Access, second time')).toBe('skipped');
  });

  it.each([
    ['P4', 'P6: Restart Routing and Remote Access, first time'],
    ['P5', 'P6: Restart Routing and Remote Access, first time'],
    ['P7', 'P9: Restart Routing and Remote Access, second time'],
    ['P8', 'P9: Restart Routing and Remote Access, second time'],
  ])('restarts once where %s alone changed something', (changed, restart) => {
    const { ran, statusOf } = tell(openVpnAccess, {
      steps: ({ stepId }) => ({ changed: stepId === changed, facts: facts[stepId] ?? {} }),
    });

    expect(ran.filter((step) => step.startsWith('P6'))).toHaveLength(1);
    expect(statusOf(restart)).toBe('succeeded');
  });

  it('restarts in a later attempt though nothing changed, because the earlier one may have died before', () => {
    const { ran } = tell(openVpnAccess, {
      attempt: 2,
      steps: ({ stepId }) => ({ changed: false, facts: facts[stepId] ?? {} }),
    });

    expect(ran.filter((step) => step.startsWith('P6'))).toHaveLength(2);
  });

  it.each(['P4', 'P5', 'P6', 'P7', 'P8', 'P10'])('restores address translation after %s failed', (step) => {
    const { run, ran, inputs, stepsWith } = tell(openVpnAccess, { steps: failing(step) });

    expect(run.output).toMatchObject({ status: 'failed', code: 'toolFailed' });
    expect(ran.at(-1)).toBe('P11 nat');
    expect(ran.at(-2)).toBe(`${step} nat`);
    expect(inputs.at(-1)).toMatchObject({ parameters: { externalNic: 'External' }, always: true });
    expect(stepsWith('failed')).toHaveLength(1);
    expect(stepsWith('succeeded')).toContain('P11: Restore address translation');
  });

  it.each(['P4', 'P5', 'P7', 'P8', 'P10'])('restores address translation when it is canceled before %s', (step) => {
    const name = openVpnAccessSteps(plan).find((planned) => planned.name.startsWith(`${step}:`))?.name ?? '';

    const { run, ran, statusOf } = tell(openVpnAccess, { cancelAt: name });

    expect(run.output).toEqual({ status: 'canceled' });
    expect(ran.at(-1)).toBe('P11 nat');
    expect(ran).not.toContain(`${step} nat`);
    expect(statusOf('P11: Restore address translation')).toBe('succeeded');
    expect(statusOf(name)).toBe('pending');
  });

  it('restores address translation when a step’s instance dies', () => {
    const { run, ran, abandoned } = tell(openVpnAccess, {
      steps: ({ stepId }) => (stepId === 'P8' ? 'dies' : undefined),
    });

    // Somebody ended it by hand, or it died: the machine is free for what has to be put right on it.
    expect(abandoned).toEqual(['nat']);

    expect(run.output).toMatchObject({ status: 'failed', code: 'toolFailed', step: 'P8: Set the router type' });
    expect(ran.at(-1)).toBe('P11 nat');
  });

  it('restores address translation when an activity fails for good', () => {
    let notes = 0;
    const { run, ran } = tell(openVpnAccess, {
      overrides: {
        noteVpnServer: () => {
          notes += 1;
          if (notes === 2) throw new ActivityFailed('The table is away.');
        },
      },
    });

    expect(run.output).toMatchObject({ status: 'failed', message: 'The table is away.' });
    expect(ran.at(-1)).toBe('P11 nat');
  });

  it('says both failures when address translation cannot be restored either', () => {
    const { run, stepsWith } = tell(openVpnAccess, {
      steps: ({ stepId }) =>
        stepId === 'P8'
          ? refuse('toolFailed', 'No router.')
          : stepId === 'P11'
            ? refuse('verifyFailed', 'No NAT.')
            : undefined,
    });

    expect(run.output).toEqual({
      status: 'failed',
      step: 'P8: Set the router type',
      code: 'toolFailed',
      message: 'No router. And P11: Restore address translation failed: verifyFailed: No NAT.',
    });
    expect(stepsWith('failed')).toEqual(['P8: Set the router type', 'P11: Restore address translation']);
  });

  it('goes no further when only address translation cannot be restored', () => {
    const { run, ran } = tell(openVpnAccess, { steps: failing('P11', 'verifyFailed') });

    expect(run.output).toMatchObject({ status: 'failed', step: 'P11: Restore address translation' });
    expect(ran.at(-1)).toBe('P11 nat');
  });

  it.each(['P1', 'P2', 'P16', 'P17', 'P3'])('touches nothing of the way out when %s fails', (step) => {
    const { run, ran } = tell(openVpnAccess, { steps: failing(step, 'authFailed') });

    expect(run.output).toMatchObject({ status: 'failed', code: 'authFailed' });
    expect(ran).toEqual(opened.slice(0, opened.findIndex((name) => name.startsWith(`${step} `)) + 1));
  });

  it.each([
    ['P2', 'internalNic'],
    ['P16', 'thumbprint'],
    ['P17', 'certificate'],
  ])('stops where %s does not answer its fact %s', (step, fact) => {
    const { run } = tell(openVpnAccess, {
      steps: ({ stepId }) => (stepId === step ? { facts: { ...facts[stepId], [fact]: '' } } : undefined),
    });

    expect(run.output).toMatchObject({ status: 'failed', code: 'toolFailed' });
    expect(run.output).toMatchObject({ message: expect.stringContaining(fact) as string });
  });

  it('notes a user who could not be let in, and lets no later one in', () => {
    const { run, ran } = tell(openVpnAccess, { steps: failing('P15') });

    expect(run.output).toMatchObject({ status: 'failed', step: 'P15 ann: Let a user in' });
    expect(inputsOf(run, 'noteVpnUser')).toEqual([{ stackId: 'poc', name: 'ann', state: 'failed' }]);
    expect(ran).not.toContain('P15D nat');
  });

  it('says when the exported certificate is not the one that was found', () => {
    const message = 'The exported certificate is another.';
    const { run, ran, statusOf } = tell(openVpnAccess, {
      overrides: { keepStackCertificate: () => ({ outcome: 'refused', code: 'verifyFailed', message }) },
    });

    expect(run.output).toEqual({
      status: 'failed',
      step: 'P18: Keep the root certificate',
      code: 'verifyFailed',
      message,
    });
    expect(statusOf('P18: Keep the root certificate')).toBe('failed');
    expect(ran).not.toContain('P4 nat');
  });

  it('ends where there is nothing to open any more', () => {
    const { run, ran } = tell(openVpnAccess, {
      overrides: {
        readVpnAccessPlan: () => ({ outcome: 'refused', code: 'precondition', message: 'There is no key.' }),
      },
    });

    expect(run.output).toMatchObject({ status: 'failed', code: 'precondition', message: 'There is no key.' });
    expect(ran).toEqual([]);
  });
});

describe('src/orchestrations/on-premises/vpn-access closeVpnAccess', () => {
  const open: VpnAccessPlan = { ...plan, externalNic: 'External', certificate: { thumbprint, store: 'CurrentUser' } };

  it('takes everything back: users first, the way last', () => {
    const { run, ran, inputs, stepsWith } = tell(closeVpnAccess, { plan: open });

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(ran).toEqual([
      'P15D nat',
      'P15D nat',
      'P12 nat undo',
      'P14 nat undo',
      'P5 nat undo',
      'P4 nat undo',
      'P3 nat undo',
      'P6 nat',
      'P11 nat',
      'P17 host undo',
      'P1 host undo',
    ]);
    expect(inputs.find(({ stepId }) => stepId === 'P17')?.parameters).toEqual({ thumbprint, store: 'CurrentUser' });
    expect(stepsWith('pending')).toEqual([]);
  });

  it.each(['P5', 'P4', 'P3', 'P6'])('restores address translation when taking %s back failed', (step) => {
    const { run, ran } = tell(closeVpnAccess, { plan: open, steps: failing(step) });

    expect(run.output).toMatchObject({ status: 'failed' });
    expect(ran.at(-1)).toBe('P11 nat');
  });

  it('passes over what was never there', () => {
    const { run, ran, statusOf } = tell(closeVpnAccess);

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(ran).not.toContain('P11 nat');
    expect(ran).not.toContain('P17 host undo');
    expect(statusOf('P11: Restore address translation')).toBe('skipped');
    expect(statusOf('P17: Export the root certificate')).toBe('skipped');
  });
});

describe('src/orchestrations/on-premises/vpn-access setVpnUser', () => {
  it.each([
    ['enabled', 'P15 nat', { userName: 'ann', resetPassword: true }, { password: 'vpn-password-ann' }],
    ['disabled', 'P15D nat', { userName: 'ann' }, undefined],
    ['removed', 'P15R nat', { userName: 'ann' }, undefined],
  ] as const)('brings a user to %s', (wanted, step, parameters, secrets) => {
    const intent = { name: 'ann', passwordSecret: 'vpn-password-ann', wanted, resetPassword: true };

    const { run, ran, inputs, stepsWith } = tell(setVpnUser, {
      planned: setVpnUserSteps(intent),
      overrides: { readVpnUserIntent: () => intent },
    });

    expect(run.output).toEqual({ status: 'succeeded', result: { user: 'ann', state: wanted } });
    expect(ran).toEqual([step]);
    expect(inputs[0]?.parameters).toEqual(parameters);
    expect(inputs[0]?.secrets).toEqual(secrets);
    expect(inputsOf(run, 'noteVpnUser')).toEqual([{ stackId: 'poc', name: 'ann', state: wanted }]);
    expect(stepsWith('pending')).toEqual([]);
  });
});

describe('src/orchestrations/on-premises/vpn-access checkMachine', () => {
  it('answers who is there', () => {
    const seen = { hostName: 'MAS-BGPNAT01', isElevated: true };

    const { run, ran } = tell(checkMachine, { planned: checkMachineSteps, steps: () => ({ facts: seen }) });

    expect(run.output).toEqual({ status: 'succeeded', result: seen });
    expect(ran).toEqual(['C1 poc probe']);
  });

  it('says why nobody is', () => {
    const { run, stepsWith } = tell(checkMachine, { planned: checkMachineSteps, steps: failing('C1', 'unreachable') });

    expect(run.output).toMatchObject({ status: 'failed', code: 'unreachable' });
    expect(stepsWith('failed')).toEqual(['C1: Check the machine']);
  });
});
