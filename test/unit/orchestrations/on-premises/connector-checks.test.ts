import type { ConnectorPlan } from '../../../../src/contracts/on-premises/connectors.ts';
import type { RemoteStepInput } from '../../../../src/contracts/on-premises/remote-commands.ts';
import { aConnectorPlan, dataFileOf } from '../../../support/connector-plan.ts';
import { refuse, type StepReply } from '../../../support/on-premises-world.ts';
import { type ConnectorTelling, tellConnector, type ToldConnector } from '../../../support/run-connector.ts';

function connected(clouds = 1): ConnectorPlan {
  const plan = aConnectorPlan({ clouds });
  return {
    ...plan,
    clouds: plan.clouds.map((cloud) => ({ ...cloud, sqlServer: 'SQL1' })),
    issuers: [{ cloud: 'Cloud_1', thumbprint: 'E'.repeat(40), store: 'CA', certificate: 'AAAA' }],
    trustAttemptedClouds: plan.clouds.map(({ name }) => name),
    trustedClouds: plan.clouds.map(({ name }) => name),
    thumbprints: { 'portal1-1': 'C'.repeat(40), 'portal2-1': 'C'.repeat(40) },
  };
}

function tell(kind: 'verify' | 'disconnect', telling: Partial<ConnectorTelling> = {}): ToldConnector {
  const { plan = connected() } = telling;
  const told = tellConnector(kind, { files: plan.clouds.map(dataFileOf), ...telling, plan });
  expect(told.unplanned).toEqual([]);
  return told;
}

function answering(stepId: string, reply: StepReply): (step: RemoteStepInput) => StepReply {
  return (step) => (step.stepId === stepId ? reply : undefined);
}

describe('src/orchestrations/on-premises/connector-checks verifyConnector', () => {
  it('looks at everything and changes nothing', () => {
    const { run, ran, asked, locks, stepsWith, shown } = tell('verify', { plan: connected(2) });

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(ran.every((step) => step.endsWith(' probe'))).toBe(true);
    expect(ran).toEqual([
      'W13 host probe',
      ...[1, 2].flatMap((cloud) => [
        ...['W20', 'W21', 'W22'].map((step) => `${step} portal${cloud}-1 probe`),
        'W23 wasp probe',
        'W23 client probe',
        `W28 api${cloud}-1 probe`,
        `W31 api${cloud}-1 probe`,
      ]),
    ]);
    expect(asked).toEqual([]);
    expect(locks).toEqual([]);
    expect(stepsWith('succeeded')).toHaveLength(shown.size);
  });

  it.each([
    ['W13', 'W13: Enable multi-cloud mode'],
    ['W20', 'W20 portal1-1: Check the sites'],
    ['W21', 'W21 portal1-1: Bind the certificate'],
    ['W22', 'W22 portal1-1: Configure the connector'],
    ['W28', 'W28 api1-1: Check the tenant API'],
    ['W31', 'W32 Cloud_1: Check the trust'],
  ])('says where %s is no longer as it was made, and shows that step as failed', (stepId, name) => {
    const { run, statusOf } = tell('verify', {
      steps: answering(stepId, { outcome: 'notDone', facts: {}, message: 'The binding is another.' }),
    });

    expect(run.output).toMatchObject({ status: 'failed', step: name, code: 'verifyFailed' });
    expect((run.output as { readonly message: string }).message).toContain('The binding is another.');
    expect(statusOf(name)).toBe('failed');
  });

  it('adds what the network looks like where something is no longer so', () => {
    const { run } = tell('verify', {
      steps: ({ stepId, shownAs }) => {
        if (stepId === 'W22') return { outcome: 'notDone', facts: {} };
        const seen = { host: 'portal1.contoso.com', port: 40_005, issue: 'expired' };
        return stepId === 'W23' && !shownAs.includes('portal') ? { facts: { results: [seen] } } : undefined;
      },
    });

    expect(run.output).toMatchObject({ errors: [{ code: 'expired' }, { code: 'expired' }] });
  });

  it('says that the trust was never established', () => {
    const { run, statusOf } = tell('verify', { files: [] });

    expect(run.output).toMatchObject({ status: 'failed', step: 'W32 Cloud_1: Check the trust', code: 'precondition' });
    expect(statusOf('W32 Cloud_1: Check the trust')).toBe('failed');
  });

  it('ends where there is no connector any more', () => {
    const { run } = tell('verify', {
      overrides: { readConnectorPlan: () => ({ outcome: 'refused', code: 'precondition', message: 'Gone.' }) },
    });

    expect(run.output).toMatchObject({ status: 'failed', message: 'Gone.' });
  });
});

describe('src/orchestrations/on-premises/connector-checks disconnectClouds', () => {
  it('turns the mode off first, then takes each cloud back against the order in which it was connected', () => {
    const { run, ran, asked, locks, stepsWith } = tell('disconnect', { plan: connected(2) });

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(ran).toEqual([
      'W13 host undo',
      ...[1, 2].flatMap((cloud) => [
        `W31 api${cloud}-1 undo`,
        `W27 api${cloud}-1 undo`,
        `W26 api${cloud}-1 undo`,
        ...['W22', 'W21', 'W19', 'W18'].map((step) => `${step} portal${cloud}-1 undo`),
        `W18 api${cloud}-1 undo`,
      ]),
      'W8 wasp undo',
      'W11 host undo',
    ]);
    expect(asked).toEqual(['untrust-cloud-1', 'restore-api-cloud-1', 'untrust-cloud-2', 'restore-api-cloud-2']);
    expect(locks).toEqual([
      'take pep:host',
      'release pep:host',
      ...['take sql:sql1', 'release sql:sql1', 'take sql:sql1', 'release sql:sql1'],
    ]);
    expect([...stepsWith('pending'), ...stepsWith('running'), ...stepsWith('failed')]).toEqual([]);
  });

  it('no longer calls a cloud trusted whose trust was taken back, whatever comes after', () => {
    const { run, noted } = tell('disconnect', { steps: answering('W27', refuse('toolFailed')) });

    expect(run.output).toMatchObject({ status: 'failed' });
    expect(noted).toEqual([{ untrustedCloud: 'Cloud_1' }]);
  });

  it('blames no endpoint of a cloud that was never connected', () => {
    const plan = { ...connected(), trustedClouds: [] };
    const { inputs } = tell('verify', { plan, steps: answering('W13', { outcome: 'notDone', facts: {} }) });

    const looked = inputs.flatMap(({ parameters }) => parameters['endpoints'] ?? []);
    expect(looked).toEqual([1, 2].map(() => ({ host: 'portal1.contoso.com', port: 30_081 })));
  });

  it('asks no machine and nobody where nothing was ever begun', () => {
    const { run, ran, asked, locks, stepsWith, shown } = tell('disconnect', {
      plan: { ...connected(), changedClouds: [] },
    });

    expect(run.output).toEqual({ status: 'succeeded' });
    expect([...ran, ...asked, ...locks]).toEqual([]);
    expect(stepsWith('succeeded')).toEqual([...shown.keys()]);
  });

  it.each([
    ['the only one', connected(), ['Cloud_old']],
    ['one of two', connected(2), ['Cloud_1', 'Cloud_old']],
  ])('forgets nothing where the connector no longer names %s that was changed', (_which, plan, changedClouds) => {
    const { run, ran, asked } = tell('disconnect', { plan: { ...plan, changedClouds } });

    expect(run.output).toMatchObject({ status: 'failed', code: 'precondition' });
    expect((run.output as { readonly message: string }).message).toContain('Cloud_old');
    expect([...ran, ...asked]).toEqual([]);
  });

  it('leaves a cloud alone whose preconditions never held', () => {
    const { run, ran } = tell('disconnect', { plan: { ...connected(2), changedClouds: ['Cloud_1'] } });

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(ran.filter((step) => /(portal|api)2-/.test(step))).toEqual([]);
    expect(ran).toContain('W19 portal1-1 undo');
  });

  it('passes over a trust that was never tried, though all for it was there, and asks nobody about it', () => {
    const plan = { ...connected(), trustAttemptedClouds: [], trustedClouds: [] };
    const { run, ran, asked, locks, statusOf } = tell('disconnect', { plan });

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(ran.filter((step) => step.startsWith('W31'))).toEqual([]);
    expect(ran).toContain('W26 api1-1 undo');
    expect(asked).toEqual(['restore-api-cloud-1']);
    expect(locks.filter((lock) => lock.includes('sql:'))).toEqual([]);
    expect(statusOf('W31 Cloud_1: Approve: the trust in SQL Server')).toBe('skipped');
    expect(statusOf('W31 Cloud_1: Trust Azure Stack')).toBe('skipped');
  });

  it('takes back a trust that was tried, though it was cut off before it was established', () => {
    const { run, ran, asked } = tell('disconnect', { plan: { ...connected(), trustedClouds: [] } });

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(ran).toContain('W31 api1-1 undo');
    expect(asked).toContain('untrust-cloud-1');
  });

  it('calls no trust never established that was tried, where its data file is not kept any more', () => {
    const { run, ran, asked, statusOf } = tell('disconnect', { files: [] });

    expect(run.output).toMatchObject({
      status: 'failed',
      step: 'W31 Cloud_1: Trust Azure Stack',
      code: 'precondition',
    });
    expect(statusOf('W31 Cloud_1: Trust Azure Stack')).toBe('failed');
    expect([ran, asked]).toEqual([['W13 host undo'], []]);
  });

  it('passes over a data file that never was', () => {
    const plan = { ...connected(), trustAttemptedClouds: [], trustedClouds: [] };
    const { run, ran, statusOf } = tell('disconnect', { plan, files: [] });

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(ran).not.toContain('W26 api1-1 undo');
    expect(statusOf('W26 api1-1: Copy the data file')).toBe('skipped');
  });

  it.each([
    ['untrust-cloud-1', 'W31 api1-1 undo'],
    ['restore-api-cloud-1', 'W27 api1-1 undo'],
  ])('takes nothing further back where %s is rejected', (name, step) => {
    const { run, ran } = tell('disconnect', { decide: (asked) => (asked === name ? 'rejected' : undefined) });

    expect(run.output).toMatchObject({ status: 'failed', code: 'notApproved' });
    expect(ran).not.toContain(step);
  });

  it.each(['W13', 'W31', 'W27', 'W26', 'W22', 'W19', 'W18', 'W8', 'W11'])(
    'stops where %s cannot be taken back, and gives its locks back',
    (stepId) => {
      const { run, locks, stepsWith } = tell('disconnect', { steps: answering(stepId, refuse('toolFailed')) });

      expect(run.output).toMatchObject({ status: 'failed', code: 'toolFailed' });
      expect(stepsWith('failed')).toHaveLength(1);
      expect(locks.filter((lock) => lock.startsWith('take'))).toHaveLength(locks.length / 2);
    },
  );

  it('waits for the SQL server while another operation has it', () => {
    const { run, notes, statusOf } = tell('disconnect', { heldBy: { 'sql:sql1': 3 } });

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(notes).toContain('Waits for operation op-other, which is at work there.');
    expect(statusOf('W31 Cloud_1: Trust Azure Stack')).toBe('undone');
  });
});
