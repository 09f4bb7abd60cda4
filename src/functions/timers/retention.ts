import { retain, type RetainOptions } from '../../services/operations/retain.ts';
import { logUnknownError } from '../http/log-unknown-error.ts';
import { registerTimer, type TimerHost } from './register-timer.ts';

/** Registers the removal of what is over and was kept for as long as the settings say. */
export function registerRetention(host: TimerHost, options: Omit<RetainOptions, 'onFault'>): void {
  registerTimer(host, 'retention', async (context) => {
    const removed = await retain({
      ...options,
      onFault: (what, error) => {
        context.warn(`retention: ${what} could not be looked at this time`);
        logUnknownError(context, error);
      },
    });
    const counts = Object.entries(removed).map(([kind, count]) => `${kind} ${count}`);
    if (counts.length > 0) context.log(`retention: removed ${counts.join(', ')}`);
  });
}
