import type { StackInfo } from '../../../sandbox/supervisor/stack-info.ts';
import { waitFor } from '../../../sandbox/walkthrough/wait-for.ts';

const errors = [
  { path: '/id', code: 'idTaken', message: 'There is a gateway vnet1gw.', fix: 'Choose another id.' },
  { path: '', code: 'poolTooSmall', message: 'The pool is too small.', fix: '' },
];
const problem = { code: 'ERR_PLAN_REFUSED', detail: 'The plan has 2 errors.', errors };

/** What is said of an answer that is piped in. Nothing that has ended is asked for, so that there need be no stack. */
async function saidOf(answer: unknown): Promise<string> {
  const stack = { app: { url: 'http://gatehouse.invalid', apiKey: '' } } as StackInfo;
  return await waitFor(JSON.stringify(answer), { stack, isHurried: false, say: () => undefined }).then(
    () => 'it went well',
    (error: unknown) => (error as Error).message,
  );
}

describe('sandbox/walkthrough/wait-for', () => {
  const lines = [
    'ERR_PLAN_REFUSED: The plan has 2 errors.',
    '  /id idTaken: There is a gateway vnet1gw. Choose another id.',
    '  poolTooSmall: The pool is too small.',
  ].join('\n');

  it('says everything that is wrong with a request that was refused', async () => {
    expect(await saidOf({ type: 'about:blank', title: 'Refused', status: 400, ...problem })).toBe(lines);
  });

  it('says everything that is wrong with an operation that failed', async () => {
    const operation = { id: 'op-1', kind: 'buildGateway', status: 'failed', percent: 0, steps: [], problem };

    expect(await saidOf(operation)).toBe(`Operation op-1 failed: ${lines}`);
  });

  it('says so of an answer that holds no operation', async () => {
    expect(await saidOf({ items: [] })).toBe('No operation is in this answer: {"items":[]}');
  });
});
