import type { InvocationContext } from '@azure/functions';
import type { ActivityHandler } from 'durable-functions';
import { registerActivities } from '../../../src/composition/register-activities.ts';
import { failureWords } from '../../../src/orchestrations/on-premises/failure-words.ts';

const references = { look: { name: 'look' } };

/** What the host gets to know of an activity that throws. */
async function thrownBy(error: unknown): Promise<{ readonly message: string; readonly logged: readonly string[] }> {
  let handler: ActivityHandler | undefined;
  const app = {
    activity: (_name: string, options: { readonly handler: ActivityHandler }) => {
      ({ handler } = options);
      return { name: 'look' } as never;
    },
  };
  registerActivities(app as Parameters<typeof registerActivities>[0], references, {
    look: () => Promise.reject(error as Error),
  });
  const logged: string[] = [];
  const context = { warn: (line: string) => logged.push(line) } as unknown as InvocationContext;
  const message = await Promise.resolve(handler?.({}, context)).then(
    () => 'nothing was thrown',
    (thrown: unknown) => (thrown as Error).message,
  );
  return { message, logged };
}

describe('src/composition/register-activities', () => {
  it('puts one line of an error into the history, without what looks like a secret', async () => {
    const { message, logged } = await thrownBy(new Error('GET /x?sig=abcdef\n  answered 500'));

    expect(message).toBe('GET /x?sig=[redacted] answered 500');
    expect(logged).toEqual([expect.stringContaining('?sig=[redacted]')]);
  });

  it('puts no more than a page of a long one there', async () => {
    const { message } = await thrownBy(new Error('x'.repeat(64 * 1024)));

    expect(message).toMatch(/^x+…/);
    expect(message.length).toBeLessThanOrEqual(2000);
  });
});

describe('src/orchestrations/on-premises/failure-words', () => {
  it('leaves out what the host adds for its log', () => {
    const error = new Error(
      `Activity function 'look' failed:  Azure answered 500. \n {"$type":"System.Exception","StackTrace":"${'at '.repeat(5000)}"}`,
    );

    expect(failureWords(error)).toBe("Activity function 'look' failed:  Azure answered 500.");
  });

  it('keeps a page of what is longer', () => {
    expect(failureWords('x'.repeat(64 * 1024)).length).toBeLessThanOrEqual(2000);
  });
});
