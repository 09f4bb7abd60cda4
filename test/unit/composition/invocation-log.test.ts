import {
  Disposable,
  type FunctionHandler,
  type InvocationContext,
  PreInvocationContext,
  type PreInvocationHandler,
} from '@azure/functions';
import { createInvocationLog } from '../../../src/composition/invocation-log.ts';
import type { Log } from '../../../src/ports/log.ts';

interface Host {
  readonly log: Log;
  /** Runs one invocation as the worker does, and answers what it said through its context. */
  readonly invoke: (handler: FunctionHandler) => Promise<readonly string[]>;
}

function createHost(): Host {
  const hooks: PreInvocationHandler[] = [];
  const log = createInvocationLog({
    preInvocation: (hook) => {
      hooks.push(hook);
      return new Disposable(() => undefined);
    },
  });
  return {
    log,
    invoke: async (handler) => {
      const said: string[] = [];
      const invocationContext = { log: (line: string) => said.push(line) } as unknown as InvocationContext;
      const invoked = new PreInvocationContext({ functionCallback: handler, invocationContext, inputs: [] });
      for (const hook of hooks) await hook(invoked);
      await invoked.functionHandler('input', invocationContext);
      return said;
    },
  };
}

const entry = { event: 'certificate.issued', outcome: 'issued', target: 'certificates/aa', seconds: 0.5 } as const;

describe('src/composition/invocation-log', () => {
  const printed = jest.spyOn(console, 'info').mockImplementation(() => undefined);

  beforeEach(() => printed.mockClear());

  it('says an entry as one line of JSON through the invocation it belongs to', async () => {
    const { log, invoke } = createHost();

    const [first, second] = await Promise.all([
      invoke(async () => {
        await Promise.resolve();
        log(entry);
      }),
      invoke(() => {
        log({ ...entry, target: 'certificates/bb' });
      }),
    ]);

    expect(first.map((line) => JSON.parse(line) as unknown)).toEqual([entry]);
    expect(second.map((line) => JSON.parse(line) as unknown)).toEqual([{ ...entry, target: 'certificates/bb' }]);
    expect(printed).not.toHaveBeenCalled();
  });

  it('takes out what looks like a secret, and lets no text begin a line of its own', async () => {
    const { log, invoke } = createHost();

    const [line = ''] = await invoke(() => {
      log({ ...entry, target: 'GET /x?sig=abcdef\n{"event":"certificate.issued"}' });
    });

    expect(line).not.toContain('abcdef');
    expect(line).not.toContain('\n');
  });

  it('uses standard output outside an invocation and after its end, where the host warns of its context', async () => {
    const { log, invoke } = createHost();
    let late: Promise<void> | undefined;
    let end: () => void = () => undefined;

    log(entry);
    const said = await invoke(() => {
      late = new Promise<void>((resolve) => (end = resolve)).then(() => {
        log(entry);
      });
    });
    end();
    await late;

    expect(said).toEqual([]);
    expect(printed.mock.calls).toEqual([[JSON.stringify(entry)], [JSON.stringify(entry)]]);
  });

  it('hands the handler what it was called with, and its answer and error back', async () => {
    const { invoke } = createHost();
    const seen: unknown[] = [];

    await invoke((input) => seen.push(input));

    expect(seen).toEqual(['input']);
    await expect(invoke(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});
