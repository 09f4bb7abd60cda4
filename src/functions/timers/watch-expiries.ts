import { watchExpiries, type WatchExpiriesOptions } from '../../services/operations/watch-expiries.ts';
import { registerTimer, type TimerHost } from './register-timer.ts';

/** Registers the daily look at what ends soon. `afterChange` is told when there is something new to deliver. */
export function registerWatchExpiries(
  host: TimerHost,
  options: WatchExpiriesOptions & { readonly afterChange: () => void },
): void {
  registerTimer(host, 'watchExpiries', async (context) => {
    const { notices, daysRead } = await watchExpiries(options);
    context.log(`expiry watch: ${notices} notices, ${daysRead} days read`);
    if (notices > 0) options.afterChange();
  });
}
