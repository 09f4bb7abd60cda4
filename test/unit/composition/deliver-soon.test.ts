import { createDeliverSoon, createFollow } from '../../../src/composition/deliver-soon.ts';
import type { DeliverOutboxOptions } from '../../../src/services/operations/outbox-delivery.ts';
import { createOutbox, type NewEvent } from '../../../src/stores/outbox.ts';
import { createMemoryTables } from '../../support/memory-tables.ts';
import { createTestClock } from '../../support/test-clock.ts';

const webhook = { url: 'https://hooks.contoso.com/gatehouse', secret: 'a secret of this deployment' };

function anEvent(id: string): NewEvent {
  return { id, type: 'gatehouse.certificate.issued.v1', subject: 'certificates/AA', data: {} };
}

/** An outbox whose receiver answers when it is told to. */
function createWorld(receiver: typeof webhook | undefined = webhook) {
  const { now } = createTestClock();
  const outbox = createOutbox({ tables: createMemoryTables(), now, keptDays: 90 });
  const reads = { count: 0 };
  const open: (() => void)[] = [];
  const delivery: DeliverOutboxOptions = {
    outbox: {
      ...outbox,
      listPending: () => {
        reads.count += 1;
        return outbox.listPending();
      },
    },
    webhook: () => Promise.resolve(receiver),
    send: () =>
      new Promise((resolve) => {
        open.push(() => {
          resolve({ status: 204 });
        });
      }),
    log: () => undefined,
    now,
  };
  return { outbox, reads, open, deliverSoon: createDeliverSoon(delivery) };
}

/** Ends when it is so: everything here goes on without a clock. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}

describe('src/composition/deliver-soon', () => {
  it('reads what is pending once more after a delivery, however many hints came meanwhile', async () => {
    const { outbox, reads, open, deliverSoon } = createWorld();
    await outbox.append(anEvent('first'));
    deliverSoon();
    await until(() => open.length === 1);

    await outbox.append(anEvent('second'));
    for (let hint = 0; hint < 20; hint += 1) deliverSoon();
    open[0]?.();
    await until(() => open.length === 2);
    open[1]?.();
    await until(async () => (await outbox.listPending()).length === 0);

    expect(reads.count).toBe(2);
  });

  it('takes a hint that comes after everything is delivered', async () => {
    const { outbox, open, deliverSoon } = createWorld();
    for (const id of ['first', 'second']) {
      await outbox.append(anEvent(id));
      deliverSoon();
      await until(() => open.length === 1);
      open.pop()?.();
      await until(async () => (await outbox.listPending()).length === 0);
    }
  });

  it('does what follows an answer without being waited for, and delivers its events', async () => {
    const { outbox, open, deliverSoon } = createWorld();
    const answered = { isAnswered: false };

    await createFollow(deliverSoon)(async () => {
      await until(() => answered.isAnswered);
      await outbox.append(anEvent('followed'));
    });
    answered.isAnswered = true;

    await until(() => open.length === 1);
  });
});
