import type { app as functionsApp, FunctionInput, InvocationContext } from '@azure/functions';
import { sealAudit, type SealAuditOptions } from '../../desk/audit-seals.ts';
import { sweep, type SweepOptions } from '../../desk/sweep.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { logUnknownError } from '../http/log-unknown-error.ts';

/** Every minute: a crash costs whoever waits for its work little more than that. */
const sweepSchedule = '15 * * * * *';

export interface SweepTimerOptions {
  readonly durableClient: FunctionInput;
  readonly orchestrationsOf: (context: InvocationContext) => Orchestrations;
  readonly services: Omit<SweepOptions, 'orchestrations' | 'onFault'> & SealAuditOptions;
}

/** Registers the sweep that goes on with what a crash left, and seals the audit hours that have closed. */
export function registerSweep(app: Pick<typeof functionsApp, 'timer'>, options: SweepTimerOptions): void {
  app.timer('sweep', {
    schedule: sweepSchedule,
    extraInputs: [options.durableClient],
    handler: async (_timer, context: InvocationContext) => {
      await sweep({
        ...options.services,
        orchestrations: options.orchestrationsOf(context),
        onFault: (what, error) => {
          context.warn(`sweep: ${what} could not be finished this time`);
          logUnknownError(context, error);
        },
      });
      await sealAudit(options.services);
    },
  });
}
