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
export async function readMaySeeAll(requests: ArmRequests, resourceGroupId: string): Promise<ArmAnswer<boolean>> {
  const url = `${resourceGroupId}/providers/Microsoft.Authorization/permissions?${authorization}`;
  const answer = await requests.send('GET', url);
  if (!isSuccess(answer)) return classify(answer);
  const read = permissions.safeParse(jsonOf(answer));
  if (!read.success) return unreadable(answer, 'the permissions');
  return { outcome: 'done', value: read.data.value.some(readsEverything) };
}

function readsEverything({
  actions,
  notActions,
}: {
  readonly actions: string[];
  readonly notActions: string[];
}): boolean {
  const isWhole = actions.some((action) => action === '*' || action.toLowerCase() === '*/read');
  // `Microsoft.KeyVault/*` among the exceptions takes reads away too; `.../write` does not.
  return isWhole && !notActions.some((action) => /(?:\*|\/read)$/i.test(action));
}
