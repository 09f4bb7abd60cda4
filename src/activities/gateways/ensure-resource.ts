import type { Outcome, Ready } from '../../contracts/operations/outcomes.ts';
import type { Stores } from '../../stores/stores.ts';
import { gatewayKeys, madeResourceKind, type MadeResource } from '../../stores/records/gateways.ts';
import { rootKeys } from '../../stores/records/certificates.ts';
import { asObject, asText } from '../../domain/gateway-entries.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import type { JsonObject } from '../../domain/json.ts';
import { isMadeBy, sayMadeTag, withMadeTag } from '../../domain/made-tag.ts';
import {
  differencesFromPlan,
  mergeVirtualNetwork,
  newGateway,
  newVirtualNetwork,
  type FirstRoot,
} from '../../domain/resource-bodies.ts';
import { without } from '../../domain/without.ts';
import type { Arm, ArmAnswer, ArmUndone } from '../../ports/arm.ts';
import { refusalOf } from './azure-refusal.ts';

export interface EnsureResourceOptions {
  readonly arm: Arm;
  readonly stores: Stores;
  readonly now: () => Date;
}

type EnsureResource = (input: {
  readonly gatewayId: string;
  readonly resource: 'resourceGroup' | 'virtualNetwork' | 'publicIp' | 'gateway';
}) => Promise<Outcome>;

/** A resource of the plan, and the instance that pushes towards it. */
interface Target {
  readonly gatewayId: string;
  readonly resource: string;
  readonly resourceId: string;
  readonly attempt: string;
}

const ready: Outcome = { outcome: 'ready' };
/** Azure names no interval when it is read, only when it is written: this is its usual one. */
const usualLookSeconds = 10;

/**
 * One look at a resource of a gateway's plan and, where it is missing or lacks something, one push. What is there or on its way
 * is never pushed again, so the call may be repeated at will.
 */
export function createEnsureResource({ arm, stores, now }: EnsureResourceOptions): EnsureResource {
  /**
   * The first push of what is not there, noted before it is asked for: what a crash leaves behind can still be removed. What Azure
   * refuses was not made, and is somebody else's if it is found there later; only a note of an earlier push, which may have
   * arrived, outlives the refusal of this one.
   */
  async function make<T extends { readonly outcome: string }>(
    { gatewayId, resource, resourceId }: Omit<Target, 'attempt'>,
    send: (madeAt: string) => Promise<T>,
  ): Promise<T> {
    const row = { gatewayId, resource, resourceId, at: now().toISOString() };
    const isFirst = await stores.madeResources.insert(row);
    const made = (await stores.madeResources.get(madeResourceKind.keys(row)))?.record ?? row;
    const answer = await send(made.at);
    if (answer.outcome === 'refused' && isFirst) await stores.madeResources.remove(made);
    return answer;
  }

  /** What is noted of a resource that Gatehouse made, or was about to make; undefined for others'. */
  async function madeRow(target: Target): Promise<MadeResource | undefined> {
    return (await stores.madeResources.get(madeResourceKind.keys({ ...target, at: '' })))?.record;
  }

  /** One push, with a note of which attempt made it and where Azure tells how it went. */
  async function push(target: Target, send: () => Promise<ArmAnswer<unknown>>): Promise<Outcome> {
    const keys = madeResourceKind.keys({ ...target, at: '' });
    await stores.madeResources.update(keys, (row) => ({ ...without(row, 'operationUrl'), pushedBy: target.attempt }));
    const answer = await send();
    if (answer.outcome === 'done' && answer.operationUrl !== undefined) {
      const { operationUrl } = answer;
      await stores.madeResources.update(keys, (row) => ({ ...row, operationUrl }));
    }
    return afterPush(answer);
  }

  /**
   * What Azure ended badly is mended by the same push again: once in each attempt, so that a resume mends what an earlier
   * attempt left. When that ends badly too, in Azure's own words. What others made is theirs to mend.
   */
  async function mend(target: Target, state: string, send: () => Promise<ArmAnswer<unknown>>): Promise<Outcome> {
    const made = await madeRow(target);
    const code = `${target.resource.charAt(0).toUpperCase()}${target.resource.slice(1)}Failed`;
    if (made === undefined) {
      const message = `${target.resourceId} is ${state} and is not Gatehouse's. Have it repaired, then resume.`;
      return { outcome: 'refused', code, message };
    }
    if (made.pushedBy !== target.attempt) return push(target, send);
    const error = made.operationUrl === undefined ? undefined : await arm.readOperationError(made.operationUrl);
    return refusalOf(error ?? { code, message: `Azure ended ${target.resourceId} as ${state}.` });
  }

  async function ensureResourceGroup(plan: GatewayPlan): Promise<Outcome> {
    const { resourceGroup } = plan.resourceIds;
    const there = await arm.resourceGroupExists(resourceGroup);
    if (there.outcome === 'done' && there.value) return ready;
    if (there.outcome !== 'done') return unsettled(there);
    const target = { gatewayId: plan.id, resource: 'resourceGroup', resourceId: resourceGroup };
    const made = await make(target, () => arm.putResourceGroup(resourceGroup, plan.location, plan.tags));
    return made.outcome === 'done' ? ready : unsettled(made);
  }

  async function ensureVirtualNetwork(plan: GatewayPlan, attempt: string): Promise<Outcome> {
    const id = plan.resourceIds.virtualNetwork;
    const target = { gatewayId: plan.id, resource: 'virtualNetwork', resourceId: id, attempt };
    const read = await arm.readRaw(id);
    if (read.outcome === 'missing') {
      const absent = await confirmAbsent(arm, id);
      if (absent.outcome !== 'ready') return absent;
      if (plan.virtualNetwork.kind === 'existing') {
        return { outcome: 'refused', code: 'VirtualNetworkNotFound', message: `Virtual network ${id} does not exist.` };
      }
      return make(target, () => push(target, () => arm.putRaw(id, newVirtualNetwork(plan))));
    }
    if (read.outcome !== 'done') return unsettled(read);
    const state = provisioningOf(read.value);
    if (isAtWork(state)) return waitFor(`virtual network is ${state}`);
    const merge = mergeVirtualNetwork(plan, read.value);
    if (merge.outcome === 'conflict')
      return { outcome: 'refused', code: 'VirtualNetworkConflict', message: merge.message };
    const etag = asText(read.value['etag']);
    if (merge.outcome === 'write') return afterPush(await arm.putRaw(id, merge.body, etag));
    return state === 'Succeeded' ? ready : mend(target, state, () => arm.putRaw(id, read.value, etag));
  }

  async function ensurePublicIps(plan: GatewayPlan, attempt: string): Promise<Outcome> {
    for (const [index, id] of plan.resourceIds.publicIps.entries()) {
      const target = { gatewayId: plan.id, resource: 'publicIp', resourceId: id, attempt };
      const zones = plan.ipConfigurations[index]?.publicIp.zones ?? [];
      const order = { location: plan.location, tags: plan.tags, ...(zones.length === 0 ? {} : { zones }) };
      const read = await arm.readProvisioning(id);
      if (read.outcome === 'missing') {
        const absent = await confirmAbsent(arm, id);
        return absent.outcome === 'ready' ? make(target, () => push(target, () => arm.putPublicIp(id, order))) : absent;
      }
      if (read.outcome !== 'done') return unsettled(read);
      if (isAtWork(read.value)) return waitFor(`public address is ${read.value}`, 1);
      if (read.value !== 'Succeeded') return mend(target, read.value, () => arm.putPublicIp(id, order));
    }
    return ready;
  }

  async function ensureGateway(plan: GatewayPlan, attempt: string): Promise<Outcome> {
    const id = plan.resourceIds.gateway;
    const target = { gatewayId: plan.id, resource: 'gateway', resourceId: id, attempt };
    const read = await arm.readRaw(id);
    if (read.outcome === 'missing') {
      const absent = await confirmAbsent(arm, id);
      if (absent.outcome !== 'ready') return absent;
      const body = newGateway(plan, await firstRoots(plan));
      return make(target, (madeAt) => push(target, () => arm.putRaw(id, withMadeTag(body, madeAt))));
    }
    if (read.outcome !== 'done') return unsettled(read);
    // What is there without a note was there before; what has not the note's tag was made by somebody who was quicker, or later.
    const made = await madeRow(target);
    if (made === undefined || !isMadeBy(read.value, made.at)) {
      const tag =
        made === undefined
          ? ''
          : ` If it is the one that Gatehouse made, give it back its tag ${sayMadeTag(made.at)} and resume.`;
      const message = `The gateway ${id} is in Azure already and is not known as made by Gatehouse, which takes over none. Have it deleted and resume, or remove this one.${tag}`;
      return { outcome: 'refused', code: 'GatewayExists', message };
    }
    const state = provisioningOf(read.value);
    if (isAtWork(state)) return waitFor(`Azure is building the gateway (${state})`);
    const differences = differencesFromPlan(plan, read.value);
    if (differences.length > 0) {
      const message = `A gateway of this name is there and is another one: ${differences.join('; ')}.`;
      return { outcome: 'refused', code: 'GatewayDiffers', message };
    }
    if (state === 'Succeeded') return noteAddresses(plan, state);
    return mend(target, state, () => arm.putRaw(id, read.value, asText(read.value['etag'])));
  }

  /** Addresses may be given late: they are read from Azure once the gateway is ready, and shown with it. */
  async function noteAddresses(plan: GatewayPlan, provisioningState: string): Promise<Outcome> {
    const publicIpAddresses: string[] = [];
    for (const id of plan.resourceIds.publicIps) {
      const read = await arm.readPublicIpAddress(id);
      if (read.outcome !== 'done') return unsettled(read);
      if (read.value !== '') publicIpAddresses.push(read.value);
    }
    await stores.gateways.update(gatewayKeys(plan.id), (record) => ({
      ...record,
      observed: { provisioningState, checkedAt: now().toISOString(), publicIpAddresses },
    }));
    return ready;
  }

  async function firstRoots(plan: GatewayPlan): Promise<readonly FirstRoot[]> {
    const roots: FirstRoot[] = [];
    for (const { record } of await stores.gatewayRoots.list(plan.id)) {
      const root = (await stores.roots.get(rootKeys(record.rootId)))?.record;
      const isCurrent = root !== undefined && Date.parse(root.notAfter) > now().getTime();
      if (record.wanted && isCurrent && root.certificate !== undefined) {
        roots.push({ entryName: record.entryName, publicCertData: root.certificate });
      }
    }
    return roots;
  }

  return async ({ gatewayId, resource }) => {
    const record = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (record === undefined)
      return { outcome: 'refused', code: 'GatewayUnknown', message: `Gateway ${gatewayId} is not registered.` };
    const { plan } = record;
    const attempt = record.writer?.instanceId ?? '';
    switch (resource) {
      case 'resourceGroup':
        return ensureResourceGroup(plan);
      case 'virtualNetwork':
        return ensureVirtualNetwork(plan, attempt);
      case 'publicIp':
        return ensurePublicIps(plan, attempt);
      case 'gateway':
        return ensureGateway(plan, attempt);
    }
  };
}

/**
 * The second witness of an absence: what the group lists. A read that finds nothing may come from a cache that lags; a resource that
 * is there would be written over as if it were new, or called removed while it goes on letting people in.
 */
export async function confirmAbsent(arm: Arm, resourceId: string): Promise<Outcome> {
  const groupId = resourceId.split('/').slice(0, 5).join('/');
  const exists = await arm.resourceGroupExists(groupId);
  if (exists.outcome !== 'done') return unsettled(exists);
  if (!exists.value) return { outcome: 'ready' };
  const listed = await arm.listResourceGroup(groupId);
  if (listed.outcome !== 'done') return unsettled(listed);
  const isListed = listed.value.some((id) => id.toLowerCase() === resourceId.toLowerCase());
  return isListed ? waitFor('Azure still lists it') : { outcome: 'ready' };
}

/** What is left to say of an answer that is not a success. */
export function unsettled(answer: ArmUndone): Exclude<Outcome, Ready> {
  const { outcome: _refused, ...trouble } = refusalOf(answer);
  switch (answer.outcome) {
    case 'busy':
      return { outcome: 'wait', seconds: answer.retryAfterSeconds, reason: `Azure is busy: ${answer.code}` };
    case 'refused':
      return refusalOf(answer);
    case 'unavailable':
      return {
        outcome: 'wait',
        seconds: answer.retryAfterSeconds,
        reason: `Azure does not answer as it should: ${answer.code}: ${answer.message}`,
        trouble,
      };
    case 'missing':
      // One answer proves nothing. It may stay so: another subscription than meant, or one without rights.
      return {
        outcome: 'wait',
        seconds: usualLookSeconds,
        reason: `Azure does not show it: ${answer.code}: ${answer.message}`,
        trouble,
      };
  }
}

/** An accepted push is looked at again: acceptance is not success. */
export function afterPush(answer: ArmAnswer<unknown>): Outcome {
  return answer.outcome === 'done'
    ? waitFor('Azure has accepted the write', answer.retryAfterSeconds)
    : unsettled(answer);
}

export function provisioningOf(resource: JsonObject): string {
  return asText(asObject(resource['properties'])['provisioningState']);
}

/** Azure names three states in which nothing goes on, and may name any other for what does (the resource provider contract). */
export function isAtWork(provisioningState: string): boolean {
  return !['', 'Succeeded', 'Failed', 'Canceled'].includes(provisioningState);
}

export function waitFor(reason: string, seconds = usualLookSeconds): Outcome {
  return { outcome: 'wait', seconds, reason };
}
