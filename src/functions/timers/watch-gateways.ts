import type { FunctionInput, InvocationContext } from '@azure/functions';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { watchGateways, type WatchGatewaysOptions } from '../../services/gateways/watch-gateways.ts';
import { registerTimer, type TimerHost } from './register-timer.ts';

export interface WatchGatewaysTimerOptions extends Omit<WatchGatewaysOptions, 'orchestrations'> {
  readonly durableClient: FunctionInput;
  readonly orchestrationsOf: (context: InvocationContext) => Orchestrations;
}

/** Registers the look for gateways that were left behind. */
export function registerWatchGateways(host: TimerHost, options: WatchGatewaysTimerOptions): void {
  registerTimer(
    host,
    'watchGateways',
    async (context) => {
      const woken = await watchGateways({ ...options, orchestrations: options.orchestrationsOf(context) });
      if (woken > 0) context.log(`gateway watch: ${woken} set in motion`);
    },
    [options.durableClient],
  );
}
