import type { CollectedFile, ConnectorPlan } from '../../../../src/contracts/on-premises/connectors.ts';
import type { RemoteStepInput } from '../../../../src/contracts/on-premises/remote-commands.ts';
import type { ProblemCode } from '../../../../src/domain/problem-codes.ts';
import { aConnectorPlan, wellFacts } from '../../../support/connector-plan.ts';
import { refuse, type StepReply } from '../../../support/on-premises-world.ts';
import { ActivityFailed, inputsOf } from '../../../support/orchestration-driver.ts';
import { connectorOperationId, type ConnectorTelling, tellConnector } from '../../../support/run-connector.ts';

/** Nothing of the connector is there yet: what is looked at first is not done. */
function fresh({ stepId, action }: RemoteStepInput): StepReply {
  const isLookedAt = action === 'probe' && ['W13', 'W27', 'W31'].includes(stepId);
  return isLookedAt ? { outcome: 'notDone', facts: {} } : undefined;
}

function connect(telling: Partial<ConnectorTelling> = {}) {
  const { plan = aConnectorPlan(), steps = () => undefined } = telling;
  const trusted = new Set<string>();
  return tellConnector('connect', {
    ...telling,
    plan,
    steps: (step) => {
      const reply = steps(step);
      if (reply !== undefined) return reply;
      if (step.stepId === 'W31' && step.action === 'ensure') trusted.add(step.machineId);
      // The second look at the trust is W32's.
      if (step.stepId === 'W31' && trusted.has(step.machineId)) return undefined;
      return fresh(step);
    },
  });
}

function failing(
  stepId: string,
  code: ProblemCode = 'toolFailed',
  machineId?: string,
): (step: RemoteStepInput) => StepReply {
  return (step) =>
    step.stepId === stepId && step.action === 'ensure' && (machineId ?? step.machineId) === step.machineId
      ? refuse(code)
      : undefined;
}

const preconditions = ['W6 wasp probe', 'W23 client probe'];
const preconditionsOf = (cloud: number): string[] =>
  [...['W2 portal', 'W2 api', 'W7 portal', 'W10 portal', 'W6 portal', 'W6 api', 'W27 api', 'W28 api', 'W30 api']].map(
    (step) => `${step}${cloud}-1 probe`,
  );
const ofCloud = (cloud: number): string[] => [
  ...['W10', 'W18', 'W19', 'W20', 'W21', 'W22'].map((step) => `${step} portal${cloud}-1`),
  'W23 wasp probe',
  'W23 client probe',
  `W27 api${cloud}-1 probe`,
  ...['W18', 'W26', 'W27', 'W28', 'W30'].map((step) => `${step} api${cloud}-1`),
  `W31 api${cloud}-1 probe`,
  `W31 api${cloud}-1`,
  `W31 api${cloud}-1 probe`,
  `W30 api${cloud}-1`,
];

describe('src/orchestrations/on-premises/connect-clouds', () => {
  it('does the stack’s side once, then cloud by cloud, and shows every step as done', () => {
    const { run, ran, asked, stepsWith, shown, unplanned } = connect({ plan: aConnectorPlan({ clouds: 2 }) });

    expect(run.output).toMatchObject({ status: 'succeeded', result: { clouds: ['Cloud_1', 'Cloud_2'] } });
    expect(ran).toEqual([
      ...preconditions,
      ...[1, 2].flatMap(preconditionsOf),
      'W3 host probe',
      'W8 wasp',
      'W8 wasp',
      'W11 host',
      'W12 host',
      'W13 host probe',
      'W13 host',
      'W15 host',
      'W16 host',
      'W16 host',
      ...ofCloud(1),
      ...ofCloud(2),
    ]);
    expect(asked).toEqual([
      'enable-multi-cloud',
      'portal-shows-clouds',
      'update-api-cloud-1',
      'trust-cloud-1',
      'update-api-cloud-2',
      'trust-cloud-2',
      'tenant-sees-machines',
    ]);
    expect(stepsWith('succeeded')).toHaveLength(shown.size);
    expect(unplanned).toEqual([]);
  });

  it('asks people only about what is to be done', () => {
    const { run, asked, statusOf } = tellConnector('connect', { plan: aConnectorPlan() });

    expect(run.output).toMatchObject({ status: 'succeeded' });
    expect(asked).toEqual(['portal-shows-clouds', 'tenant-sees-machines']);
    expect(statusOf('W13: Approve: multi-cloud mode')).toBe('skipped');
    expect(statusOf('W27 Cloud_1: Approve: the tenant API')).toBe('skipped');
    expect(statusOf('W31 Cloud_1: Approve: the trust in SQL Server')).toBe('skipped');
  });

  it('leaves CredSSP alone where the endpoint does without', () => {
    const privilegedEndpoint = {
      computerName: 'azs-ercs01',
      credentialSecret: 'account-cloud-admin',
      authentication: 'Default',
    } as const;

    const { ran, stepsWith } = connect({ plan: aConnectorPlan({}, { privilegedEndpoint }) });

    expect(ran).not.toContain('W11 host');
    expect(stepsWith('pending')).toEqual([]);
  });

  it('works on at most three portals of a cloud at once, and on each branch’s one after the other', () => {
    const { run, branches } = connect({ plan: aConnectorPlan({ portals: 7 }) });

    expect(run.output).toMatchObject({ status: 'succeeded' });
    expect(branches.map(({ instanceId }) => instanceId)).toEqual(
      [0, 1, 2].map((branch) => `${connectorOperationId}-1-portals-0-${branch}`),
    );
    const machines = branches.map((branch) =>
      inputsOf(branch.run, 'runRemoteStep').map((input) => (input as { given: RemoteStepInput }).given),
    );
    const installed = machines.map((inputs) =>
      inputs.filter(({ stepId }) => stepId === 'W19').map(({ machineId }) => machineId),
    );
    expect(installed).toEqual([
      ['portal1-1', 'portal1-4', 'portal1-7'],
      ['portal1-2', 'portal1-5'],
      ['portal1-3', 'portal1-6'],
    ]);
    expect(new Set(branches.map(({ startedMs }) => startedMs)).size).toBe(1);
  });

  it('works on the tenant APIs of a cloud one at a time, and trusts from one of them only', () => {
    const { ran } = connect({ plan: aConnectorPlan({ apis: 3 }) });

    const onApis = ran.filter((step) => /^W(18|26|27|28|31) api\S+$/.test(step));
    expect(onApis).toEqual([
      ...[1, 2, 3].flatMap((api) => ['W18', 'W26', 'W27', 'W28'].map((step) => `${step} api1-${api}`)),
      'W31 api1-1',
    ]);
  });

  it('gives every remote step a key of its own', () => {
    const { inputs } = connect({ plan: aConnectorPlan({ clouds: 3, portals: 3, apis: 3 }) });

    expect(new Set(inputs.map(({ key }) => key)).size).toBe(inputs.length);
    for (const { key } of inputs) expect(key).toMatch(/^op-3{32}-1-[a-z0-9-]{1,40}$/);
  });

  it('hands each step the names of the secrets that it needs', () => {
    const { inputs } = connect();

    const secrets = new Map(inputs.map(({ stepId, secrets: names, runAs }) => [stepId, { ...names, runAs }]));
    expect(secrets.get('W13')).toEqual({ credential: 'account-cloud-admin', shareCredential: 'account-share-reader' });
    expect(secrets.get('W16')).toEqual({ shareCredential: 'account-share-reader' });
    expect(secrets.get('W26')).toEqual({ content: 'gatehouse-data-file-wap-Cloud-1' });
    expect(secrets.get('W31')).toEqual({ runAs: 'run-as-sql-admin-1' });
    expect(secrets.get('W19')).toEqual({});
  });

  it('collects the newest files first, each under a name of its own in Key Vault', () => {
    const { run, inputs } = connect();

    const names = inputs.filter(({ stepId }) => stepId === 'W16').map(({ secretFacts }) => secretFacts?.['content']);
    expect(names).toEqual([`gatehouse-data-file-wap-${'2'.repeat(16)}`, `gatehouse-data-file-wap-${'1'.repeat(16)}`]);
    expect(inputsOf(run, 'matchDataFiles')).toMatchObject([
      { collected: [{ fileName: 'new.txt' }, { fileName: 'old.txt' }] },
    ]);
  });

  it('goes on without a file that cannot be collected, and says why it could not', () => {
    let collected: readonly CollectedFile[] = [];
    const { run } = connect({
      steps: ({ stepId, parameters }) =>
        stepId === 'W16' && parameters['fileName'] === 'old.txt' ? refuse('precondition', 'Too large.') : undefined,
      overrides: {
        matchDataFiles: (input: { readonly collected: readonly CollectedFile[] }) => {
          ({ collected } = input);
          return { outcome: 'refused', code: 'precondition', message: 'No file of Cloud_1.' };
        },
      },
    });

    expect(collected[1]).toMatchObject({ fileName: 'old.txt', problem: 'Too large.' });
    expect(run.output).toMatchObject({
      status: 'failed',
      step: 'W16: Collect a data file',
      message: 'No file of Cloud_1.',
    });
  });

  it('uses the certificates that were found before', () => {
    const { inputs, noted } = connect();

    expect(inputs.find(({ stepId }) => stepId === 'W21')?.parameters).toMatchObject({ thumbprint: 'C'.repeat(40) });
    expect(inputs.find(({ stepId }) => stepId === 'W8')?.parameters).toEqual({
      thumbprint: 'E'.repeat(40),
      store: 'CA',
      certificate: 'AAAA',
    });
    expect(noted).toContainEqual({ trustedCloud: 'Cloud_1' });
    expect(noted).toContainEqual({ sqlServer: { cloud: 'Cloud_1', name: 'SQL1' } });
  });
});

describe('src/orchestrations/on-premises/connect-clouds preconditions', () => {
  it.each([
    ['unreachable', 'Bring the machine up, open the way to it, then resume the operation.'],
    ['authFailed', 'Correct the secret or the account, see that it is not locked, then resume the operation.'],
    ['toolFailed', 'Repair it on the machine, then resume the operation.'],
  ] as const)('says what helps where a look ends with %s', (code, fix) => {
    const { run } = connect({ steps: ({ stepId }) => (stepId === 'W7' ? refuse(code) : undefined) });

    expect(run.output).toMatchObject({ errors: [{ code, fix }] });
  });

  it('reports everything that does not hold at once, and changes nothing', () => {
    const untrusted = { host: 'portal1.contoso.com', port: 30_081, issue: 'untrusted' };

    const { run, ran, noted } = connect({
      plan: aConnectorPlan({ clouds: 2 }),
      steps: ({ stepId, machineId }) => {
        if (stepId === 'W2' && machineId === 'portal2-1') return refuse('precondition', 'SPF is too old.');
        if (stepId === 'W2' && machineId === 'api1-1') return refuse('unreachable');
        if (stepId === 'W7' && machineId === 'portal1-1') return refuse('precondition', 'Self-signed.');
        if (stepId === 'W6') return { facts: { results: [untrusted] } };
        if (stepId === 'W3') return { facts: { missing: ['tenant@contoso.com'] } };
        return undefined;
      },
    });

    expect(run.output).toMatchObject({ status: 'failed', code: 'precondition' });
    const { errors } = run.output as { readonly errors: readonly { readonly path: string; readonly code: string }[] };
    expect(errors.map(({ path, code }) => [path, code])).toEqual([
      ['/clouds', 'untrusted'],
      ['/clouds/0/apiMachines/0', 'unreachable'],
      ['/clouds/0/portalMachines/0', 'precondition'],
      ['/clouds/1/portalMachines/0', 'precondition'],
    ]);
    expect(noted[0]).toMatchObject({
      warnings: expect.arrayContaining([
        expect.objectContaining({ path: '/userPrincipalNames', code: 'userMissing' }),
      ]) as unknown,
    });
    expect(ran.filter((step) => !step.endsWith('probe'))).toEqual([]);
  });

  it('becomes the stack’s connector before the first change, and only when all holds', () => {
    const told = connect({ steps: ({ stepId }) => (stepId === 'W7' ? refuse('precondition') : undefined) });
    expect(inputsOf(told.run, 'bindConnector')).toEqual([]);

    const { run, ran } = connect({
      overrides: {
        bindConnector: () => ({ outcome: 'refused', code: 'precondition', message: 'It has another connector.' }),
      },
    });

    expect(run.output).toMatchObject({ status: 'failed', message: 'It has another connector.' });
    expect(ran.filter((step) => !step.endsWith('probe'))).toEqual([]);
  });

  it('goes on with warnings, and answers them', () => {
    const { run } = connect({
      steps: ({ stepId }) => (stepId === 'W3' ? { facts: { missing: ['tenant@contoso.com'] } } : undefined),
    });

    const { result } = run.output as { readonly result: { readonly warnings: readonly { readonly code: string }[] } };
    expect(result.warnings.map(({ code }) => code)).toEqual(['userMissing', 'notLookedAt', 'notLookedAt']);
  });

  it('looks at SPF and VMM machines that are named, and for no users when none are', () => {
    const plan = aConnectorPlan({}, { userPrincipalNames: [] });
    const clouds = plan.clouds.map((cloud) => ({ ...cloud, spfMachine: 'spf', vmmMachine: 'vmm' }));

    const { ran } = connect({ plan: { ...plan, clouds } });

    expect(ran).toContain('W2 spf probe');
    expect(ran).toContain('W2 vmm probe');
    expect(ran).not.toContain('W3 host probe');
  });

  describe('what later steps would fail on', () => {
    const withServer = (plan: ConnectorPlan): ConnectorPlan => ({
      ...plan,
      clouds: plan.clouds.map((cloud) => ({ ...cloud, sqlServer: 'SQL1', sqlRunAsSecret: 'run-as-sql-admin' })),
    });

    function errorsOf(telling: Partial<ConnectorTelling>) {
      const { run, ran, asked } = connect(telling);
      expect(run.output).toMatchObject({ status: 'failed', code: 'precondition' });
      expect(asked).toEqual([]);
      expect(ran.filter((step) => !step.endsWith('probe'))).toEqual([]);
      const { errors } = run.output as {
        readonly errors: readonly { readonly path: string; readonly message: string }[];
      };
      return errors;
    }

    it.each([
      ['W10', 'portal1-1', '/clouds/0/portalMachines/0', 'URL Rewrite is not installed.'],
      ['W27', 'api1-1', '/clouds/0/apiMachines/0', 'The tenant API is not installed.'],
      ['W28', 'api1-1', '/clouds/0/apiMachines/0', 'The site is Stopped.'],
      ['W30', 'api1-1', '/clouds/0/apiMachines/0', 'This machine has no configuration cmdlets.'],
    ])('reports what %s would refuse on %s before anybody approves', (step, machine, path, message) => {
      const errors = errorsOf({
        steps: ({ stepId, machineId }) =>
          stepId === step && machineId === machine ? refuse('precondition', message) : undefined,
      });

      expect(errors).toEqual([expect.objectContaining({ path, message: expect.stringContaining(message) as string })]);
    });

    it('reports the names that do not resolve on a portal', () => {
      const seen = (host: string, port: number, issue: string) => ({ host, port, issue });
      const errors = errorsOf({
        steps: ({ stepId, machineId }) =>
          stepId === 'W6' && machineId === 'portal1-1'
            ? {
                facts: {
                  results: [
                    seen('api1.contoso.com', 30_005, 'notResolved'),
                    // Whether it answers is for W28 to say, on the machine itself.
                    seen('portal.azurestack.local', 443, 'portClosed'),
                  ],
                },
              }
            : undefined,
      });

      expect(errors.map(({ message }) => message)).toEqual([
        'Seen from portal1-1, api1.contoso.com:30005: its name does not resolve.',
      ]);
    });

    it('warns where a machine does not get at the package, and has the warning in the words of the first gate', () => {
      let words = '';
      const { run } = connect({
        steps: ({ stepId, machineId }) =>
          stepId === 'W6' && machineId === 'api1-1'
            ? { facts: { results: [{ host: 'files.contoso.com', port: 443, issue: 'noRoute' }] } }
            : undefined,
        overrides: {
          askApproval: ({ name, detail }: { readonly name: string; readonly detail: string }) => {
            if (name === 'enable-multi-cloud') words = detail;
            return { decision: 'approved' };
          },
        },
      });

      expect(run.output).toMatchObject({
        status: 'succeeded',
        result: { warnings: [{ code: 'noRoute', path: '/package' }, { code: 'notLookedAt' }, { code: 'notLookedAt' }] },
      });
      expect(words).toContain('Seen from api1-1, files.contoso.com:443: there is no route to it.');
    });

    it('looks whether the account gets at the SQL server that is named', () => {
      const errors = errorsOf({
        plan: withServer(aConnectorPlan()),
        steps: ({ stepId, runAs }) =>
          stepId === 'W31' && runAs === 'run-as-sql-admin' ? refuse('precondition', 'Not sysadmin.') : undefined,
      });

      expect(errors).toEqual([expect.objectContaining({ path: '/clouds/0/sqlRunAsSecret' })]);
    });

    it('tries a password that was refused at no second server', () => {
      const tried: string[] = [];
      errorsOf({
        plan: withServer(aConnectorPlan({ clouds: 3 })),
        steps: ({ stepId, machineId }) => {
          if (stepId !== 'W31') return undefined;
          tried.push(machineId);
          return refuse('authFailed');
        },
      });

      expect(tried).toEqual(['api1-1']);
    });

    it('reports the secrets that are not there, and does not look with them', () => {
      const problem = { path: '/clouds/0/sqlRunAsSecret', code: 'secretMissing', message: 'None.', fix: 'Set it.' };
      const looked: string[] = [];
      const errors = errorsOf({
        plan: withServer(aConnectorPlan()),
        steps: ({ stepId }) => {
          looked.push(stepId);
          return undefined;
        },
        overrides: { checkConnectorSecrets: () => [problem] },
      });

      expect(errors).toEqual([problem]);
      expect(looked).not.toContain('W31');
    });

    it('says once that a machine is away', () => {
      const errors = errorsOf({
        steps: ({ machineId }) => (machineId === 'api1-1' ? refuse('unreachable', 'Nobody answers.') : undefined),
      });

      expect(errors.map(({ message }) => message)).toEqual(['api1-1: Nobody answers.']);
    });
  });

  describe('users', () => {
    const withDirectories = (clouds = 1): ConnectorPlan => {
      const plan = aConnectorPlan({ clouds });
      return {
        ...plan,
        clouds: plan.clouds.map((cloud) => ({
          ...cloud,
          sqlServer: 'SQL1',
          directoryCredentialSecret: 'account-wap-reader',
        })),
      };
    };

    function warningsOf(telling: Partial<ConnectorTelling>) {
      const { run, inputs } = connect(telling);
      expect(run.output).toMatchObject({ status: 'succeeded' });
      const { result } = run.output as {
        readonly result: { readonly warnings: readonly { readonly code: string; readonly message: string }[] };
      };
      return { warnings: result.warnings.map(({ code, message }) => `${code} ${message}`), inputs };
    }

    it('are looked up in the directories of both sides', () => {
      const { warnings, inputs } = warningsOf({
        plan: withDirectories(),
        steps: ({ stepId, machineId }) =>
          stepId === 'W3' && machineId === 'api1-1' ? { facts: { missing: ['tenant@contoso.com'] } } : undefined,
      });

      expect(
        inputs.filter(({ stepId }) => stepId === 'W3').map(({ machineId, secrets }) => [machineId, secrets]),
      ).toEqual([
        ['host', { credential: 'account-share-reader' }],
        ['api1-1', { credential: 'account-wap-reader' }],
      ]);
      expect(warnings).toEqual(['userMissing tenant@contoso.com does not exist in the directory of cloud Cloud_1.']);
    });

    it.each<[string, Partial<ConnectorTelling>, string]>([
      [
        'where a cloud names no account',
        {},
        'notLookedAt The users were not looked up in the directory of cloud Cloud_1: the cloud names no directoryCredentialSecret.',
      ],
      [
        'where Azure Stack goes by Microsoft Entra ID',
        { plan: { ...withDirectories(), identity: 'entra' } },
        'notLookedAt The users were not looked up in the directory of Azure Stack: with Microsoft Entra ID it is none of its own.',
      ],
      [
        'where a machine lacks the tools',
        {
          plan: withDirectories(),
          steps: ({ stepId, machineId }) =>
            stepId === 'W3' && machineId === 'api1-1' ? refuse('precondition', 'No RSAT.') : undefined,
        },
        'notLookedAt The users were not looked up in the directory of cloud Cloud_1: No RSAT.',
      ],
    ])('are said not to have been looked up %s', (_what, telling, warning) => {
      expect(warningsOf(telling).warnings).toContain(warning);
    });

    it('are not asked for with a password that was refused', () => {
      const { run, ran } = connect({
        plan: withDirectories(2),
        steps: ({ stepId, machineId }) =>
          stepId === 'W3' && machineId.startsWith('api') ? refuse('authFailed') : undefined,
      });

      expect(run.output).toMatchObject({
        status: 'failed',
        errors: [{ path: '/clouds/0/directoryCredentialSecret', code: 'authFailed' }],
      });
      expect(ran.filter((step) => step.startsWith('W3 api'))).toEqual(['W3 api1-1 probe']);
    });
  });

  it('ends as canceled when that was asked for while people were waited for', () => {
    const { run } = connect({ steps: ({ stepId }) => (stepId === 'W7' ? refuse('canceled') : undefined) });

    expect(run.output).toEqual({ status: 'canceled' });
  });
});

describe('src/orchestrations/on-premises/connect-clouds gates', () => {
  const gates = [
    ['enable-multi-cloud', 'W13: Approve: multi-cloud mode', 'W13 host'],
    ['portal-shows-clouds', 'W17: Approve: the portal shows the clouds', 'W10 portal1-1'],
    ['update-api-cloud-1', 'W27 Cloud_1: Approve: the tenant API', 'W18 api1-1'],
    ['trust-cloud-1', 'W31 Cloud_1: Approve: the trust in SQL Server', 'W31 api1-1'],
    ['tenant-sees-machines', 'W33: Approve: a tenant sees the virtual machines', 'nothing'],
  ] as const;

  it.each(gates)('stops where %s is rejected, and looks for no other reason', (name, step, next) => {
    const { run, ran, statusOf } = connect({ decide: (asked) => (asked === name ? 'rejected' : undefined) });

    expect(run.output).toEqual({ status: 'failed', step, code: 'notApproved', message: 'It was rejected.' });
    expect(statusOf(step)).toBe('failed');
    expect(ran).not.toContain(next);
  });

  it.each(gates)('stops where nobody decides %s in the days that were given', (name, step, next) => {
    const { run, ran } = connect({
      plan: aConnectorPlan({}, { approvalDays: 2 }),
      decide: (asked) => (asked === name ? 'open' : undefined),
    });

    expect(run.output).toMatchObject({ status: 'failed', step, code: 'notApproved' });
    expect(ran).not.toContain(next);
    const asked = inputsOf(run, 'askApproval').filter((input) => (input as { readonly name: string }).name === name);
    expect(asked.length).toBeGreaterThanOrEqual(48);
    expect(asked.length).toBeLessThan(52);
  });

  it.each(gates)('ends as canceled where that is asked for at %s', (name, step) => {
    const { run, statusOf } = connect({ decide: (asked) => (asked === name ? 'canceled' : undefined) });

    expect(run.output).toEqual({ status: 'canceled' });
    expect(statusOf(step)).toBe('running');
  });

  it('asks for each of two clouds that are named much alike', () => {
    const plan = aConnectorPlan({ clouds: 2 });
    const clouds = plan.clouds.map((cloud, index) => ({ ...cloud, name: ['Azure_Pack', 'Azure-Pack'][index] ?? '' }));

    const { asked } = connect({ plan: { ...plan, clouds } });

    const trusts = asked.filter((name) => name.startsWith('trust-'));
    expect(new Set(trusts).size).toBe(2);
    for (const name of asked) expect(name).toMatch(/^[a-z0-9-]{1,100}$/);
  });

  it('takes a machine out of the balancer and puts it back by people', () => {
    const plan = aConnectorPlan({ apis: 2 });
    const clouds = plan.clouds.map((cloud) => ({ ...cloud, drain: 'approval' as const }));

    const { run, asked, stepsWith } = connect({ plan: { ...plan, clouds } });

    expect(run.output).toMatchObject({ status: 'succeeded' });
    expect(asked.filter((name) => name.includes('drain'))).toEqual([
      'drain-api1-1',
      'undrain-api1-1',
      'drain-api1-2',
      'undrain-api1-2',
    ]);
    expect(stepsWith('pending')).toEqual([]);
  });

  describe('drain hook', () => {
    const plan = aConnectorPlan();
    const drained = { ...plan, clouds: plan.clouds.map((cloud) => ({ ...cloud, drain: 'hook' as const })) };

    it('waits as long as the hook asks for patience', () => {
      let calls = 0;
      const { run } = connect({
        plan: drained,
        overrides: {
          callDrainHook: () => {
            calls += 1;
            return calls < 10 ? { outcome: 'wait', seconds: 15, reason: 'Draining.' } : { outcome: 'done' };
          },
        },
      });

      expect(run.output).toMatchObject({ status: 'succeeded' });
      expect(calls).toBe(11);
    });

    it.each([
      ['refuses', { outcome: 'refused', code: 'toolFailed', message: 'The hook answers 403.' }, 'toolFailed'],
      ['never ends', { outcome: 'wait', seconds: 15, reason: 'Draining.' }, 'timedOut'],
    ])('touches nothing on a machine whose hook %s', (_what, answer, code) => {
      const { run, ran } = connect({ plan: drained, overrides: { callDrainHook: () => answer } });

      expect(run.output).toMatchObject({ status: 'failed', step: 'W24 api1-1: Take out of the load balancer', code });
      expect(ran).not.toContain('W18 api1-1');
    });
  });
});

describe('src/orchestrations/on-premises/connect-clouds locks', () => {
  it('holds the endpoint’s lock for the mode, and the SQL server’s for the trust', () => {
    expect(connect().locks).toEqual(['take pep:host', 'release pep:host', 'take sql:sql1', 'release sql:sql1']);
  });

  it.each([
    ['pep:host', 'W13: Enable multi-cloud mode'],
    ['sql:sql1', 'W31 Cloud_1: Approve: the trust in SQL Server'],
  ])('waits for %s while another operation has it, and says so', (lock, step) => {
    const { run, notes, unplanned, statusOf } = connect({ heldBy: { [lock]: 5 } });

    expect(run.output).toMatchObject({ status: 'succeeded' });
    expect(notes).toContain('Waits for operation op-other, which is at work there.');
    expect(unplanned).toEqual([]);
    expect(statusOf(step)).toBe('succeeded');
  });

  it('looks at a lock that people’s days hold no more often than it must', () => {
    const { run } = connect({ heldBy: { 'sql:sql1': 500 } });

    const begun = Date.parse(run.history[0]?.at ?? '');
    const ended = Date.parse(run.history.at(-1)?.at ?? '');
    expect((ended - begun) / 500).toBeGreaterThan(150_000);
  });

  it('gives a lock up where the operation is canceled meanwhile', () => {
    const { run, locks } = connect({ heldBy: { 'pep:host': 5 }, cancelAt: 'W13: Enable multi-cloud mode' });

    expect(run.output).toEqual({ status: 'canceled' });
    expect(locks).toEqual([]);
  });

  it.each([
    ['W13', 'pep:host'],
    ['W31', 'sql:sql1'],
  ])('gives the lock back when %s fails', (step, lock) => {
    expect(connect({ steps: failing(step) }).locks).toContain(`release ${lock}`);
  });

  it('names the SQL server’s lock alike however it is written', () => {
    const plan = aConnectorPlan();
    const clouds = plan.clouds.map((cloud) => ({ ...cloud, sqlServer: 'SQL1\\Pack' }));

    expect(connect({ plan: { ...plan, clouds } }).locks).toContain('take sql:sql1\\pack');
  });
});

describe('src/orchestrations/on-premises/connect-clouds failures', () => {
  const portal = 'portal1.contoso.com:30081';
  const endpoint = 'portal1.contoso.com:40005';

  /** A look round that finds something at every address, as far as it looks. */
  function everythingWrong({ stepId, parameters }: RemoteStepInput): StepReply {
    if (stepId !== 'W6' && stepId !== 'W23') return undefined;
    const issue = stepId === 'W6' ? 'portClosed' : 'untrusted';
    const endpoints = parameters['endpoints'] as readonly { readonly host: string; readonly port: number }[];
    return { facts: { results: endpoints.map((each) => ({ ...each, issue })) } };
  }

  it.each([
    // Nothing was imported yet: of the certificate AzS-WASP01 says nothing.
    ['W8', [`wasp portClosed ${portal}`, `client untrusted ${portal}`]],
    // Nothing answers at the endpoint before the connector is installed.
    ...['W11', 'W12', 'W13', 'W15', 'W10', 'W19', 'W21', 'W22'].map(
      (step) => [step, [`wasp untrusted ${portal}`, `client untrusted ${portal}`]] as const,
    ),
    ...['W26', 'W27', 'W28', 'W30'].map(
      (step) =>
        [
          step,
          ['wasp', 'client'].flatMap((from) => [`${from} untrusted ${portal}`, `${from} untrusted ${endpoint}`]),
        ] as const,
    ),
  ] as const)('says where %s failed, and blames only what can be there already', (step, blamed) => {
    let hasFailed = false;
    const { run, stepsWith } = connect({
      steps: (input) => {
        const reply = failing(step)(input);
        hasFailed ||= reply !== undefined;
        return reply ?? (hasFailed ? everythingWrong(input) : undefined);
      },
    });

    expect(run.output).toMatchObject({ status: 'failed', code: 'toolFailed' });
    const { errors, step: name } = run.output as {
      readonly step: string;
      readonly errors: readonly { readonly code: string; readonly message: string }[];
    };
    expect(name).toMatch(new RegExp(`^${step}[ :]`));
    expect(
      errors.map(({ code, message }) => {
        const [, from, at] = /Seen from (\w+), (\S+:\d+):/.exec(message) ?? [];
        return `${from} ${code} ${at}`;
      }),
    ).toEqual(blamed);
    expect(stepsWith('failed')).toContain(name);
  });

  it('looks at the endpoints that an earlier run has left, and at those of the cloud whose endpoint did not answer', () => {
    const looked = (telling: Partial<ConnectorTelling>): readonly string[] => {
      const { run, inputs } = connect(telling);
      expect(run.output).toMatchObject({ status: 'failed' });
      const last = inputs.at(-1)?.parameters['endpoints'] as readonly {
        readonly host: string;
        readonly port: number;
      }[];
      return last.map(({ host, port }) => `${host}:${port}`);
    };

    expect(looked({ plan: aConnectorPlan({}, { trustedClouds: ['Cloud_1'] }), steps: failing('W8') })).toContain(
      endpoint,
    );
    expect(
      looked({
        steps: ({ stepId, shownAs }) =>
          stepId === 'W23' && shownAs === 'W23 portal1-1: Check the TLS endpoints'
            ? { facts: { results: [{ host: 'portal1.contoso.com', port: 40_005, issue: 'expired' }] } }
            : undefined,
      }),
    ).toContain(endpoint);
  });

  it.each(['W8', 'W12', 'W13', 'W19', 'W26', 'W30'])('looks for no other reason where %s was not let in', (step) => {
    let hasFailed = false;
    let looks = 0;
    const { run } = connect({
      steps: (input) => {
        const reply = failing(step, 'authFailed')(input);
        hasFailed ||= reply !== undefined;
        if (hasFailed && input.stepId === 'W23') looks += 1;
        return reply;
      },
    });

    expect(run.output).toMatchObject({ status: 'failed', code: 'authFailed' });
    expect(run.output).not.toHaveProperty('errors');
    expect(looks).toBe(0);
  });

  it.each([
    ['W13', 'host', 'W13: Enable multi-cloud mode'],
    ['W27', 'api1-1', 'W27 api1-1: Update the tenant API'],
    ['W31', 'api1-1', 'W31 Cloud_1: Trust Azure Stack'],
  ])('asks nobody about %s, and tries it no second time, where its look was not let in', (step, machineId, name) => {
    let tries = 0;
    const { run, asked } = connect({
      steps: (input) => {
        // The look before the first change was well: the password was changed since.
        const isBefore = input.shownAs.startsWith(`${step}:`) && step === 'W27';
        if (input.stepId !== step || input.machineId !== machineId || isBefore) return undefined;
        tries += 1;
        return refuse('authFailed');
      },
    });

    expect(run.output).toMatchObject({ status: 'failed', code: 'authFailed', step: name });
    expect(tries).toBe(1);
    expect(asked).not.toContain({ W13: 'enable-multi-cloud', W27: 'update-api-cloud-1', W31: 'trust-cloud-1' }[step]);
  });

  it('tells what failed although looking around failed too', () => {
    let hasFailed = false;
    const { run } = connect({
      steps: (input) => {
        const reply = failing('W19')(input);
        hasFailed ||= reply !== undefined;
        return reply ?? (hasFailed && input.stepId === 'W23' ? 'dies' : undefined);
      },
    });

    expect(run.output).toMatchObject({ status: 'failed', step: 'W19 portal1-1: Install the connector' });
  });

  it('says which machine could not look around', () => {
    let hasFailed = false;
    const { run } = connect({
      steps: (input) => {
        const reply = failing('W19')(input);
        hasFailed ||= reply !== undefined;
        return reply ?? (hasFailed && input.machineId === 'client' ? refuse('unreachable') : undefined);
      },
    });

    expect(run.output).toMatchObject({ errors: [{ code: 'unreachable' }] });
  });

  it('lets the other branches end when one portal fails, and touches no tenant API', () => {
    const { run, ran } = connect({
      plan: aConnectorPlan({ portals: 3 }),
      steps: failing('W19', 'toolFailed', 'portal1-2'),
    });

    expect(run.output).toMatchObject({ status: 'failed', step: 'W19 portal1-2: Install the connector' });
    expect(ran).toContain('W22 portal1-1');
    expect(ran).toContain('W22 portal1-3');
    expect(ran).not.toContain('W21 portal1-2');
    expect(ran).not.toContain('W18 api1-1');
  });

  it('fails a portal whose endpoint a check machine does not trust, with the tip that helps', () => {
    const untrusted = { host: 'portal1.contoso.com', port: 40_005, issue: 'untrusted' };
    const { run, statusOf } = connect({
      steps: ({ stepId, machineId, shownAs }) =>
        stepId === 'W23' && machineId === 'client' && shownAs.includes('portal1-1')
          ? { facts: { results: [untrusted] } }
          : undefined,
    });

    expect(run.output).toMatchObject({
      status: 'failed',
      step: 'W23 portal1-1: Check the TLS endpoints',
      code: 'untrusted',
    });
    expect(statusOf('W23 portal1-1: Check the TLS endpoints')).toBe('failed');
  });

  it('looks again at an endpoint behind which other portals are still being set up', () => {
    const untrusted = { host: 'portal1.contoso.com', port: 40_005, issue: 'untrusted' };
    let looks = 0;
    const { run } = connect({
      plan: aConnectorPlan({ clouds: 1, portals: 3 }),
      steps: ({ stepId, machineId, shownAs }) => {
        if (stepId !== 'W23' || machineId !== 'client' || !shownAs.includes('portal1-1')) return undefined;
        looks += 1;
        return looks < 3 ? { facts: { results: [untrusted] } } : undefined;
      },
    });

    expect(run.output).toMatchObject({ status: 'succeeded' });
    expect(looks).toBe(3);
  });

  it.each<[string, Partial<ConnectorTelling>]>([
    ['the SQL server was not found', { steps: ({ stepId }) => (stepId === 'W30' ? { facts: {} } : undefined) }],
    ['the trust failed', { steps: failing('W31') }],
    ['the instance of the trust died', { steps: ({ stepId }) => (stepId === 'W31' ? 'dies' : undefined) }],
    ['the trust was rejected', { decide: (name) => (name === 'trust-cloud-1' ? 'rejected' : undefined) }],
    ['the trust was canceled', { decide: (name) => (name === 'trust-cloud-1' ? 'canceled' : undefined) }],
    [
      'the stores were away',
      {
        overrides: {
          noteConnector: (note: object) => {
            if ('sqlServer' in note) throw new ActivityFailed('Away.');
          },
        },
      },
    ],
  ])('protects Web.config again when %s', (_what, telling) => {
    const { run, ran, inputs } = connect(telling);

    expect(run.output).not.toMatchObject({ status: 'succeeded' });
    const protections = inputs.filter(({ stepId }) => stepId === 'W30');
    expect(protections.at(-1)).toMatchObject({ parameters: { isServerKnown: true }, always: true });
    expect(ran.filter((step) => step === 'W30 api1-1').length).toBeGreaterThanOrEqual(2);
  });

  it.each<[string, number, Partial<ConnectorTelling>]>([
    ['once it is approved', 1, { steps: failing('W31') }],
    ['not while it is rejected', 0, { decide: (name) => (name === 'trust-cloud-1' ? 'rejected' : undefined) }],
    ['not where the tenant API failed', 0, { steps: failing('W28') }],
  ])('notes that the trust is tried before the first change for it, %s', (_when, times, telling) => {
    const { noted } = connect(telling);

    expect(noted.filter((note) => 'trustAttempted' in note)).toEqual(
      Array.from({ length: times }, () => ({ trustAttempted: 'Cloud_1' })),
    );
    expect(noted).not.toContainEqual({ trustedCloud: 'Cloud_1' });
  });

  it('tries no trust that could not be noted', () => {
    const { ran, asked } = connect({
      overrides: {
        noteConnector: (note: object) => {
          if ('trustAttempted' in note) throw new ActivityFailed('Away.');
        },
      },
    });

    expect(asked).toContain('trust-cloud-1');
    expect(ran).not.toContain('W31 api1-1');
  });

  it('says both when the trust failed and Web.config may stay in clear', () => {
    const { run } = connect({
      steps: (step) => {
        if (step.stepId === 'W30' && step.always === true) return refuse('toolFailed', 'aspnet_regiis failed.');
        return failing('W31', 'verifyFailed')(step);
      },
    });

    expect(run.output).toMatchObject({ status: 'failed', code: 'verifyFailed' });
    expect((run.output as { readonly message: string }).message).toMatch(/notProtected: .*aspnet_regiis failed/);
  });

  it('fails where the trust was established and does not hold', () => {
    const { run, statusOf } = connect({
      steps: ({ stepId, shownAs }) =>
        stepId === 'W31' && shownAs.startsWith('W32') ? { outcome: 'notDone', facts: {} } : undefined,
    });

    expect(run.output).toMatchObject({ status: 'failed', step: 'W32 Cloud_1: Check the trust', code: 'verifyFailed' });
    expect(statusOf('W32 Cloud_1: Check the trust')).toBe('failed');
  });

  it.each(['W8 Cloud_1: Trust the issuer on the portal of Azure Stack', 'W19 portal1-1: Install the connector'])(
    'ends as canceled when it is told to before %s',
    (cancelAt) => {
      const { run, statusOf } = connect({ cancelAt });

      expect(run.output).toEqual({ status: 'canceled' });
      expect(statusOf(cancelAt)).toBe('pending');
    },
  );

  it.each(['W8', 'W16', 'W23'])('ends as canceled where a person’s %s was not waited for any more', (stepId) => {
    const { run } = connect({
      steps: (step) => (step.stepId === stepId && !step.shownAs.includes('client') ? canceledLate(step) : undefined),
    });

    expect(run.output).toEqual({ status: 'canceled' });
  });

  it('goes the same way again in a later attempt, under names of its own', () => {
    const { inputs, branches } = connect({ attempt: 2 });

    for (const { key } of inputs) expect(key).toMatch(/^op-3{32}-2-/);
    expect(branches.map(({ instanceId }) => instanceId)).toEqual([`${connectorOperationId}-2-portals-0-0`]);
  });
});

/** Canceled, but not while the preconditions are looked at. */
function canceledLate({ stepId, shownAs }: RemoteStepInput): StepReply {
  const isEarly = stepId === 'W23' && !shownAs.includes('portal');
  return isEarly ? { facts: wellFacts(stepId) } : refuse('canceled');
}
