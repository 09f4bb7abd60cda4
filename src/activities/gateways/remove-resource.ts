import type { RemoveResourceInput } from '../../contracts/gateways/build-gateway.ts';
import type { Outcome } from '../../contracts/operations/outcomes.ts';
import { isMadeBy, sayMadeTag } from '../../domain/made-tag.ts';
import type { Arm, ArmWords } from '../../ports/arm.ts';
import type { MadeResource } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { afterPush, confirmAbsent, isAtWork, unsettled, waitFor } from './arm-outcomes.ts';

export interface RemoveResourceOptions {
  readonly arm: Arm;
  readonly stores: Stores;
}

type RemoveResource = (input: RemoveResourceInput) => Promise<Outcome>;

/**
 * One look at what Gatehouse made of this kind for the gateway and, while it is there, one push towards its absence.
 */
export function createRemoveResource({ arm, stores }: RemoveResourceOptions): RemoveResource {
  return async ({ gatewayId, resource, gatewayStays = false }) => {
    const made = (await stores.madeResources.list(gatewayId)).map(({ record }) => record);
    const left: string[] = [];
    for (const row of made.filter((each) => each.resource === resource)) {
      const step =
        resource === 'resourceGroup'
          ? await removeGroup(arm, row.resourceId)
          : await removeOne({ arm, stores }, row, gatewayStays);
      if (step.outcome !== 'ready') return step;
      if (step.detail !== undefined) left.push(step.detail);
    }
    return left.length === 0 ? { outcome: 'ready' } : { outcome: 'ready', detail: left.join(' ') };
  };
}

async function removeOne(
  { arm, stores }: RemoveResourceOptions,
  row: MadeResource,
  gatewayStays: boolean,
): Promise<Outcome> {
  const { resource, resourceId } = row;
  const read = await arm.readProvisioning(resourceId);
  if (read.outcome === 'missing' && read.of !== 'subscription') return confirmAbsent(arm, resourceId);
  if (read.outcome !== 'done') return unsettled(read);
  if (resource === 'gateway') {
    const gateway = await arm.readRaw(resourceId);
    if (gateway.outcome !== 'done') return unsettled(gateway);
    if (!isMadeBy(gateway.value, row.at)) return leaveGateway(stores, row);
  }
  if (isAtWork(read.value)) return waitFor(`Azure is at work on it (${read.value})`);
  const deleted = await arm.deleteResource(resourceId);
  if (gatewayStays && deleted.outcome === 'refused' && inUseCodes.has(deleted.code)) {
    return { outcome: 'ready', detail: `${resourceId} was left: in use${sayUser(resourceId, deleted)}` };
  }
  return deleted.outcome === 'missing' ? waitFor('Azure says that it is not there') : afterPush(deleted);
}

/** What became somebody else's since its roots were to come off is left only without them. */
async function leaveGateway(stores: Stores, { gatewayId, resourceId, at }: MadeResource): Promise<Outcome> {
  const lacks = `has not the tag ${sayMadeTag(at)} of the one that Gatehouse made`;
  const roots = (await stores.gatewayRoots.list(gatewayId)).filter(({ record }) => record.state !== 'removed');
  if (roots.length > 0) {
    const named = roots.map(({ record }) => record.rootId).join(', ');
    const message =
      `Gateway ${resourceId} ${lacks}, so it stays, and roots of Gatehouse may be on it: ${named}. ` +
      'Resume takes them off, or deletes the gateway if it has been given back that tag.';
    return { outcome: 'refused', code: 'rootsLeft', message };
  }
  const detail = `Gateway ${resourceId} was left: it ${lacks}. If it is that one all the same, delete it in Azure.`;
  return { outcome: 'ready', detail };
}

/** Azure's codes for an address and for a network that another resource uses. */
const inUseCodes: ReadonlySet<string> = new Set(['PublicIPAddressCannotBeDeleted', 'InUseSubnetCannotBeDeleted']);

/** Who uses it, by the id in Azure's words, or else these. */
function sayUser(resourceId: string, { message }: ArmWords): string {
  const ids = message.match(/\/subscriptions\/[^\s'",;]+/gi) ?? [];
  const user = ids.map((id) => id.replace(/\.$/, '')).find((id) => id.toLowerCase() !== resourceId.toLowerCase());
  return user === undefined ? `, as Azure says: ${message}` : ` by ${user}.`;
}

/**
 * A group with resources in it stays, and so does one of which nobody can tell: what is in it is not Gatehouse's, or
 * was left.
 */
async function removeGroup(arm: Arm, resourceId: string): Promise<Outcome> {
  const exists = await arm.resourceGroupExists(resourceId);
  if (exists.outcome !== 'done') return unsettled(exists);
  if (!exists.value) return { outcome: 'ready' };
  const seesAll = await arm.maySeeAll(resourceId);
  if (seesAll.outcome !== 'done' && seesAll.outcome !== 'refused') return unsettled(seesAll);
  if (seesAll.outcome === 'refused' || !seesAll.value) {
    return leftBehind(resourceId, 'what is in it may not all be seen');
  }
  const content = await arm.listResourceGroup(resourceId);
  if (content.outcome !== 'done') return unsettled(content);
  if (content.value.length > 0) return leftBehind(resourceId, `it still holds ${named(content.value)}`);
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
