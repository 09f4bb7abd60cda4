import type { RemoveStep } from '../contracts/build-gateway.ts';
import type { Outcome } from '../contracts/outcomes.ts';
import type { Books } from '../desk/books.ts';
import type { Arm } from '../ports/arm.ts';
import { afterPush, isAtWork, unsettled, waitFor } from './ensure-resource.ts';

export interface RemoveResourceOptions {
  readonly arm: Arm;
  readonly books: Books;
}

type RemoveResource = (input: { readonly gatewayId: string; readonly resource: RemoveStep }) => Promise<Outcome>;

/** One look at what Gatehouse made of this kind for the gateway and, while it is there, one push towards its absence. */
export function createRemoveResource({ arm, books }: RemoveResourceOptions): RemoveResource {
  return async ({ gatewayId, resource }) => {
    const made = (await books.madeResources.list(gatewayId)).map(({ record }) => record);
    for (const { resourceId } of made.filter((row) => row.resource === resource)) {
      const step = resource === 'resourceGroup' ? await removeGroup(arm, resourceId) : await removeOne(arm, resourceId);
      if (step.outcome !== 'ready') return step;
    }
    return { outcome: 'ready' };
  };
}

async function removeOne(arm: Arm, resourceId: string): Promise<Outcome> {
  const read = await arm.readProvisioning(resourceId);
  if (read.outcome === 'missing' && read.of !== 'subscription') return confirmGone(arm, resourceId);
  if (read.outcome !== 'done') return unsettled(read);
  if (isAtWork(read.value)) return waitFor(`Azure is at work on it (${read.value})`);
  const deleted = await arm.deleteResource(resourceId);
  return deleted.outcome === 'missing' ? waitFor('Azure says that it is not there') : afterPush(deleted);
}

/**
 * The second witness: what its group lists. A read that finds nothing may come from a cache that lags, and "removed" would be said
 * of something that goes on costing money and letting people in.
 */
async function confirmGone(arm: Arm, resourceId: string): Promise<Outcome> {
  const groupId = resourceId.split('/').slice(0, 5).join('/');
  const exists = await arm.resourceGroupExists(groupId);
  if (exists.outcome !== 'done') return unsettled(exists);
  if (!exists.value) return { outcome: 'ready' };
  const listed = await arm.listResourceGroup(groupId);
  if (listed.outcome !== 'done') return unsettled(listed);
  const isListed = listed.value.some((id) => id.toLowerCase() === resourceId.toLowerCase());
  return isListed ? waitFor('Azure still lists it') : { outcome: 'ready' };
}

/** A group that others have put resources into stays: those are not Gatehouse's to delete. */
async function removeGroup(arm: Arm, resourceId: string): Promise<Outcome> {
  const exists = await arm.resourceGroupExists(resourceId);
  if (exists.outcome !== 'done') return unsettled(exists);
  if (!exists.value) return { outcome: 'ready' };
  const content = await arm.listResourceGroup(resourceId);
  if (content.outcome !== 'done') return unsettled(content);
  if (content.value.length > 0) return { outcome: 'ready' };
  return afterPush(await arm.deleteResourceGroup(resourceId));
}
