import type { InvocationContext } from '@azure/functions';
import type * as durable from 'durable-functions';
import type { ActivitiesOf } from '../contracts/operations/activity.ts';
import { cutText } from '../domain/cut-text.ts';
import { redactSecrets } from '../domain/redact-secrets.ts';
import { inSpan, operationIdAttribute, type SpanDescription } from '../tracing/in-span.ts';

type DurableApp = Pick<typeof durable.app, 'activity'>;

/**
 * Registers activities under the names of their references. What an activity throws is stored in clear in the history
 * of its orchestration, so only a redacted line of it gets there, and no more than a page.
 */
export function registerActivities<References extends object, Name extends keyof References>(
  app: DurableApp,
  references: References,
  activities: ActivitiesOf<Pick<References, Name>>,
): void {
  for (const [key, activity] of Object.entries(activities)) {
    const reference = references[key as Name] as { readonly name: string };
    const run = activity as (input: unknown) => Promise<unknown>;
    app.activity(reference.name, {
      handler: async (input: unknown, context: InvocationContext) => {
        try {
          return await inSpan(spanOf(reference.name, input, context), () => run(input));
        } catch (error) {
          const text = redactSecrets(error instanceof Error ? error.message : String(error));
          const line = cutText(text.replaceAll(/\s+/g, ' '));
          context.warn(`activity ${reference.name} failed and will be tried again: ${line}`);
          // eslint-disable-next-line preserve-caught-error -- the cause would carry what was redacted into the history
          throw new Error(line);
        }
      },
    });
  }
}

/**
 * Named as the extension names the work around it (distributed tracing V2), so that both are found by the same words.
 */
function spanOf(
  name: string,
  input: unknown,
  { invocationId, traceContext = {}, triggerMetadata }: InvocationContext,
): SpanDescription {
  const instanceId = triggerMetadata?.['instanceId'];
  const operationId =
    operationOf(input) ?? (typeof instanceId === 'string' ? operationPart.exec(instanceId)?.[0] : undefined);
  const attributes = {
    'faas.trigger': 'other',
    'faas.invocation_id': invocationId,
    'durabletask.type': 'activity',
    'durabletask.task.name': name,
    ...(typeof instanceId === 'string' ? { 'durabletask.task.instance_id': instanceId } : {}),
    ...(operationId === undefined ? {} : { [operationIdAttribute]: operationId }),
  };
  return { name: `activity ${name}`, kind: 'internal', attributes, traceContext };
}

/**
 * Instances of operations begin with the operation's id; those that work for several are told by their activities'
 * input.
 */
const operationPart = /^op-[0-9a-f]{32}/;

function operationOf(input: unknown): string | undefined {
  const isNamed = typeof input === 'object' && input !== null && 'operationId' in input;
  return isNamed && typeof input.operationId === 'string' ? input.operationId : undefined;
}
