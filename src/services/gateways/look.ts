import type { Problem } from '../../domain/preflight/problem.ts';
import type { ArmAnswer } from '../../ports/arm.ts';

/** What one look at Azure showed. Only `absent` is the absence of something; `unknown` says nothing about it. */
export type Look<T> =
  | { readonly outcome: 'there'; readonly value: T }
  | { readonly outcome: 'absent'; readonly of: 'resource' | 'resourceGroup' }
  | { readonly outcome: 'unknown'; readonly reason: string };

/**
 * What gave no answer to go by, such as a connection that broke, is asked a second time: who asked for the look is
 * waiting, and will not come back for one.
 */
export async function look<T>(read: () => Promise<ArmAnswer<T>>): Promise<Look<T>> {
  const first = await read();
  return toLook(first.outcome === 'unavailable' ? await read() : first);
}

function toLook<T>(answer: ArmAnswer<T>): Look<T> {
  if (answer.outcome === 'done') return { outcome: 'there', value: answer.value };
  // Azure says that there is no such subscription to whoever has no rights in it.
  if (answer.outcome === 'missing' && answer.of !== 'subscription') return { outcome: 'absent', of: answer.of };
  return { outcome: 'unknown', reason: answer.code };
}

/** The warning about what could not be looked at; nothing where the look succeeded. `what` begins a sentence. */
export function unseen(seen: Look<unknown> | undefined, path: string, what: string): readonly Problem[] {
  if (seen?.outcome !== 'unknown') return [];
  return [
    {
      path,
      code: 'notLookedAt',
      severity: 'warning',
      message: `${what} could not be looked at (${seen.reason}): whether it is there, and fits, is not known.`,
      fix: 'Check that Gatehouse may read it, or try again.',
    },
  ];
}
