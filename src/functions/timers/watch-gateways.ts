import type { app as functionsApp, FunctionInput, InvocationContext } from '@azure/functions';
import { watchGateways, type WatchGatewaysOptions } from '../../desk/watch-gateways.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';

/** Every five minutes: as often as Azure refreshes its session lists. */
const watchGatewaysSchedule = '30 */5 * * * *';

export interface WatchGatewaysTimerOptions extends Omit<WatchGatewaysOptions, 'orchestrations'> {
  readonly durableClient: FunctionInput;
  readonly orchestrationsOf: (context: InvocationContext) => Orchestrations;
}

/** Registers the look for gateways that were left behind. */
export function registerWatchGateways(
  app: Pick<typeof functionsApp, 'timer'>,
  options: WatchGatewaysTimerOptions,
): void {
  app.timer('watchGateways', {
    schedule: watchGatewaysSchedule,
    extraInputs: [options.durableClient],
    handler: async (_timer, context: InvocationContext) => {
      const woken = await watchGateways({ ...options, orchestrations: options.orchestrationsOf(context) });
      if (woken > 0) context.log(`gateway watch: ${woken} set in motion`);
    },
  });
}
