import type { Action } from './actions.ts';
import { actionTypes } from './actions.ts';

/**
 * Tells of work that a compound lists again although an earlier compound had it: the classic loop of Task.any over the
 * tasks that remain. The host schedules such work a second time with new ids while the library does not count it, so
 * the ids no longer agree (durable-js #574). Production behaves so; here it is at least said aloud.
 */
export function listRepeated(actions: readonly Action[]): readonly string[] {
  const seen = new Set<string>();
  const warnings: string[] = [];
  for (const action of actions) {
    const parts =
      action.actionType === actionTypes.whenAny || action.actionType === actionTypes.whenAll ? flatten(action) : [];
    const keys = new Set(parts.filter(isNumbered).map((part) => JSON.stringify(part)));
    for (const key of keys) {
      if (seen.has(key)) {
        warnings.push(
          `A later Task.any or Task.all lists work again, which the host schedules twice (durable-js #574): ${key}`,
        );
      }
      seen.add(key);
    }
  }
  return warnings;
}

function flatten(action: Action): readonly Action[] {
  return 'compoundActions' in action ? action.compoundActions.flatMap(flatten) : [action];
}

function isNumbered({ actionType }: Action): boolean {
  return actionType !== actionTypes.waitForEvent;
}
