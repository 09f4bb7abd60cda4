import type { Problem } from '../../domain/preflight/problem.ts';
import type { ArmAnswer } from '../../ports/arm.ts';

/** What one look at Azure showed. Only `absent` is the absence of something; `unknown` says nothing about it. */
export type Look<T> =
  | { readonly outcome: 'there'; readonly value: T }
  | { readonly outcome: 'absent'; readonly of: 'resource' | 'resourceGroup'; readonly reason: string }
  | { readonly outcome: 'unknown'; readonly reason: string };

/** One look, of which only the answer counts. */
export type LookAt = <T>(read: () => Promise<ArmAnswer<T>>) => Promise<Look<T>>;

/** Longer than this nobody is kept waiting for an answer. */
const waitMaxSeconds = 10;

/**
 * What gave no answer to go by is asked a second time, after as long as Azure asks to be left alone: who asked for the
 * look is waiting, and will not come back for one. A connection that broke is asked again at once.
 */
export function createLookAt(wait: (ms: number) => Promise<void>): LookAt {
  return async (read) => {
    const first = await read();
    if (first.outcome !== 'unavailable' && first.outcome !== 'busy') return toLook(first);
    const seconds = first.outcome === 'unavailable' && first.status === 0 ? 0 : first.retryAfterSeconds;
    if (seconds > waitMaxSeconds) return toLook(first);
    if (seconds > 0) await wait(seconds * 1000);
    return toLook(await read());
  };
}

function toLook<T>(answer: ArmAnswer<T>): Look<T> {
  if (answer.outcome === 'done') return { outcome: 'there', value: answer.value };
  // Azure says that there is no such subscription to whoever has no rights in it.
  if (answer.outcome === 'missing' && answer.of !== 'subscription') {
    return { outcome: 'absent', of: answer.of, reason: answer.code };
  }
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

/** The same of what cannot but be there: that Azure has none of it is no answer either. */
export function unanswered(seen: Look<unknown> | undefined, path: string, what: string): readonly Problem[] {
  return unseen(seen?.outcome === 'absent' ? { outcome: 'unknown', reason: seen.reason } : seen, path, what);
}
