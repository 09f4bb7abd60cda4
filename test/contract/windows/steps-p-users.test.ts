// P15 to P21: users and the root certificate.
import type { StepMode } from '../../../sandbox/windows/world/records.ts';
import { anAuthority, derOf } from '../../support/windows/issued-certificates.ts';
import {
  aMachineWorld,
  externalNic,
  type MachineWorld,
  type StepRequest,
} from '../../support/windows/machine-world.ts';

const password = 'Open-Sesame-1';
const sharedKey = 'a key';

describe('sandbox/windows/steps/p15-users', () => {
  let made: MachineWorld;

  beforeAll(async () => {
    made = await aMachineWorld();
  });

  afterAll(() => {
    made.close();
  });

  /** A server where all is done but for users. */
  beforeEach(() => {
    made.define((definition) => {
      Object.assign(definition.machines[1].remoteAccess ?? {}, {
        vpnStatus: 'Installed',
        pool: { from: '192.168.200.201', to: '192.168.200.203' },
        inForce: { sharedKey, routerType: 'lananddd' },
        policies: [{ name: 'Allow', grantsAccess: true }],
        firewallNic: externalNic,
      });
    });
  });

  const letIn = (mode: StepMode, userName = 'ann', more: { resetPassword?: boolean; password?: string } = {}) =>
    made.run('P15', mode, {
      parameters: { userName, resetPassword: more.resetPassword ?? false },
      secrets: { password: more.password ?? password },
    });
  const about = (userName: string): StepRequest => ({ parameters: { userName } });
  const dial = (userName: string, given = password) =>
    made.world().connectVpn('natvm', { userName, password: given, sharedKey });
  const accountOf = (name: string) => made.nat().accounts.find((account) => account.name === name);

  /** By hand, before anybody thought of VPN. */
  function addAccount(name: string): void {
    const state = { isEnabled: true, isAdministrator: false, isLockedOut: false, badLogons: 0, description: '' };
    made.nat().accounts.push({ name, password: 'old', ...state });
  }

  it('makes an account that may dial in and is no administrator', async () => {
    expect((await letIn('apply')).facts).toEqual({ isEnabled: true });
    expect(accountOf('ann')).toMatchObject({ isEnabled: true, isAdministrator: false });
    expect(dial('ANN')).toMatchObject({ outcome: 'connected' });
  });

  it('keeps the password unless a new one is asked for', async () => {
    await letIn('apply');
    await letIn('apply', 'ann', { password: 'Other-Pass-2' });
    const kept = dial('ann').outcome;
    const probed = await letIn('probe', 'ann', { resetPassword: true });
    await letIn('apply', 'ann', { resetPassword: true, password: 'Other-Pass-2' });

    expect([kept, probed.code]).toEqual(['connected', 'notDone']);
    expect([dial('ann'), dial('ann', 'Other-Pass-2').outcome]).toEqual([
      { outcome: 'refused', code: 691 },
      'connected',
    ]);
  });

  it('takes over an account that was made by hand, with a new password', async () => {
    addAccount('ann');
    const before = await letIn('probe');
    await letIn('apply');

    expect(before.code).toBe('notDone');
    expect(dial('ann')).toMatchObject({ outcome: 'connected' });
  });

  it('never lets an administrator in', async () => {
    expect(await letIn('apply', 'Administrator')).toMatchObject({ ok: false, code: 'precondition' });
    expect(accountOf('Administrator')?.description).toBe('');
  });

  it.each([
    ['is too short', 'Aa1-x'],
    ['has too few kinds of characters', 'onlysmallletters'],
    ['holds the name', 'xX1-ann-yY2'],
  ])('refuses a password that %s (2245)', async (_what, given) => {
    expect(await letIn('apply', 'ann', { password: given })).toMatchObject({
      code: 'precondition',
      message: expect.stringContaining('2245') as string,
    });
    expect(accountOf('ann')).toBeUndefined();
  });

  it('disables: the session ends, and nobody comes in with the right password', async () => {
    await letIn('apply');
    dial('ann');
    const before = await made.run('P15D', 'probe', about('ann'));
    const applied = await made.run('P15D', 'apply', about('ann'));

    expect([before.code, applied.changed]).toEqual(['notDone', true]);
    expect(made.remoteAccess().sessions).toEqual([]);
    expect(dial('ann')).toEqual({ outcome: 'refused', code: 691 });
    expect(await made.run('P15D', 'verify', about('ann'))).toMatchObject({ ok: true });
    expect(await letIn('probe')).toMatchObject({ code: 'notDone', facts: { isEnabled: false } });
  });

  it('removes the account with its session', async () => {
    await letIn('apply');
    dial('ann');
    await made.run('P15R', 'apply', about('ann'));

    expect([accountOf('ann'), made.remoteAccess().sessions]).toEqual([undefined, []]);
    expect(await made.run('P15R', 'apply', about('ann'))).toMatchObject({ ok: true, changed: false });
    expect(await made.run('P15D', 'probe', about('ann'))).toMatchObject({ ok: true });
  });

  it.each(['P15D', 'P15R'])('leaves accounts alone with %s that were not made for VPN', async (step) => {
    addAccount('bob');

    expect(await made.run(step, 'apply', about('bob'))).toMatchObject({ code: 'precondition' });
    expect(accountOf('bob')?.isEnabled).toBe(true);
  });

  it('has an address for each user but one of the pool', async () => {
    for (const name of ['ann', 'bob', 'cid']) await letIn('apply', name);

    expect(['ann', 'bob', 'cid'].map((name) => dial(name))).toEqual([
      { outcome: 'connected', address: '192.168.200.202' },
      { outcome: 'connected', address: '192.168.200.203' },
      { outcome: 'refused', code: 720 },
    ]);
  });

  it('locks the account of somebody who guesses', async () => {
    await letIn('apply');
    for (const guess of ['1', '2', '3']) dial('ann', guess);

    expect(accountOf('ann')?.isLockedOut).toBe(true);
    expect(dial('ann')).toEqual({ outcome: 'refused', code: 691 });
  });
});

describe('sandbox/windows/steps/p16-root-certificate', () => {
  const dayMs = 86_400_000;
  let made: MachineWorld;
  let older: string;
  let newer: string;

  beforeAll(async () => {
    made = await aMachineWorld();
    [older, newer] = (
      await Promise.all(
        ['AzureStackSelfSignedRootCert', 'AzureStackSelfSignedRootCert-2'].map((name) => anAuthority(name)),
      )
    ).map(({ certificate }) => derOf(certificate)) as [string, string];
  });

  afterAll(() => {
    made.close();
  });

  beforeEach(() => {
    made.define();
  });

  function keep(certificate: string, more: { location?: 'CurrentUser'; owner?: string } = {}): void {
    made
      .host()
      .certificates.push({ location: 'LocalMachine', store: 'Root', hasPrivateKey: false, certificate, ...more });
  }

  const find = (subjectPatterns: readonly string[], runAs?: StepRequest['runAs']) =>
    made.run('P16', 'probe', {
      on: 'host',
      parameters: { subjectPatterns },
      ...(runAs === undefined ? {} : { runAs }),
    });

  it('finds it by the first pattern that finds one, whatever the case', async () => {
    keep(older);
    const found = await find(['CN=AzureStackCertificationAuthority*', '*azurestackSELFsigned*']);

    expect(found.facts).toMatchObject({ subject: 'CN=AzureStackSelfSignedRootCert', store: 'LocalMachine' });
    expect(Date.parse(String(found.facts['notAfter']))).toBeGreaterThan(Date.now() + 300 * dayMs);
  });

  it('names all of several', async () => {
    keep(older);
    keep(newer, { location: 'CurrentUser' });

    expect((await find(['*SelfSignedRootCert*'])).facts['candidates']).toHaveLength(2);
  });

  it('sees a person’s own store as that person alone', async () => {
    keep(older, { location: 'CurrentUser', owner: 'operator' });
    const asSystem = await find(['*']);
    const asOperator = await find(['*'], { username: 'operator', password: 'Oper-Ator-1' });

    expect([asSystem.code, asOperator.facts['store']]).toEqual(['precondition', 'CurrentUser']);
  });

  it('exports it, tells its bytes, and deletes its own file only', async () => {
    keep(older);
    const { facts } = await find(['*']);
    const request: StepRequest = {
      on: 'host',
      parameters: { thumbprint: facts['thumbprint'], store: facts['store'] },
    };
    const before = await made.run('P17', 'probe', request);
    const applied = await made.run('P17', 'apply', request);
    const verified = await made.run('P17', 'verify', request);
    made.host().files['C:\\CA.cer'] = newer;
    const notOurs = await made.run('P17', 'undo', request);
    made.host().files['C:\\CA.cer'] = older;
    const undone = await made.run('P17', 'undo', request);

    expect([before.code, applied.facts]).toEqual(['notDone', { certificate: older, file: 'C:\\CA.cer' }]);
    expect(verified.facts).toEqual(applied.facts);
    expect([notOurs.changed, undone.changed, made.host().files]).toEqual([false, true, {}]);
  });

  it('answers Precondition for a certificate that is not in the store', async () => {
    const parameters = { thumbprint: 'A'.repeat(40), store: 'LocalMachine' };

    expect((await made.run('P17', 'apply', { on: 'host', parameters })).code).toBe('precondition');
  });

  it('tells whether the portal answers', async () => {
    const portal = { on: 'host', parameters: { portalFqdn: 'portal.azurestack.local' } } as const;
    const before = await made.run('P21', 'probe', portal);
    made.world().network.names['portal.azurestack.local'] = '192.168.133.74';
    made.world().network.servers.push({ address: '192.168.133.74', port: 443, certificates: [] });

    expect([before.facts, before.code]).toEqual([{ portalAnswers: false }, 'notDone']);
    expect(await made.run('P21', 'probe', portal)).toMatchObject({ ok: true, facts: { portalAnswers: true } });
  });
});
