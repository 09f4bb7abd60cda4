import { buildSteps } from '../../../../src/contracts/gateways/build-gateway.ts';
import { buildGateway } from '../../../../src/orchestrations/gateways/build-gateway.ts';
import { aGatewayWorld } from '../../../support/gateway-world.ts';
import {
  ActivityFailed,
  begun,
  calledActivities,
  inputsOf,
  replayOrchestration,
  runOrchestration,
} from '../../../support/orchestration-driver.ts';

const input = { operationId: `op-${'0'.repeat(32)}`, gatewayId: 'gw', epoch: 1 };
const resources = ['resourceGroup', 'virtualNetwork', 'publicIp', 'gateway'] as const;
const stepNames = buildSteps.map(({ name }) => name);

describe('src/orchestrations/gateways/build-gateway', () => {
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

  it.each([
    ['ensureResource', 'resourceGroup'],
    ['writeGateway', 'trust'],
    ['startProfile', 'profile'],
  ])('ends the step and the operation when %s fails on every try', (broken, step) => {
    const { activities } = aGatewayWorld({
      overrides: {
        [broken]: () => {
          throw new ActivityFailed('The table is away.\n    at stack');
        },
      },
    });

    const run = runOrchestration(buildGateway, input, activities);

    const end = { status: 'failed', step, code: 'activityFailed', message: 'The table is away.' };
    expect(inputsOf(run, 'finishBuild')).toEqual([{ ...input, end }]);
    expect(replayOrchestration(buildGateway, input, run.history)).toEqual(run);
  });

  describe('when Azure answers nothing but trouble', () => {
    const trouble = { code: 'InternalServerError', message: 'An error occurred. (correlation id c-1)' };
    const waiting = (more: object): object => ({ outcome: 'wait', seconds: 10, reason: 'Azure answers 500.', ...more });

    function build(answer: (look: number) => object) {
      let looks = 0;
      const { activities } = aGatewayWorld({
        overrides: {
          ensureResource: ({ resource }: { readonly resource: string }) => {
            if (resource !== 'gateway') return { outcome: 'ready' };
            looks += 1;
            return answer(looks);
          },
        },
      });
      const run = runOrchestration(buildGateway, input, activities);
      const minutes = (Date.parse(run.history.at(-1)?.at ?? '') - begun) / 60_000;
      return { run, looks, minutes };
    }

    it('ends the step in Azure’s words after a quarter of an hour, and not sooner', () => {
      const { run, minutes, looks } = build(() => waiting({ trouble }));

      expect(run.output).toEqual({ status: 'failed', step: 'gateway', ...trouble });
      expect(minutes).toBeGreaterThan(15);
      expect(minutes).toBeLessThan(17);
      expect(looks).toBeLessThan(60);
    });

    it('goes on when something else came in between, for hours', () => {
      const { run } = build((look) =>
        look >= 100 ? { outcome: 'ready' } : waiting(look % 9 === 0 ? {} : { trouble }),
      );

      expect(run.output).toEqual({ status: 'succeeded' });
    });

    it('ends in the last reason after four hours, however short Azure asks to wait', () => {
      const { run, minutes, looks } = build(() => waiting({ seconds: 0 }));

      expect(run.output).toMatchObject({
        status: 'failed',
        code: 'noEnd',
        message: expect.stringContaining('Azure answers 500.') as string,
      });
      expect(minutes).toBeGreaterThan(240);
      expect(looks).toBeLessThan(400);
    });

    it('waits as long as Azure asks, and no longer than ten minutes at a time', () => {
      const { run } = build((look) => (look > 2 ? { outcome: 'ready' } : waiting({ seconds: look === 1 ? 160 : 1e9 })));
      const timers = run.history.filter(({ kind }) => kind === 'timer').map(({ name }) => Date.parse(name));

      expect((timers[0] ?? 0) - begun).toBeLessThan(161_500);
      expect((timers[0] ?? 0) - begun).toBeGreaterThanOrEqual(160_000);
      expect((timers[1] ?? 0) - (timers[0] ?? 0)).toBeLessThan(601_000);
    });
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
      overrides: {
        writeGateway: () => ({ outcome: 'absent', desired: 1, isKnown: true }),
        lookForGateway: () => ({ outcome: 'absent' }),
        abandonGateway: () => null,
      },
    });

    const run = runOrchestration(buildGateway, input, activities);

    expect(run.output).toMatchObject({ status: 'failed', step: 'trust', code: 'gatewayGone' });
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
      code: 'noEnd',
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
