import { z } from 'zod';
import type { ArmAnswer } from '../ports/arm.ts';
import { classify, isSuccess, jsonOf, unreadable } from './arm-answers.ts';
import type { ArmRequests } from './arm-requests.ts';

const authorization = 'api-version=2022-04-01';

const permissions = z.looseObject({
  value: z.array(
    z
      .looseObject({ actions: z.array(z.string()), notActions: z.array(z.string()).nullish() })
      .transform((permission) => ({
        actions: permission.actions,
        notActions: permission.notActions ?? [],
      })),
  ),
});

/**
 * Whether one of the identity's roles lets it read everything in a resource group. Azure leaves out of its lists what
 * may not be read, so without that right an empty list says nothing. Rights that come in pieces from several roles do
 * not count.
 */
export function readMaySeeAll(requests: ArmRequests, resourceGroupId: string): Promise<ArmAnswer<boolean>> {
  return readPermissions(requests, resourceGroupId, readsEverything);
}

/** Whether one of the identity's roles at a scope, or above it, lets it do this. */
export function readMayRead(requests: ArmRequests, scopeId: string, action: string): Promise<ArmAnswer<boolean>> {
  const names = (pattern: string): boolean => covers(pattern, action);
  return readPermissions(
    requests,
    scopeId,
    ({ actions, notActions }) => actions.some(names) && !notActions.some(names),
  );
}

interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

async function readPermissions(
  requests: ArmRequests,
  scopeId: string,
  isEnough: (permission: Permission) => boolean,
): Promise<ArmAnswer<boolean>> {
  const answer = await requests.send(
    'GET',
    `${scopeId}/providers/Microsoft.Authorization/permissions?${authorization}`,
  );
  if (!isSuccess(answer)) return classify(answer);
  const read = permissions.safeParse(jsonOf(answer));
  if (!read.success) return unreadable(answer, 'the permissions');
  return { outcome: 'done', value: read.data.value.some(isEnough) };
}

/** Whether an action of a role is this one; `*` stands for any text, and letter case does not count. */
function covers(pattern: string, action: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(action);
}

function readsEverything({ actions, notActions }: Permission): boolean {
  const isWhole = actions.some((action) => action === '*' || action.toLowerCase() === '*/read');
  // `Microsoft.KeyVault/*` among the exceptions takes reads away too; `.../write` does not.
  return isWhole && !notActions.some((action) => /(?:\*|\/read)$/i.test(action));
}
