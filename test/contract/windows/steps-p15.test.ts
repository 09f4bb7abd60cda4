/** The accounts of VPN users, and those that are not to be touched. */
import { p15, p15d, p15r } from '../../../sandbox/windows/steps/p15-users.ts';
import type { StepCall, StepEmulator, StepOutcome } from '../../../sandbox/windows/world/records.ts';

/** A machine with these accounts; nothing else of it is looked at. */
function machineWith(isAdministrator: boolean): StepCall['machine'] {
  const account = { name: 'Keeper', password: 'x', isEnabled: true, isAdministrator, isLockedOut: false, badLogons: 0 };
  return { accounts: [account] } as unknown as StepCall['machine'];
}

function run(step: StepEmulator, mode: StepCall['mode'], machine: StepCall['machine']): StepOutcome {
  const isAdding = step === p15;
  return step.perform({
    step: 'P15',
    mode,
    machine,
    parameters: { userName: 'Keeper', ...(isAdding ? { resetPassword: true } : {}) },
    secrets: isAdding ? { password: 'Long-Enough-1' } : {},
    nowMs: 0,
    begunMs: 0,
    isElevated: true,
    script: '',
    world: {} as StepCall['world'],
  });
}

describe('sandbox/windows/steps/p15-users', () => {
  it('lets no administrator in', () => {
    expect(run(p15, 'apply', machineWith(true))).toMatchObject({ ok: false, code: 'Precondition' });
  });

  it.each([
    ['disable', p15d],
    ['remove', p15r],
  ])('has nothing to %s of an administrator, who was never let in', (_what, step) => {
    const machine = machineWith(true);

    for (const mode of ['probe', 'apply', 'verify'] as const) {
      expect(run(step, mode, machine)).toMatchObject({ ok: true, changed: false });
    }
    expect(machine.accounts).toMatchObject([{ name: 'Keeper', isEnabled: true }]);
  });

  it.each([
    ['disable', p15d],
    ['remove', p15r],
  ])('refuses to %s an ordinary account that was not made for VPN', (_what, step) => {
    expect(run(step, 'apply', machineWith(false))).toMatchObject({ ok: false, code: 'Precondition' });
  });
});
