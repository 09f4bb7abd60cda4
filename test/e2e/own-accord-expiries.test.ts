/** Notices of what ends soon, over months of the stack's clock. */
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { readDeliveries, runFunction } from './support/host.ts';
import { createRoot, expectStatus, issue, type IssuedCertificate, revoke, testSpeed } from './support/line.ts';

jest.setTimeout(600_000);

let stack: RunningTestStack;

beforeAll(async () => {
  stack = await startStack({ speed: testSpeed, noise: 0 });
  await createRoot(stack, 'root-1');
});

afterAll(async () => {
  await stack.stop();
});

/**
 * The thresholds, in the order of the notices, of one certificate. Delivery is at least once, and the clock goes on
 * while it is under way: what comes again under the same id is the same notice.
 */
async function noticesOf({ thumbprint }: IssuedCertificate): Promise<readonly unknown[]> {
  const notices = (await readDeliveries(stack, 'gatehouse.certificate.expiring.v1')).filter(
    ({ event }) => event.subject === `certificates/${thumbprint}`,
  );
  const byId = new Map(notices.map(({ headers, event }) => [headers['webhook-id'], event.data['thresholdDays']]));
  return [...byId.values()];
}

describe('src/functions/timers/watch-expiries', () => {
  it('tells of each certificate once at every threshold that it lives to see, and of a revoked one never', async () => {
    const short = await issue(stack, { rootId: 'root-1', owner: 'short@example.com', validityDays: 10 });
    const long = await issue(stack, { rootId: 'root-1', owner: 'long@example.com', validityDays: 95 });
    const revoked = await issue(stack, { rootId: 'root-1', owner: 'gone@example.com', validityDays: 10 });
    await revoke(stack, revoked.thumbprint);
    const due = expectStatus(await stack.api('GET', '/api/expiries?within=30d'), 200) as {
      readonly items: readonly { readonly id: string }[];
    };
    expect(due.items.map(({ id }) => id)).toEqual([short.thumbprint]);

    await stack.advance('P96D');

    expect(await noticesOf(short)).toEqual([7, 3, 1]);
    expect(await noticesOf(long)).toEqual([90, 60, 30, 14, 7, 3, 1]);
    expect(await noticesOf(revoked)).toEqual([]);
    await runFunction(stack, 'watchExpiries');
    await runFunction(stack, 'watchExpiries');
    expect(await noticesOf(short)).toEqual([7, 3, 1]);
    expect(await noticesOf(long)).toEqual([90, 60, 30, 14, 7, 3, 1]);
    expect(await noticesOf(revoked)).toEqual([]);
  });
});
