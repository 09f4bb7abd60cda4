import type { app as functionsApp, FunctionInput, InvocationContext } from '@azure/functions';
import { type TimerName, timers } from '../../domain/timers.ts';
import type { TimerRuns } from '../../services/operations/timer-runs.ts';
import { inSpan, type SpanDescription } from '../../tracing/in-span.ts';
import { logUnknownError } from '../http/log-unknown-error.ts';

/** What every timer stands on. */
export interface TimerHost {
  readonly app: Pick<typeof functionsApp, 'timer'>;
  readonly runs: Pick<TimerRuns, 'succeeded' | 'failed'>;
}

/**
 * Registers a timer on its schedule and notes how each run ended, with what it answers as its remark: health says it.
 */
export function registerTimer(
  { app, runs }: TimerHost,
  name: TimerName,
  run: (context: InvocationContext) => Promise<void> | Promise<string | undefined>,
  extraInputs: FunctionInput[] = [],
): void {
  const note = async (context: InvocationContext, noted: Promise<void>): Promise<void> => {
    try {
      await noted;
    } catch (error) {
      // What the run has done stands; that nobody can see it is what health will say.
      logUnknownError(context, error);
    }
  };
  app.timer(name, {
    schedule: timers[name].schedule,
    ...(extraInputs.length === 0 ? {} : { extraInputs }),
    handler: (_timer, context: InvocationContext) =>
      inSpan(spanOf(name, context), async () => {
        let remark: string | undefined;
        try {
          remark = (await run(context)) ?? undefined;
        } catch (error) {
          await note(context, runs.failed(name, error));
          throw error;
        }
        await note(context, runs.succeeded(name, remark));
      }),
  });
}

/** What a run begins belongs to one trace with it. */
function spanOf(name: TimerName, { invocationId, traceContext }: InvocationContext): SpanDescription {
  const attributes = { 'faas.trigger': 'timer', 'faas.invocation_id': invocationId };
  return { name: `timer ${name}`, kind: 'internal', attributes, traceContext: traceContext ?? {} };
}
