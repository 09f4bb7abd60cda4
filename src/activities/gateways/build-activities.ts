import type * as references from '../../contracts/gateways/build-gateway.ts';
import type { GatewayOperationInput, OperationEnd } from '../../contracts/gateways/build-gateway.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import { sayFailure } from '../../domain/failure.ts';
import { without } from '../../domain/without.ts';
import type { Arm } from '../../ports/arm.ts';
import type { GatewayWriter } from '../../services/gateways/gateway-writer.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { Claims } from '../../stores/claims.ts';
import { revocationsOfGateway } from '../../stores/records/certificates.ts';
import { gatewayKeys, type GatewayRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { lookAtLeftBehind, sayLeftBehind } from './left-behind.ts';

export interface BuildActivitiesOptions {
  readonly arm: Arm;
  readonly stores: Stores;
  readonly claims: Claims;
  readonly operations: Operations;
  readonly writer: GatewayWriter;
  readonly now: () => Date;
}

type BuildActivities = ActivitiesOf<Pick<typeof references, 'finishBuild' | 'finishRemoval'>>;

/** The last act of an operation on a gateway: the end in the stores, and the claims given back. */
export function createBuildActivities({
  arm,
  stores,
  claims,
  operations,
  writer,
  now,
}: BuildActivitiesOptions): BuildActivities {
  async function releaseClaims(gateway: GatewayRecord, operationId: string): Promise<void> {
    await claims.release(gateway.plan.resourceIds.virtualNetwork, operationId);
    await claims.release(gateway.resourceId, operationId);
  }

  async function finishOperation(input: GatewayOperationInput, end: OperationEnd, result: object): Promise<void> {
    if (end.status !== 'failed') {
      await operations.finish(input.operationId, { status: end.status, result });
      return;
    }
    await operations.setStep(input.operationId, end.step, {
      status: 'failed',
      code: end.code,
      detail: sayFailure(end),
      now: now(),
    });
    const left = await lookAtLeftBehind(input.gatewayId, { arm, stores });
    const detail =
      `Step ${end.step} failed. ${sayFailure(end)} ${sayLeftBehind(left)}` +
      ' POST resume to go on from this step, or remove to delete what Gatehouse made.';
    await operations.finish(input.operationId, {
      status: 'failed',
      result: { ...result, ...left },
      problem: { code: 'ERR_AZURE_REFUSED', detail, ...(end.azure === undefined ? {} : { azure: end.azure }) },
    });
  }

  async function forget(gateway: GatewayRecord): Promise<void> {
    for (const { record } of await stores.gatewayRoots.list(gateway.id)) {
      await stores.rootGateways.remove({ rootId: record.rootId, gatewayId: gateway.id });
      await stores.gatewayRoots.remove(record);
    }
    for (const { record } of await stores.gatewayRevocations.list(gateway.id)) {
      await stores.gatewayRevocations.remove(record);
    }
    // Another gateway may have its id one day.
    for (const { record } of await stores.revocations.list(revocationsOfGateway(gateway.id))) {
      await stores.revocations.remove(record);
    }
    for (const { record } of await stores.foreignEntries.list(gateway.id)) {
      if (record.rootId !== undefined) {
        await stores.rootGateways.remove({ rootId: record.rootId, gatewayId: gateway.id });
      }
      await stores.foreignEntries.remove(record);
    }
    for (const { record } of await stores.profiles.list(gateway.id)) await stores.profiles.remove(record);
    for (const { record } of await stores.profileRequests.list(gateway.id)) await stores.profileRequests.remove(record);
    for (const { record } of await stores.madeResources.list(gateway.id)) await stores.madeResources.remove(record);
    await stores.gatewayResources.remove({ resourceId: gateway.resourceId, gatewayId: gateway.id });
    await stores.gateways.remove(gateway);
  }

  return {
    finishBuild: async ({ end, ...input }) => {
      const gateway = (await stores.gateways.get(gatewayKeys(input.gatewayId)))?.record;
      if (gateway?.lastOperationId !== input.operationId) return { nextWriter: null };
      const profile = (await stores.profiles.get({ partitionKey: input.gatewayId, rowKey: 'newest' }))?.record;
      const next = await writer.handOver(input.gatewayId, input.epoch, (record) => ({
        // The operation tells of its own failure; only the single writer tries again by itself.
        ...without(record, 'writeFailure'),
        state: end.status === 'succeeded' ? 'ready' : 'failed',
      }));
      await releaseClaims(gateway, input.operationId);
      await finishOperation(input, end, {
        gatewayId: gateway.id,
        resourceId: gateway.resourceId,
        publicIpAddresses: gateway.observed?.publicIpAddresses ?? [],
        ...(profile === undefined ? {} : { serverFqdn: profile.serverFqdn, profileHash: profile.hash }),
        ...(end.status === 'canceled' ? await lookAtLeftBehind(gateway.id, { arm, stores }) : {}),
      });
      return { nextWriter: next ?? null };
    },

    finishRemoval: async ({ end, ...input }) => {
      const gateway = (await stores.gateways.get(gatewayKeys(input.gatewayId)))?.record;
      // A gateway that was built under the same id since is not this operation's to forget.
      if (gateway?.lastOperationId === input.operationId) {
        if (end.status === 'succeeded') {
          await forget(gateway);
        } else {
          await writer.handOver(input.gatewayId, input.epoch, (record) => ({
            ...without(record, 'writeFailure'),
            state: 'failed',
          }));
        }
        await releaseClaims(gateway, input.operationId);
      }
      await finishOperation(input, end, { gatewayId: input.gatewayId });
      return null;
    },
  };
}
