import { z } from 'zod';
import { areAllowed, type Permission } from '../domain/role-actions.ts';
import type { ArmAnswer } from '../ports/arm.ts';
import type { ArmRequests } from './arm-requests.ts';

const authorization = 'api-version=2022-04-01';

const permission = z
  .looseObject({ actions: z.array(z.string()), notActions: z.array(z.string()).nullish() })
  .transform(({ actions, notActions }): Permission => ({ actions, notActions: notActions ?? [] }));

/** By each of the identity's roles that count at a scope. */
export function readPermissions(requests: ArmRequests, scopeId: string): Promise<ArmAnswer<readonly Permission[]>> {
  return requests.listAll(`${scopeId}/providers/Microsoft.Authorization/permissions?${authorization}`, permission);
}

/**
 * Whether one of the identity's roles lets it read everything in a resource group. Azure leaves out of its lists what
 * may not be read, so without that right an empty list says nothing. Rights that come in pieces from several roles do
 * not count.
 */
export async function readMaySeeAll(requests: ArmRequests, resourceGroupId: string): Promise<ArmAnswer<boolean>> {
  const answer = await readPermissions(requests, resourceGroupId);
  return answer.outcome === 'done' ? { ...answer, value: answer.value.some(readsEverything) } : answer;
}

/** Whether the identity's roles at a scope, or above it, let it do this. */
export async function readMayRead(requests: ArmRequests, scopeId: string, action: string): Promise<ArmAnswer<boolean>> {
  const answer = await readPermissions(requests, scopeId);
  return answer.outcome === 'done' ? { ...answer, value: areAllowed(answer.value, action) } : answer;
}

function readsEverything({ actions, notActions }: Permission): boolean {
  const isWhole = actions.some((action) => action === '*' || action.toLowerCase() === '*/read');
  // `Microsoft.KeyVault/*` among the exceptions takes reads away too; `.../write` does not.
  return isWhole && !notActions.some((action) => /(?:\*|\/read)$/i.test(action));
}
