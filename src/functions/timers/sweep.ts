import type { FunctionInput, InvocationContext } from '@azure/functions';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { sweep, type SweepOptions } from '../../services/operations/sweep.ts';
import { createAuditSealing, type SealAuditOptions } from '../../services/requests/audit-seals.ts';
import { logUnknownError } from '../http/log-unknown-error.ts';
import { registerTimer, type TimerHost } from './register-timer.ts';

export interface SweepTimerOptions {
  readonly durableClient: FunctionInput;
  readonly orchestrationsOf: (context: InvocationContext) => Orchestrations;
  readonly services: Omit<SweepOptions, 'orchestrations' | 'onFault'> & SealAuditOptions;
}

/** Registers the sweep that goes on with what a crash left, and seals the audit hours that have closed. */
export function registerSweep(host: TimerHost, { durableClient, orchestrationsOf, services }: SweepTimerOptions): void {
  const sealAudit = createAuditSealing(services);
  registerTimer(
    host,
    'sweep',
    async (context) => {
      const { tried, failed } = await sweep({
        ...services,
        orchestrations: orchestrationsOf(context),
        onFault: (what, error) => {
          context.warn(`sweep: ${what} could not be finished this time`);
          logUnknownError(context, error);
        },
      });
      // Also in the log, which others than the tables' writers keep.
      for (const { hour, hash } of await sealAudit()) context.log(`audit sealed: ${hour} ${hash}`);
      if (failed === 0) return undefined;
      if (failed === tried) {
        throw new Error(`None of the ${tried} things that the sweep tried could be finished; see the log.`);
      }
      return `${failed} of ${tried} things could not be finished; see the log.`;
    },
    [durableClient],
  );
}
