// The emulators against the contract of the connector's steps: the same steps, the same modes, times as usual. What
// each of them answers is held to the contract wherever the other files run a step.
import { connectorEmulators } from '../../../sandbox/windows/steps/w-steps.ts';
import { connectorSteps } from '../../../src/contracts/on-premises/connector-steps.ts';
import { stepModes } from '../../../src/contracts/on-premises/remote-step.ts';
import { aConnectorWorld, contractOf, emulator } from '../../support/windows/connector-world.ts';

const steps = Object.values(connectorSteps).map(({ id }) => id);

describe('sandbox/windows/steps/w-steps', () => {
  it('has every step of the contract, and no other', () => {
    expect(Object.keys(connectorEmulators).sort()).toEqual([...steps].sort());
  });

  it.each(steps)('takes the modes of %s, and no other', async (step) => {
    const test = await aConnectorWorld();
    const refusing = stepModes.filter((mode) =>
      test.run(step, mode, 'host', { none: true }).message?.includes("parameter 'Mode'"),
    );

    expect(refusing).toEqual(stepModes.filter((mode) => !contractOf(step).modes.includes(mode)));
  });

  it.each(steps)('takes the usual time for %s, and less than its limit', (step) => {
    const { seconds } = emulator(step);
    const { usualSeconds, timeoutSeconds } = contractOf(step);

    expect(Math.max(...Object.values(seconds))).toBe(usualSeconds);
    expect(usualSeconds).toBeLessThan(timeoutSeconds);
  });
});
