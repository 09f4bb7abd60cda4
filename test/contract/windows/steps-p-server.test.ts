// P1 to P14: the server of shared VPN access, step by step, on the simulated NATVM.
import { isNatUp } from '../../../sandbox/windows/machine/vpn.ts';
import type { StepMode } from '../../../sandbox/windows/world/records.ts';
import {
  aMachineWorld,
  externalAddress,
  externalNic,
  internalNic,
  type MachineWorld,
  natAddress,
  natAdministrator,
  type StepRequest,
} from '../../support/windows/machine-world.ts';

const minuteMs = 60_000;
const pool = { parameters: { addressFrom: '192.168.200.201', addressTo: '192.168.200.230' } };
const outside = { parameters: { externalNic } };
const inside = { parameters: { internalNic } };
const keyed = { parameters: { keyIsCurrent: false }, secrets: { sharedKey: 'a key' } };
const client = { userName: 'ann', password: 'Open-Sesame-1', sharedKey: 'a key' };

/** The whole of it in order. */
const line: readonly (readonly [string, StepRequest])[] = [
  ['P3', {}],
  ['P4', pool],
  ['P5', {}],
  ['P6', {}],
  ['P7', keyed],
  ['P8', {}],
  ['P6', {}],
  ['P10', inside],
  ['P11', outside],
  ['P12', {}],
  ['P14', outside],
  ['P15', { parameters: { userName: 'ann', resetPassword: false }, secrets: { password: client.password } }],
];

describe('sandbox/windows/steps', () => {
  let made: MachineWorld;

  beforeAll(async () => {
    made = await aMachineWorld();
  });

  afterAll(() => {
    made.close();
  });

  beforeEach(() => {
    made.define();
  });

  const run = (step: string, mode: StepMode, request?: StepRequest) => made.run(step, mode, request);
  it.each([
    [{ powerShellVersion: '4.0', osVersion: '6.3.9600' }, ''],
    [{ powerShellVersion: '3.0', osVersion: '6.3.9600' }, 'Windows PowerShell'],
    [{ powerShellVersion: '7.6.9' }, 'Windows PowerShell'],
    [{ osVersion: '6.2.9200' }, 'Windows 6.2.9200 is too old'],
    [{ installation: 'Nano Server' as const }, 'Nano Server'],
  ])('judges at C1 a machine with %j', async (build, words) => {
    made.define((definition) => {
      Object.assign(definition.machines[1], build);
    });

    const { ok, code, message = '' } = await run('C1', 'probe', { on: 'natvm' });

    expect({ ok, code }).toEqual(words === '' ? { ok: true, code: '' } : { ok: false, code: 'precondition' });
    expect(message).toContain(words);
  });

  const dial = (more: object = {}) => made.world().connectVpn('natvm', { ...client, ...more });

  async function applyUntil(last: string): Promise<void> {
    for (const [step, request] of line) {
      await run(step, 'apply', request);
      if (step === last) return;
    }
  }

  it.each(line.filter(([step]) => step !== 'P6').map(([step, request]) => [step, request] as const))(
    'finds nothing of %s, applies it, finds it, and does not do it twice',
    async (step, request) => {
      if (!['P3', 'P4', 'P5'].includes(step)) await applyUntil('P5');
      if (step === 'P11') expect(isNatUp(made.nat())).toBe(false);
      const current = step === 'P7' ? { ...request, parameters: { keyIsCurrent: true } } : request;
      const before = await run(step, 'probe', request);
      const applied = await run(step, 'apply', request);
      const verified = await run(step, 'verify', request);
      const after = await run(step, 'probe', current);

      expect([before.ok, before.code]).toEqual([false, 'notDone']);
      expect(applied).toMatchObject({ ok: true, changed: true, code: '' });
      expect([verified.ok, after.ok, after.changed]).toEqual([true, true, false]);
    },
  );

  it('lets a user in when all of it is done, and nobody before', async () => {
    await applyUntil('P14');
    const early = dial();
    await applyUntil('P15');

    expect(early).toEqual({ outcome: 'refused', code: 691 });
    // The server keeps the first address of the pool for itself.
    expect(dial()).toEqual({ outcome: 'connected', address: '192.168.200.202' });
    expect(made.remoteAccess().sessions).toEqual([expect.objectContaining({ userName: 'ann' })]);
  });

  it('takes the way out away until it is restored', async () => {
    const before = isNatUp(made.nat());
    await applyUntil('P10');
    const during = isNatUp(made.nat());
    await run('P11', 'apply', outside);

    expect([before, during, isNatUp(made.nat())]).toEqual([true, false, true]);
  });

  it('puts everything back as it was, the last step first', async () => {
    const before = JSON.stringify([made.remoteAccess().natModes, made.remoteAccess().policies]);
    await applyUntil('P15');
    const undone = line.filter(([step]) => step !== 'P6').toReversed();
    for (const [step, request] of undone) expect(await run(step, 'undo', request)).toMatchObject({ ok: true });
    await run('P6', 'apply');

    expect(made.remoteAccess()).toMatchObject({ vpnStatus: 'Uninstalled', vpnS2SStatus: 'Uninstalled' });
    expect(made.remoteAccess()).not.toHaveProperty('pool');
    expect(made.remoteAccess()).not.toHaveProperty('preferredAdapter');
    expect(JSON.stringify([made.remoteAccess().natModes, made.remoteAccess().policies])).toBe(before);
    expect(isNatUp(made.nat())).toBe(true);
    expect(dial()).toEqual({ outcome: 'refused', code: 809 });
    for (const [step, request] of undone) expect(await run(step, 'undo', request)).toMatchObject({ ok: true });
  });

  describe('P1', () => {
    const p1: StepRequest = {
      on: 'host',
      parameters: { computerName: natAddress },
      secrets: { credential: natAdministrator },
    };

    it('trusts the address, opens a session, and takes out again what it put in', async () => {
      made.host().winRm.trustedHosts = ['other'];
      const before = await run('P1', 'probe', p1);
      const applied = await run('P1', 'apply', p1);
      const trusted = [...made.host().winRm.trustedHosts];
      const undone = await run('P1', 'undo', p1);

      expect([before.code, applied.facts, undone.changed]).toEqual(['notDone', { hostName: 'NATVM' }, true]);
      expect([trusted, made.host().winRm.trustedHosts]).toEqual([['other', natAddress], ['other']]);
    });

    it('leaves in what was there before', async () => {
      await run('P1', 'apply', p1);

      expect(await run('P1', 'undo', p1)).toMatchObject({ ok: true, changed: false });
      expect(made.host().winRm.trustedHosts).toEqual([natAddress]);
    });

    it('tells a wrong password from a machine that is away', async () => {
      const wrong = { ...p1, secrets: { credential: { ...natAdministrator, password: 'wrong' } } };
      const denied = await run('P1', 'apply', wrong);
      made.world().addFault({ machine: 'natvm', then: { kind: 'powerOff' } });

      expect([denied.code, (await run('P1', 'apply', p1)).code]).toEqual(['authFailed', 'unreachable']);
      expect(made.nat().accounts[0]?.badLogons).toBe(1);
    });
  });

  describe('P2 and P13', () => {
    const searched = { parameters: { internalAddress: natAddress } };

    it('find the adapters, whom the inner one asks for names, and the public address', async () => {
      const [inner] = made.nat().nics;
      inner?.dnsServers.push('192.168.200.67');

      expect((await run('P2', 'probe', searched)).facts).toEqual({
        internalNic,
        externalNic,
        externalAddress,
        dnsServers: ['192.168.200.67'],
      });
      expect((await run('P13', 'probe', outside)).facts).toEqual({ serverAddress: externalAddress });
    });

    it.each([
      ['two ways out', { alias: 'Ethernet 3', address: '10.0.0.5', gateway: '10.0.0.1' }, 'precondition'],
      ['an adapter that gave itself an address', { alias: 'Ethernet 3', address: '169.254.7.7' }, ''],
      ['a third adapter without a way out', { alias: 'Ethernet 3', address: '10.0.0.5' }, ''],
    ])('answer for a machine with %s', async (_what, nic, code) => {
      made.nat().nics.push({ prefixLength: 24, dnsServers: [], ...nic });

      expect((await run('P2', 'probe', searched)).code).toBe(code);
    });

    it('answer Precondition where no adapter is the one that is meant', async () => {
      const other = { parameters: { internalAddress: '192.168.7.1' } };

      expect((await run('P2', 'probe', other)).code).toBe('precondition');
      expect((await run('P13', 'probe', { parameters: { externalNic: 'Renamed' } })).code).toBe('precondition');
    });
  });

  describe('P4', () => {
    it('changes the pool of a role that is there, and keeps the way out', async () => {
      await applyUntil('P11');
      const other = { parameters: { addressFrom: '192.168.200.210', addressTo: '192.168.200.220' } };
      const before = await run('P4', 'probe', other);
      await run('P4', 'apply', other);

      expect(before).toMatchObject({ code: 'notDone', facts: pool.parameters });
      expect(made.remoteAccess().pool).toEqual({ from: '192.168.200.210', to: '192.168.200.220' });
      expect(isNatUp(made.nat())).toBe(true);
    });

    it.each([
      ['ends before it begins', '192.168.200.230', '192.168.200.201'],
      ['holds an address of the machine', '192.168.200.1', '192.168.200.30'],
    ])('answers Precondition for a pool that %s', async (_what, addressFrom, addressTo) => {
      expect(await run('P4', 'apply', { parameters: { addressFrom, addressTo } })).toMatchObject({
        ok: false,
        code: 'precondition',
      });
      expect(isNatUp(made.nat())).toBe(true);
    });

    it('asks for a restart where the features have to be installed first', async () => {
      made.define((definition) => {
        Object.assign(definition.machines[1].remoteAccess ?? {}, { feature: 'absent' });
      });
      const first = await made.runRaw('P4', 'apply', pool);
      const pending = await run('C2', 'probe');
      await run('C2', 'apply');
      await made.test.advance(3 * minuteMs);

      expect([first, pending.code]).toEqual([expect.objectContaining({ exitCode: 3010 }), 'notDone']);
      expect(await run('P4', 'apply', pool)).toMatchObject({ ok: true, code: '' });
    });

    it('leaves a role that was there before, with the pool from before', async () => {
      made.define((definition) => {
        Object.assign(definition.machines[1].remoteAccess ?? {}, {
          vpnStatus: 'Installed',
          pool: { from: '192.168.200.50', to: '192.168.200.60' },
        });
      });
      await applyUntil('P4');
      await run('P4', 'undo', pool);

      expect(made.remoteAccess()).toMatchObject({
        vpnStatus: 'Installed',
        pool: { from: '192.168.200.50', to: '192.168.200.60' },
      });
    });
  });

  describe('the restart of the service', () => {
    it('drops everybody', async () => {
      await applyUntil('P15');
      dial();
      await run('P6', 'apply');

      expect(made.remoteAccess().sessions).toEqual([]);
      expect(dial()).toMatchObject({ outcome: 'connected' });
    });

    it('is what a new key waits for', async () => {
      await applyUntil('P15');
      await run('P7', 'apply', { ...keyed, secrets: { sharedKey: 'a new key' } });
      const early = [dial().outcome, dial({ sharedKey: 'a new key' })];
      await run('P6', 'apply');

      expect(early).toEqual(['connected', { outcome: 'refused', code: 789 }]);
      expect([dial(), dial({ sharedKey: 'a new key' }).outcome]).toEqual([
        { outcome: 'refused', code: 789 },
        'connected',
      ]);
    });

    it('leaves the service stopped where it was cut off', async () => {
      await applyUntil('P5');
      made.world().addFault({ machine: 'natvm', step: 'P6', then: { kind: 'hang' } });
      await run('P6', 'apply');

      expect(await run('P6', 'verify')).toMatchObject({ code: 'verifyFailed' });
      expect(await run('P11', 'probe', outside)).toMatchObject({ code: 'notDone' });
      await run('P11', 'apply', outside);
      expect(isNatUp(made.nat())).toBe(true);
      expect(await run('P6', 'verify')).toMatchObject({ ok: true });
    });
  });

  it('locks everybody out with a key that nobody knows when the key is undone', async () => {
    await applyUntil('P15');
    await run('P7', 'undo', keyed);
    await run('P6', 'apply');

    expect(dial()).toEqual({ outcome: 'refused', code: 789 });
  });

  it('takes only adapters that are there', async () => {
    await applyUntil('P5');

    expect((await run('P10', 'apply', { parameters: { internalNic: 'Renamed' } })).code).toBe('toolFailed');
    expect((await run('P11', 'apply', { parameters: { externalNic: 'Renamed' } })).code).toBe('precondition');
  });

  describe('P12', () => {
    it('finds the policy by what it is for, whatever its name in the language of Windows', async () => {
      const policyName = 'Verbindungen mit dem Microsoft-Routing- und RAS-Server';
      made.remoteAccess().policies = [
        { name: 'Andere', isEnabled: true, grantsAccess: true, isForRemoteAccess: false },
        { name: policyName, isEnabled: true, grantsAccess: false, isForRemoteAccess: true },
      ];

      expect(await run('P12', 'probe')).toMatchObject({ code: 'notDone', facts: { policyName } });
      expect(await run('P12', 'apply')).toMatchObject({ ok: true, facts: { policyName } });
    });

    it('answers Precondition where there is none', async () => {
      made.remoteAccess().policies = [];

      expect((await run('P12', 'apply')).code).toBe('precondition');
      expect((await run('P12', 'undo')).ok).toBe(true);
    });
  });

  it.each([
    ['20.1.2.3', false],
    ['10.57.3.20', true],
    ['100.64.0.9', true],
    ['100.128.0.9', false],
  ])('tells whether %s may be behind address translation: %s', async (address, isBehindNat) => {
    const nic = made.nat().nics[1];
    if (nic !== undefined) nic.address = address;

    expect((await run('P14', 'apply', outside)).facts).toEqual({ isBehindNat });
  });

  it('answers ToolFailed on a machine without the cmdlets', async () => {
    made.define((definition) => {
      delete definition.machines[1].remoteAccess;
    });

    for (const [step, request] of line.filter(([step]) => step !== 'P15')) {
      expect((await run(step, 'apply', request)).code).toBe('toolFailed');
    }
  });
});
