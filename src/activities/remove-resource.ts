import type { RemovedResource } from '../contracts/build-gateway.ts';
import type { Outcome } from '../contracts/outcomes.ts';
import type { Books } from '../desk/books.ts';
import type { MadeResource } from '../desk/records/gateways.ts';
import { isMadeBy, madeTag } from '../domain/made-tag.ts';
import type { Arm } from '../ports/arm.ts';
import { afterPush, confirmAbsent, isAtWork, unsettled, waitFor } from './ensure-resource.ts';

export interface RemoveResourceOptions {
  readonly arm: Arm;
  readonly books: Books;
}

type RemoveResource = (input: { readonly gatewayId: string; readonly resource: RemovedResource }) => Promise<Outcome>;

/** One look at what Gatehouse made of this kind for the gateway and, while it is there, one push towards its absence. */
export function createRemoveResource({ arm, books }: RemoveResourceOptions): RemoveResource {
  return async ({ gatewayId, resource }) => {
    const made = (await books.madeResources.list(gatewayId)).map(({ record }) => record);
    const left: string[] = [];
    for (const row of made.filter((each) => each.resource === resource)) {
      const step =
        resource === 'resourceGroup' ? await removeGroup(arm, row.resourceId) : await removeOne({ arm, books }, row);
      if (step.outcome !== 'ready') return step;
      if (step.detail !== undefined) left.push(step.detail);
    }
    return left.length === 0 ? { outcome: 'ready' } : { outcome: 'ready', detail: left.join(' ') };
  };
}

async function removeOne({ arm, books }: RemoveResourceOptions, row: MadeResource): Promise<Outcome> {
  const { resource, resourceId } = row;
  const read = await arm.readProvisioning(resourceId);
  if (read.outcome === 'missing' && read.of !== 'subscription') return confirmAbsent(arm, resourceId);
  if (read.outcome !== 'done') return unsettled(read);
  if (resource === 'gateway') {
    const gateway = await arm.readRaw(resourceId);
    if (gateway.outcome !== 'done') return unsettled(gateway);
    if (!isMadeBy(gateway.value, row.at)) return leaveGateway(books, row);
  }
  if (isAtWork(read.value)) return waitFor(`Azure is at work on it (${read.value})`);
  const deleted = await arm.deleteResource(resourceId);
  return deleted.outcome === 'missing' ? waitFor('Azure says that it is not there') : afterPush(deleted);
}

/** What became somebody else's since its roots were to come off is left only without them. */
async function leaveGateway(books: Books, { gatewayId, resourceId }: MadeResource): Promise<Outcome> {
  const roots = (await books.gatewayRoots.list(gatewayId)).filter(({ record }) => record.state !== 'removed');
  if (roots.length > 0) {
    const named = roots.map(({ record }) => record.rootId).join(', ');
    const message = `${untagged(resourceId)}, so it stays, and roots of Gatehouse may be on it: ${named}. Resume takes them off.`;
    return { outcome: 'refused', code: 'RootsLeft', message };
  }
  return { outcome: 'ready', detail: `${untagged(resourceId)}: it was left.` };
}

function untagged(resourceId: string): string {
  return `Gateway ${resourceId} has not the tag ${madeTag} of the one that Gatehouse made`;
}

/** A group that others have put resources into stays, and so does one of which nobody can tell: what is in it is not Gatehouse's. */
async function removeGroup(arm: Arm, resourceId: string): Promise<Outcome> {
  const exists = await arm.resourceGroupExists(resourceId);
  if (exists.outcome !== 'done') return unsettled(exists);
  if (!exists.value) return { outcome: 'ready' };
  const seesAll = await arm.maySeeAll(resourceId);
  if (seesAll.outcome !== 'done' && seesAll.outcome !== 'refused') return unsettled(seesAll);
  if (seesAll.outcome === 'refused' || !seesAll.value)
    return leftBehind(resourceId, 'what is in it may not all be seen');
  const content = await arm.listResourceGroup(resourceId);
  if (content.outcome !== 'done') return unsettled(content);
  if (content.value.length > 0) return leftBehind(resourceId, `others have put into it ${named(content.value)}`);
  return afterPush(await arm.deleteResourceGroup(resourceId));
}

function leftBehind(resourceGroup: string, why: string): Outcome {
  return { outcome: 'ready', detail: `Resource group ${resourceGroup} was left: ${why}.` };
}

/** A few of the ids by their types and names. */
function named(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).map((id) => id.replace(/^.*\/providers\//i, ''));
  const more = ids.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}
