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
  if (read.outcome === 'missing') return { outcome: 'ready' };
  if (read.outcome !== 'done') return unsettled(read);
  if (isAtWork(read.value)) return waitFor(`Azure is at work on it (${read.value})`);
  const deleted = await arm.deleteResource(resourceId);
  return deleted.outcome === 'missing' ? { outcome: 'ready' } : afterPush(deleted);
}

/** A group that others have put resources into stays: those are not Gatehouse's to delete. */
async function removeGroup(arm: Arm, resourceId: string): Promise<Outcome> {
  const exists = await arm.resourceGroupExists(resourceId);
  if (exists.outcome !== 'done') return exists.outcome === 'missing' ? { outcome: 'ready' } : unsettled(exists);
  if (!exists.value) return { outcome: 'ready' };
  const content = await arm.listResourceGroup(resourceId);
  if (content.outcome !== 'done') return unsettled(content);
  if (content.value.length > 0) return { outcome: 'ready' };
  return afterPush(await arm.deleteResourceGroup(resourceId));
}
