import type { Outcome } from '../../contracts/operations/outcomes.ts';
import { asText } from '../../domain/gateway-entries.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import { isMadeBy, sayMadeTag, withMadeTag } from '../../domain/made-tag.ts';
import {
  differencesFromPlan,
  type FirstRoot,
  mergeVirtualNetwork,
  newGateway,
  newVirtualNetwork,
} from '../../domain/resource-bodies.ts';
import { rootsFirst } from '../../domain/root-order.ts';
import type { Arm } from '../../ports/arm.ts';
import { rootKeys, type RootRecord } from '../../stores/records/certificates.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { afterPush, confirmAbsent, isAtWork, provisioningOf, unsettled, waitFor } from './arm-outcomes.ts';
import { createMadeResources } from './made-resources.ts';

export interface EnsureResourceOptions {
  readonly arm: Arm;
  readonly stores: Stores;
  readonly now: () => Date;
}

type EnsureResource = (input: {
  readonly gatewayId: string;
  readonly resource: 'resourceGroup' | 'virtualNetwork' | 'publicIp' | 'gateway';
}) => Promise<Outcome>;

const ready: Outcome = { outcome: 'ready' };

/**
 * One look at a resource of a gateway's plan and, where it is missing or lacks something, one push. What is there or on
 * its way is never pushed again, so the call may be repeated at will.
 */
export function createEnsureResource({ arm, stores, now }: EnsureResourceOptions): EnsureResource {
  const { make, madeRow, push, mend } = createMadeResources({ arm, stores, now });

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
        return { outcome: 'refused', code: 'virtualNetworkNotFound', message: `Virtual network ${id} does not exist.` };
      }
      return make(target, () => push(target, () => arm.putRaw(id, newVirtualNetwork(plan))));
    }
    if (read.outcome !== 'done') return unsettled(read);
    const state = provisioningOf(read.value);
    if (isAtWork(state)) return waitFor(`virtual network is ${state}`);
    const merge = mergeVirtualNetwork(plan, read.value);
    if (merge.outcome === 'conflict') {
      return { outcome: 'refused', code: 'virtualNetworkConflict', message: merge.message };
    }
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
    // What is there without a note was there before; what has not the note's tag was made by somebody who was quicker,
    // or later.
    const made = await madeRow(target);
    if (made === undefined || !isMadeBy(read.value, made.at)) {
      const tag =
        made === undefined
          ? ''
          : ` If it is the one that Gatehouse made, give it back its tag ${sayMadeTag(made.at)} and resume.`;
      const message = `The gateway ${id} is in Azure already and is not known as made by Gatehouse, which never takes over a gateway of others. Have it deleted and resume, or remove this one.${tag}`;
      return { outcome: 'refused', code: 'gatewayExists', message };
    }
    const state = provisioningOf(read.value);
    if (isAtWork(state)) return waitFor(`Azure is building the gateway (${state})`);
    const differences = differencesFromPlan(plan, read.value);
    if (differences.length > 0) {
      const message = `A gateway of this name is there and is another one: ${differences.join('; ')}.`;
      return { outcome: 'refused', code: 'gatewayDiffers', message };
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
    const wanted: { readonly entryName: string; readonly root: RootRecord }[] = [];
    for (const { record } of await stores.gatewayRoots.list(plan.id)) {
      const root = (await stores.roots.get(rootKeys(record.rootId)))?.record;
      const isCurrent = root !== undefined && Date.parse(root.notAfter) > now().getTime();
      if (record.wanted && isCurrent) wanted.push({ entryName: record.entryName, root });
    }
    return rootsFirst(wanted, ({ root }) => root).flatMap(({ entryName, root }) =>
      root.certificate === undefined ? [] : [{ entryName, publicCertData: root.certificate }],
    );
  }

  return async ({ gatewayId, resource }) => {
    const record = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (record === undefined) {
      return { outcome: 'refused', code: 'gatewayUnknown', message: `Gateway ${gatewayId} is not registered.` };
    }
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
