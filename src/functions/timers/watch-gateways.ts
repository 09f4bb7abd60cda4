import type { FunctionInput, InvocationContext } from '@azure/functions';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { revokeSuperseded, type RevokeSupersededOptions } from '../../services/gateways/revoke-superseded.ts';
import { watchGateways, type WatchGatewaysOptions } from '../../services/gateways/watch-gateways.ts';
import { logUnknownError } from '../http/log-unknown-error.ts';
import { registerTimer, type TimerHost } from './register-timer.ts';

export interface WatchGatewaysTimerOptions extends Omit<
  WatchGatewaysOptions & RevokeSupersededOptions,
  'orchestrations' | 'onFault'
> {
  readonly durableClient: FunctionInput;
  readonly orchestrationsOf: (context: InvocationContext) => Orchestrations;
}

/** Registers the look for gateways that were left behind, and for certificates that others have taken the place of. */
export function registerWatchGateways(host: TimerHost, options: WatchGatewaysTimerOptions): void {
  registerTimer(
    host,
    'watchGateways',
    async (context) => {
      const orchestrations = options.orchestrationsOf(context);
      let failed = 0;
      const onFault = (what: string, error: unknown): void => {
        failed += 1;
        context.warn(`gateway watch: ${what} could not be revoked this time`);
        logUnknownError(context, error);
      };
      const revoked = await revokeSuperseded({ ...options, orchestrations, onFault });
      if (revoked > 0) context.log(`gateway watch: ${revoked} superseded certificates revoked`);
      const woken = await watchGateways({ ...options, orchestrations });
      if (woken > 0) context.log(`gateway watch: ${woken} set in motion`);
      return failed === 0 ? undefined : `${failed} superseded certificates could not be revoked; see the log.`;
    },
    [options.durableClient],
  );
}
