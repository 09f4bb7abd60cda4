import type { FunctionInput, InvocationContext } from '@azure/functions';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { revokeSuperseded, type RevokeSupersededOptions } from '../../services/gateways/revoke-superseded.ts';
import { watchGateways, type WatchGatewaysOptions } from '../../services/gateways/watch-gateways.ts';
import { registerTimer, type TimerHost } from './register-timer.ts';

export interface WatchGatewaysTimerOptions extends Omit<
  WatchGatewaysOptions & RevokeSupersededOptions,
  'orchestrations'
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
      const revoked = await revokeSuperseded({ ...options, orchestrations });
      if (revoked > 0) context.log(`gateway watch: ${revoked} superseded certificates revoked`);
      const woken = await watchGateways({ ...options, orchestrations });
      if (woken > 0) context.log(`gateway watch: ${woken} set in motion`);
    },
    [options.durableClient],
  );
}
