import type { Follow } from '../services/certificates/release-certificate.ts';
import { deliverOutbox, type DeliverOutboxOptions } from '../services/operations/outbox-delivery.ts';
import { warnOf } from './warn-of.ts';

/**
 * Takes a hint that there may be something to deliver. Not waited for: whoever made the change has their answer, and
 * the timer delivers what this does not. However many hints come while one is followed, what is pending is read once
 * more; where nobody takes events it is not read at all.
 */
export type DeliverSoon = () => void;

export function createDeliverSoon(delivery: DeliverOutboxOptions): DeliverSoon {
  const hints = { isNew: false, isFollowed: false };

  async function followAll(): Promise<void> {
    try {
      while (hints.isNew) {
        hints.isNew = false;
        if ((await delivery.webhook()) !== undefined) await deliverOutbox(delivery);
      }
    } finally {
      hints.isFollowed = false;
    }
  }

  return () => {
    hints.isNew = true;
    if (hints.isFollowed) return;
    hints.isFollowed = true;
    followAll().catch((error: unknown) => {
      warnOf('delivery after a change', error);
    });
  };
}

/** Does what follows an answer without waiting for it. Events that are written on the way are delivered soon. */
export function createFollow(deliverSoon: DeliverSoon): Follow {
  return (work) => {
    work().then(deliverSoon, (error: unknown) => {
      warnOf('what follows a certificate', error);
    });
    return Promise.resolve();
  };
}
