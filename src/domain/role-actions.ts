/** What one of an identity's roles lets it do in a scope, and what it leaves out of that. */
export interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

/** Whether any of the roles lets an identity do this; what one role leaves out another may give. */
export function areAllowed(permissions: readonly Permission[], action: string): boolean {
  const names = (pattern: string): boolean => covers(pattern, action);
  return permissions.some(({ actions, notActions }) => actions.some(names) && !notActions.some(names));
}

/** Whether an action of a role is this one; `*` stands for any text, and letter case does not count. */
function covers(pattern: string, action: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(action);
}
