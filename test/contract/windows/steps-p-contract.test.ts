// The emulators against the contracts: the same steps, the same modes, times as usual. What each of them answers is
// held to the contract wherever the other files run a step.
import { commonEmulators, vpnAccessEmulators } from '../../../sandbox/windows/steps/p-steps.ts';
import { type StepEmulator, worldDefinitionSchema } from '../../../sandbox/windows/world/records.ts';
import { commonSteps } from '../../../src/contracts/on-premises/common-steps.ts';
import { type RemoteStepContract, stepModes } from '../../../src/contracts/on-premises/remote-step.ts';
import { vpnAccessSteps } from '../../../src/contracts/on-premises/vpn-access-steps.ts';
import { natDefinition } from '../../support/windows/machine-world.ts';

const contracts: readonly RemoteStepContract[] = [...Object.values(commonSteps), ...Object.values(vpnAccessSteps)];
const emulators: Readonly<Record<string, StepEmulator>> = { ...commonEmulators, ...vpnAccessEmulators };

describe('sandbox/windows/steps/p-steps', () => {
  it('has every step of the contracts, and no other', () => {
    expect(Object.keys(emulators).sort()).toEqual(contracts.map(({ id }) => id).sort());
  });

  it.each(contracts)('takes the modes of $id, and no other', ({ id, modes }) => {
    const refusing = stepModes.filter((mode) => answer(id, mode, { none: true }).message?.includes("parameter 'Mode'"));

    expect(refusing).toEqual(stepModes.filter((mode) => !modes.includes(mode)));
  });

  it.each(contracts)('takes no parameter that $id does not have', ({ id, modes }) => {
    for (const mode of modes) {
      expect(answer(id, mode, { none: true })).toMatchObject({ ok: false, code: 'ToolFailed', exitCode: 1 });
    }
  });

  it.each(contracts.filter(({ id }) => id !== 'C2'))(
    'takes the usual time for $id, and less than its limit',
    ({ id, usualSeconds, timeoutSeconds }) => {
      expect(Math.max(...Object.values(emulators[id]?.seconds ?? {}))).toBe(usualSeconds);
      expect(usualSeconds).toBeLessThan(timeoutSeconds);
    },
  );
});

function answer(step: string, mode: (typeof stepModes)[number], parameters: Record<string, unknown>) {
  const parts = worldDefinitionSchema.parse(natDefinition());
  const [, machine] = parts.machines;
  const emulator = emulators[step];
  if (machine === undefined || emulator === undefined) throw new Error(`There is no ${step}.`);
  const world = { ...parts, machines: () => parts.machines };
  const call = { step, mode, parameters, secrets: {}, machine, world, isElevated: true, script: '' };
  return emulator.perform({ ...call, begunMs: 0, nowMs: 0 });
}
