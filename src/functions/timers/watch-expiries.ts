import type { app as functionsApp, InvocationContext } from '@azure/functions';
import { watchExpiries, type WatchExpiriesOptions } from '../../desk/watch-expiries.ts';

/** Six in the morning, UTC: before most offices open. */
const watchExpiriesSchedule = '0 0 6 * * *';

/** Registers the daily look at what ends soon. `afterChange` is told when there is something new to deliver. */
export function registerWatchExpiries(
  app: Pick<typeof functionsApp, 'timer'>,
  options: WatchExpiriesOptions & { readonly afterChange: () => void },
): void {
  app.timer('watchExpiries', {
    schedule: watchExpiriesSchedule,
    handler: async (_timer, context: InvocationContext) => {
      const { notices, daysRead } = await watchExpiries(options);
      context.log(`expiry watch: ${notices} notices, ${daysRead} days read`);
      if (notices > 0) options.afterChange();
    },
  });
}
