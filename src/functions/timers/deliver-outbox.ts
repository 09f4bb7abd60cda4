import type { app as functionsApp, InvocationContext } from '@azure/functions';
import { deliverOutbox, type DeliverOutboxOptions } from '../../desk/outbox-delivery.ts';

/** Every minute, which is also the first back-off. */
const deliverOutboxSchedule = '0 * * * * *';

/** Registers the delivery of what the change itself could not deliver at once. */
export function registerDeliverOutbox(app: Pick<typeof functionsApp, 'timer'>, options: DeliverOutboxOptions): void {
  app.timer('deliverOutbox', {
    schedule: deliverOutboxSchedule,
    handler: async (_timer, context: InvocationContext) => {
      const { delivered, postponed, undeliverable, kept, problem } = await deliverOutbox(options);
      if (delivered + postponed + undeliverable + kept === 0) return;
      context.log(
        `outbox: ${delivered} delivered, ${postponed} postponed, ${undeliverable} undeliverable, ${kept} kept` +
          (problem === undefined ? '' : `; ${problem}`),
      );
    },
  });
}
