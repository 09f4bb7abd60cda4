import { buildSteps } from '../../src/contracts/build-gateway.ts';
import { buildGateway } from '../../src/orchestrations/build-gateway.ts';
import { aGatewayWorld } from '../support/gateway-world.ts';
import { calledActivities, inputsOf, replayOrchestration, runOrchestration } from '../support/orchestration-driver.ts';

const input = { operationId: `op-${'0'.repeat(32)}`, gatewayId: 'gw', epoch: 1 };
const resources = ['resourceGroup', 'virtualNetwork', 'publicIp', 'gateway'] as const;
const stepNames = buildSteps.map(({ name }) => name);

describe('src/orchestrations/build-gateway', () => {
  it('goes through every step in order and ends as succeeded', () => {
    const run = runOrchestration(buildGateway, input, aGatewayWorld().activities);

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(inputsOf(run, 'beginStep')).toEqual(stepNames.map((step) => ({ operationId: input.operationId, step })));
    expect(inputsOf(run, 'endStep')).toEqual(inputsOf(run, 'beginStep'));
    expect(inputsOf(run, 'ensureResource')).toEqual(
      [...resources, 'gateway'].map((resource) => ({ gatewayId: 'gw', resource })),
    );
    expect(inputsOf(run, 'finishBuild')).toEqual([{ ...input, end: { status: 'succeeded' } }]);
  });

  it.each(resources)('ends as failed at %s with the words of the refusal, and begins no later step', (refused) => {
    const { activities } = aGatewayWorld({
      overrides: {
        ensureResource: ({ resource }: { readonly resource: string }) =>
          resource === refused
            ? { outcome: 'refused', code: 'Conflict', message: 'Azure says no.' }
            : { outcome: 'ready' },
      },
    });

    const run = runOrchestration(buildGateway, input, activities);

    const end = { status: 'failed', step: refused, code: 'Conflict', message: 'Azure says no.' };
    expect(run.output).toEqual(end);
    expect(inputsOf(run, 'beginStep')).toHaveLength(resources.indexOf(refused) + 1);
    expect(inputsOf(run, 'finishBuild')).toEqual([{ ...input, end }]);
  });

  it('ends as failed when the finished gateway is not what was planned', () => {
    let gatewayLooks = 0;
    const { activities } = aGatewayWorld({
      overrides: {
        ensureResource: ({ resource }: { readonly resource: string }) => {
          if (resource === 'gateway') gatewayLooks += 1;
          return gatewayLooks === 2
            ? { outcome: 'refused', code: 'Differs', message: 'Other SKU.' }
            : { outcome: 'ready' };
        },
      },
    });

    expect(runOrchestration(buildGateway, input, activities).output).toMatchObject({
      status: 'failed',
      step: 'verify',
    });
  });

  it('ends as failed when somebody removes the gateway meanwhile', () => {
    const { activities } = aGatewayWorld({
      overrides: { writeGateway: () => ({ outcome: 'gone' }), abandonGateway: () => null },
    });

    const run = runOrchestration(buildGateway, input, activities);

    expect(run.output).toMatchObject({ status: 'failed', step: 'trust', code: 'GatewayGone' });
    expect(calledActivities(run)).toContain('abandonGateway');
  });

  it.each(stepNames)('stops before %s when it is told to, and does nothing of it', (stopped) => {
    const { activities } = aGatewayWorld({
      overrides: { beginStep: ({ step }: { readonly step: string }) => ({ cancelRequested: step === stopped }) },
    });

    const run = runOrchestration(buildGateway, input, activities);

    expect(run.output).toEqual({ status: 'canceled' });
    const called = calledActivities(run);
    expect(called.slice(called.lastIndexOf('beginStep') + 1)).toEqual(['finishBuild']);
    expect(inputsOf(run, 'endStep')).toHaveLength(stepNames.indexOf(stopped));
  });

  it('succeeds without a profile package when Azure refuses to make one', () => {
    const { activities } = aGatewayWorld({
      overrides: {
        startProfile: () => ({ outcome: 'refused', code: 'NoProfile', message: 'Not now.', wanted: 1 }),
        failProfile: () => null,
      },
    });

    const run = runOrchestration(buildGateway, input, activities);

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(inputsOf(run, 'failProfile')).toEqual([
      { gatewayId: 'gw', wanted: 1, code: 'NoProfile', message: 'Not now.' },
    ]);
  });

  it('waits by timer as long as Azure works, and says once why', () => {
    let looks = 0;
    const { activities } = aGatewayWorld({
      overrides: {
        ensureResource: ({ resource }: { readonly resource: string }) => {
          looks += resource === 'gateway' ? 1 : 0;
          return resource === 'gateway' && looks < 40
            ? { outcome: 'wait', seconds: 10, reason: 'Azure is creating it' }
            : { outcome: 'ready' };
        },
      },
    });

    const run = runOrchestration(buildGateway, input, activities);

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(inputsOf(run, 'noteStep')).toHaveLength(1);
    expect(run.history.filter(({ kind }) => kind === 'timer')).toHaveLength(39);
  });

  it('gives a resource up after four hours', () => {
    const { activities } = aGatewayWorld({
      overrides: { ensureResource: () => ({ outcome: 'wait', seconds: 60, reason: 'Azure is silent' }) },
    });

    expect(runOrchestration(buildGateway, input, activities).output).toMatchObject({
      status: 'failed',
      step: 'resourceGroup',
      code: 'NoEnd',
    });
  });

  it('starts the next writer in its place when something more was wanted', () => {
    const nextWriter = { instanceId: 'apply-gw-2', epoch: 2 };
    const { activities } = aGatewayWorld({
      overrides: { finishBuild: () => ({ nextWriter }), applyGateway: () => ({ released: true }) },
    });

    const run = runOrchestration(buildGateway, input, activities);

    expect(inputsOf(run, 'applyGateway')).toEqual([{ given: { gatewayId: 'gw', epoch: 2 }, instanceId: 'apply-gw-2' }]);
  });

  it('does the same again when its history is run again', () => {
    const world = aGatewayWorld({ wanted: ['root:A', 'revocation:B'], bad: ['root:A'] });
    const run = runOrchestration(buildGateway, input, world.activities);

    expect(replayOrchestration(buildGateway, input, run.history)).toEqual(run);
    expect(replayOrchestration(buildGateway, input, run.history)).toEqual(run);
  });
});
