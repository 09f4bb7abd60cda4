/** From the least to the most: each role may do what those before it may. */
export const roles = ['reader', 'requester', 'operator', 'administrator'] as const;
export type Role = (typeof roles)[number];

/** Who asks, as every route and table knows them. */
export interface Caller {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly via: 'apiKey';
}

export function isAllowed(caller: Pick<Caller, 'role'>, leastRole: Role): boolean {
  return roles.indexOf(caller.role) >= roles.indexOf(leastRole);
}
