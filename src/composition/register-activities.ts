import type { InvocationContext } from '@azure/functions';
import type * as durable from 'durable-functions';
import type { ActivitiesOf } from '../contracts/operations/activity.ts';
import { cutText } from '../domain/cut-text.ts';
import { redactSecrets } from '../domain/redact-secrets.ts';

type DurableApp = Pick<typeof durable.app, 'activity'>;

/**
 * Registers activities under the names of their references. What an activity throws is stored in clear in the history of its
 * orchestration, so only a redacted line of it gets there, and no more than a page.
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
          return await run(input);
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
