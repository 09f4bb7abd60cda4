import type { ScanProgress } from '../../../../src/contracts/gateways/scan-inventory.ts';
import { scanInventory } from '../../../../src/orchestrations/gateways/scan-inventory.ts';
import { ActivityFailed, type OrchestrationRun, runOrchestration } from '../../../support/orchestration-driver.ts';

const input = { operationId: 'op-1' };
const more: ScanProgress = { outcome: 'more', seconds: 47 };
const done: ScanProgress = { outcome: 'done', detail: 'All.' };

interface Told {
  readonly run: OrchestrationRun;
  /** Each step that ended, in order, and how. */
  readonly steps: readonly string[];
  readonly end: unknown;
}

/** Runs it; each step answers what it is given, and that it is done after that. */
function run(answers: Readonly<Record<string, readonly (ScanProgress | Error)[]>> = {}): Told {
  const left = Object.fromEntries(Object.entries(answers).map(([step, given]) => [step, [...given]]));
  const steps: string[] = [];
  let end: unknown;
  const result = runOrchestration(scanInventory, input, {
    beginStep: () => ({ cancelRequested: false }),
    advanceScan: ({ step }: { readonly step: string }) => {
      const next = left[step]?.shift() ?? done;
      if (next instanceof Error) throw next;
      return next;
    },
    endStep: ({ step }: { readonly step: string }) => {
      steps.push(step);
      return null;
    },
    closeStep: ({ step, status }: { readonly step: string; readonly status: string }) => {
      steps.push(`${step} ${status}`);
      return null;
    },
    finishScan: (told: { readonly end: unknown }) => {
      ({ end } = told);
      return null;
    },
  });
  return { run: result, steps, end };
}

describe('src/orchestrations/gateways/scan-inventory', () => {
  it('goes on with a step until it is done, pausing as long as it is told to', () => {
    const { run: ran, steps, end } = run({ readGateways: [more, more] });

    expect(steps).toEqual(['listSubscriptions', 'listGateways', 'readGateways', 'readSessions']);
    expect(end).toEqual({ status: 'succeeded' });
    const looks = ran.history.filter(({ name }) => name === 'advanceScan');
    const [, , first, second, third] = looks.map(({ input: asked }) => asked as { readonly begunAt: string });
    expect([second?.begunAt, third?.begunAt]).toEqual([first?.begunAt, first?.begunAt]);
    const pauses = ran.history.flatMap(({ kind, at }, index) =>
      kind === 'timer' ? [Math.round((Date.parse(at) - Date.parse(ran.history[index - 1]?.at ?? at)) / 1000)] : [],
    );
    expect(pauses).toEqual([47, 47]);
  });

  it('says of a step that was not asked for that it was skipped', () => {
    const { steps, end } = run({ readSessions: [{ ...done, isSkipped: true }] });

    expect(steps.at(-1)).toBe('readSessions skipped');
    expect(end).toEqual({ status: 'succeeded' });
  });

  it('stops where it is canceled', () => {
    const { steps, end } = run({ readGateways: [more, { outcome: 'canceled' }] });

    expect(steps).toEqual(['listSubscriptions', 'listGateways']);
    expect(end).toEqual({ status: 'canceled' });
  });

  it('ends with the words of the refusal', () => {
    const azure = { code: 'AuthorizationFailed', message: 'No.', correlationId: 'c' };

    const { end } = run({
      listSubscriptions: [{ outcome: 'refused', code: 'azureRefused', message: 'No.', azure }],
    });

    expect(end).toEqual({ status: 'failed', step: 'listSubscriptions', code: 'azureRefused', message: 'No.', azure });
  });

  it('ends the step, and not only itself, when a part of it fails at every try', () => {
    const { end } = run({ readGateways: [new ActivityFailed('the table service is away')] });

    expect(end).toMatchObject({ status: 'failed', step: 'readGateways', code: 'activityFailed' });
  });
});
