import { deliverOutbox, type DeliverOutboxOptions } from '../../services/operations/outbox-delivery.ts';
import { registerTimer, type TimerHost } from './register-timer.ts';

/** Registers the delivery of what the change itself could not deliver at once. */
export function registerDeliverOutbox(host: TimerHost, options: DeliverOutboxOptions): void {
  registerTimer(host, 'deliverOutbox', async (context) => {
    const { delivered, postponed, undeliverable, kept, problem } = await deliverOutbox(options);
    if (delivered + postponed + undeliverable + kept === 0) return;
    context.log(
      `outbox: ${delivered} delivered, ${postponed} postponed, ${undeliverable} undeliverable, ${kept} kept` +
        (problem === undefined ? '' : `; ${problem}`),
    );
  });
}
