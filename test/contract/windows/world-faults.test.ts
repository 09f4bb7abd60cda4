import { aMachineWorld, type MachineWorld } from '../../support/windows/machine-world.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const pool = { parameters: { addressFrom: '192.168.200.201', addressTo: '192.168.200.230' } };
const p7 = { parameters: { keyIsCurrent: false }, secrets: { sharedKey: 'a key' } };

describe('sandbox/windows/world/faults', () => {
  let made: MachineWorld;

  beforeAll(async () => {
    made = await aMachineWorld();
  });

  afterAll(() => {
    made.close();
  });

  beforeEach(() => {
    made.define();
    made.remoteAccess().vpnS2SStatus = 'Installed';
  });

  function breakNext(then: object, where: object = {}): void {
    made.world().addFault({ machine: 'natvm', ...where, then });
  }

  it.each([
    ['a machine that is not there', { machine: 'nobody', then: { kind: 'hang' } }],
    ['a kind of nobody', { machine: 'natvm', then: { kind: 'sulk' } }],
    ['no times at all', { machine: 'natvm', times: 0, then: { kind: 'hang' } }],
  ])('refuses %s', (_what, fault) => {
    expect(() => {
      made.world().addFault(fault);
    }).toThrow();
  });

  it('meets the step and mode that it is for, so many times', async () => {
    made.world().addFault({
      machine: 'natvm',
      step: 'P7',
      mode: 'apply',
      times: 2,
      then: { kind: 'fail', code: 'ToolFailed' },
    });
    const codes = [];
    for (const [step, mode, request] of [
      ['P8', 'apply', {}],
      ['P7', 'verify', p7],
      ['P7', 'apply', p7],
      ['P7', 'apply', p7],
      ['P7', 'apply', p7],
    ] as const) {
      codes.push((await made.run(step, mode, request)).code);
    }

    expect(codes).toEqual(['', 'verifyFailed', 'toolFailed', 'toolFailed', '']);
  });

  it('fails before the effect, or after it where asked', async () => {
    breakNext({ kind: 'fail', code: 'TimedOut' });
    const before = await made.run('P7', 'apply', p7);
    const keyBefore = made.remoteAccess().sharedKey;
    breakNext({ kind: 'fail', code: 'TimedOut', isApplied: true });
    const after = await made.run('P7', 'apply', p7);

    expect([before.code, keyBefore, after.code]).toEqual(['timedOut', undefined, 'timedOut']);
    expect(made.remoteAccess().sharedKey).toBe('a key');
  });

  it('hangs until the time of the command is over', async () => {
    breakNext({ kind: 'hang' });
    made.start('c1', 'P7', 'apply', { ...p7, timeoutSeconds: 600 });
    await made.test.advance(599 * secondMs);
    const during = made.world().poll('host', 'c1');
    await made.test.advance(secondMs);

    expect(during.state).toBe('running');
    expect(made.world().poll('host', 'c1')).toMatchObject({ state: 'ended', exitCode: 1460 });
    expect(made.remoteAccess().sharedKey).toBeUndefined();
  });

  it('is stuck beyond the time of the command, until it is canceled', async () => {
    breakNext({ kind: 'stuck' });
    made.start('c1', 'P7', 'apply', p7);
    await made.test.advance(100 * minuteMs);
    const during = made.world().poll('host', 'c1');
    made.world().cancel('host', 'c1');

    expect(during.state).toBe('running');
    expect(made.world().poll('host', 'c1')).toMatchObject({ state: 'ended' });
  });

  it('denies access without any effect', async () => {
    breakNext({ kind: 'accessDenied' });

    expect(await made.run('P7', 'apply', p7)).toMatchObject({ code: 'authFailed' });
    expect(made.remoteAccess().sharedKey).toBeUndefined();
  });

  it.each([
    ['wrongLine', /not an answer/],
    ['noAnswer', /nothing was written/],
    ['olderOnly', /another step or mode/],
  ])('spoils the answer but not the effect: %s', async (kind, problem) => {
    breakNext({ kind });

    await expect(made.run('P7', 'apply', p7)).rejects.toThrow(problem);
    expect(made.remoteAccess().sharedKey).toBe('a key');
  });

  it('tells an older answer first, that of an earlier command where there is one', async () => {
    await made.run('P8', 'apply');
    breakNext({ kind: 'olderFirst' });
    const ended = await made.runRaw('P7', 'apply', p7);

    expect(ended.state === 'ended' && ended.output.trim().split('\r\n')).toEqual([
      expect.stringContaining('"P8"'),
      expect.stringContaining('"P7"'),
    ]);
  });

  it('takes longer by the factor', async () => {
    breakNext({ kind: 'slow', factor: 10 });
    made.start('c1', 'P7', 'apply', p7);
    await made.test.advance(39 * secondMs);
    const during = made.world().poll('host', 'c1');
    await made.test.advance(secondMs);

    expect([during.state, made.world().poll('host', 'c1').state]).toEqual(['running', 'ended']);
  });

  describe('power', () => {
    it('is lost in the middle of a step, which leaves what Windows would leave', async () => {
      breakNext({ kind: 'die', seconds: 60 });
      made.start('c1', 'P4', 'apply', pool);
      await made.test.advance(31 * secondMs);

      expect(made.nat()).toMatchObject({ power: 'rebooting', services: { RemoteAccess: 'Stopped' } });
      expect(made.remoteAccess()).toMatchObject({ vpnStatus: 'Uninstalled', natModes: {} });

      await made.test.advance(60 * secondMs);
      expect(made.nat()).toMatchObject({ power: 'on', services: { RemoteAccess: 'Running' } });
    });

    it('takes the session with it: the host goes on and tells so once it gave up', async () => {
      breakNext({ kind: 'die', seconds: 60 });
      made.start('c1', 'P4', 'apply', pool);
      await made.test.advance(4 * minuteMs);
      const during = made.world().poll('host', 'c1');
      await made.test.advance(minuteMs);

      expect(during.state).toBe('running');
      expect(made.world().poll('host', 'c1')).toMatchObject({
        state: 'ended',
        exitCode: 1,
        output: expect.stringContaining('"code":"Unreachable"') as string,
      });
      expect(made.world().history().at(-1)).toMatchObject({ step: 'P4', changed: false, code: 'Unreachable' });
    });

    it('takes every trace of how a command ended with it, where the machine itself ran it', async () => {
      made.world().addFault({ machine: 'host', then: { kind: 'die' } });
      made.start('c1', 'C1', 'probe', { on: 'host' });
      await made.test.advance(minuteMs);

      expect(made.world().reach('host')).toBe('silent');
      made.world().addFault({ machine: 'host', then: { kind: 'powerOn' } });
      expect(made.world().reach('host')).toBe('answers');
      expect(made.world().poll('host', 'c1')).toEqual({ state: 'ended', output: '', error: '' });
    });

    it('is off until somebody switches it on', async () => {
      breakNext({ kind: 'powerOff' });
      await made.test.advance(60 * minuteMs);

      expect(await made.run('P7', 'apply', p7)).toMatchObject({ code: 'unreachable' });
      breakNext({ kind: 'powerOn' });
      expect(await made.run('P7', 'apply', p7)).toMatchObject({ ok: true });
    });
  });

  describe('the network', () => {
    it('is away for a time, over a restart of the stack too', async () => {
      breakNext({ kind: 'unreachable', seconds: 300 });
      const during = await made.run('P7', 'apply', p7);
      made.restart();
      const still = made.world().reach('natvm');
      await made.test.advance(5 * minuteMs);

      expect([during.code, still]).toEqual(['unreachable', 'silent']);
      expect(await made.run('P7', 'apply', p7)).toMatchObject({ ok: true });
    });

    it('is away until faults are cleared', async () => {
      breakNext({ kind: 'unreachable' });
      breakNext({ kind: 'hang' });
      await made.test.advance(60 * minuteMs);
      const during = made.world().reach('natvm');
      made.world().clearFaults();

      expect(during).toBe('silent');
      expect(await made.run('P7', 'apply', p7)).toMatchObject({ ok: true });
    });
  });

  it('waits for a restart where the next installation is to end with one', async () => {
    breakNext({ kind: 'reboot' });
    const first = await made.run('P4', 'apply', pool);
    const second = await made.run('P4', 'apply', pool);
    await made.run('C2', 'apply');
    await made.test.advance(3 * minuteMs);
    const third = await made.run('P4', 'apply', pool);

    expect([first.code, second.code, third.code]).toEqual(['rebootRequired', 'rebootRequired', '']);
    expect(made.remoteAccess().vpnStatus).toBe('Installed');
  });

  it('finds another installation running so many times', () => {
    made.world().addFault({ machine: 'host', times: 2, then: { kind: 'busy' } });

    expect(made.host().installer.busyTimes).toBe(2);
    made.world().clearFaults();
    expect(made.host().installer.busyTimes).toBe(0);
  });
});
