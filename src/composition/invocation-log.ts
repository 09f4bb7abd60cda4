import { AsyncLocalStorage } from 'node:async_hooks';
import type { app as functionsApp, InvocationContext } from '@azure/functions';
import { redactSecrets } from '../domain/redact-secrets.ts';
import type { Log } from '../ports/log.ts';

interface Invocation {
  readonly context: Pick<InvocationContext, 'log'>;
  isOver: boolean;
}

/**
 * The log on the host: one line of JSON for each entry. Node's worker hands the host nothing but text, so that is how
 * fields reach Application Insights (`parse_json(message)`). Said through the invocation it belongs to, whose id the
 * host adds; what is decided outside one, or after its end, goes to standard output, which the host takes as well.
 */
export function createInvocationLog(hook: Pick<typeof functionsApp.hook, 'preInvocation'>): Log {
  const invocations = new AsyncLocalStorage<Invocation>();
  hook.preInvocation((invoked) => {
    const { functionHandler, invocationContext } = invoked;
    const invocation = { context: invocationContext, isOver: false };
    invoked.functionHandler = (input: unknown, context) =>
      invocations.run(invocation, async () => {
        try {
          return (await functionHandler(input, context)) as unknown;
        } finally {
          invocation.isOver = true;
        }
      });
  });

  return (entry) => {
    const line = JSON.stringify(entry, (_name, value: unknown) =>
      typeof value === 'string' ? redactSecrets(value) : value,
    );
    const invocation = invocations.getStore();
    if (invocation === undefined || invocation.isOver) {
      // eslint-disable-next-line no-console -- the one place that has no other way to the host's log
      console.info(line);
    } else {
      invocation.context.log(line);
    }
  };
}
