import { isOwnRefusal } from '../../contracts/operations/outcomes.ts';
import { inParts } from '../../domain/azure-words.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import type * as references from '../../contracts/gateways/build-gateway.ts';
import type { GatewayStoryInput, StoryEnd } from '../../contracts/gateways/build-gateway.ts';
import type { Books } from '../../stores/stores.ts';
import type { Claims } from '../../stores/claims.ts';
import type { GatewayWriter } from '../../services/gateways/gateway-writer.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { gatewayKeys, type GatewayRecord } from '../../stores/records/gateways.ts';
import { without } from '../../domain/without.ts';
import type { Arm } from '../../ports/arm.ts';
import { lookAtLeftBehind, sayLeftBehind } from './left-behind.ts';

export interface StoryActivitiesOptions {
  readonly arm: Arm;
  readonly books: Books;
  readonly claims: Claims;
  readonly operations: Operations;
  readonly writer: GatewayWriter;
  readonly now: () => Date;
}

type StoryActivities = ActivitiesOf<
  Pick<typeof references, 'beginStep' | 'noteStep' | 'endStep' | 'finishBuild' | 'finishRemoval'>
>;

/** What a story notes as it goes, and its last act: the end in the books, and the claims given back. */
export function createStoryActivities({
  arm,
  books,
  claims,
  operations,
  writer,
  now,
}: StoryActivitiesOptions): StoryActivities {
  async function releaseClaims(gateway: GatewayRecord, operationId: string): Promise<void> {
    await claims.release(gateway.plan.resourceIds.virtualNetwork, operationId);
    await claims.release(gateway.resourceId, operationId);
  }

  async function finishOperation(input: GatewayStoryInput, end: StoryEnd, result: object): Promise<void> {
    if (end.status !== 'failed') {
      await operations.finish(input.operationId, { status: end.status, result });
      return;
    }
    await operations.setStep(input.operationId, end.step, {
      status: 'failed',
      detail: `${end.code}: ${end.message}`,
      now: now(),
    });
    const left = await lookAtLeftBehind(input.gatewayId, { arm, books });
    const detail =
      `Step ${end.step} failed. ${end.code}: ${end.message} ${sayLeftBehind(left)}` +
      ' POST resume to go on from this step, or remove to delete what Gatehouse made.';
    await operations.finish(input.operationId, {
      status: 'failed',
      result: { ...result, ...left },
      problem: { code: 'ERR_AZURE_REFUSED', detail, ...(isOwnRefusal(end.code) ? {} : { azure: inParts(end) }) },
    });
  }

  async function forget(gateway: GatewayRecord): Promise<void> {
    for (const { record } of await books.gatewayRoots.list(gateway.id)) {
      await books.rootGateways.remove({ rootId: record.rootId, gatewayId: gateway.id });
      await books.gatewayRoots.remove(record);
    }
    for (const { record } of await books.gatewayRevocations.list(gateway.id))
      await books.gatewayRevocations.remove(record);
    for (const { record } of await books.foreignEntries.list(gateway.id)) {
      if (record.rootId !== undefined) {
        await books.rootGateways.remove({ rootId: record.rootId, gatewayId: gateway.id });
      }
      await books.foreignEntries.remove(record);
    }
    for (const { record } of await books.profiles.list(gateway.id)) await books.profiles.remove(record);
    for (const { record } of await books.profileRequests.list(gateway.id)) await books.profileRequests.remove(record);
    for (const { record } of await books.madeResources.list(gateway.id)) await books.madeResources.remove(record);
    await books.gatewayResources.remove({ resourceId: gateway.resourceId, gatewayId: gateway.id });
    await books.gateways.remove(gateway);
  }

  return {
    beginStep: async ({ operationId, step }) => {
      const cancelRequested = await operations.isCancelRequested(operationId);
      if (!cancelRequested) await operations.setStep(operationId, step, { status: 'running', now: now() });
      return { cancelRequested };
    },

    noteStep: async ({ operationId, step, detail }) => {
      await operations.setStep(operationId, step, { status: 'waiting', detail, now: now() });
      return null;
    },

    endStep: async ({ operationId, step, detail }) => {
      await operations.setStep(operationId, step, {
        status: 'succeeded',
        now: now(),
        ...(detail === undefined ? {} : { detail }),
      });
      return null;
    },

    finishBuild: async ({ end, ...input }) => {
      const gateway = (await books.gateways.get(gatewayKeys(input.gatewayId)))?.record;
      if (gateway?.lastOperationId !== input.operationId) return { nextWriter: null };
      const profile = (await books.profiles.get({ partitionKey: input.gatewayId, rowKey: 'newest' }))?.record;
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
        ...(end.status === 'canceled' ? await lookAtLeftBehind(gateway.id, { arm, books }) : {}),
      });
      return { nextWriter: next ?? null };
    },

    finishRemoval: async ({ end, ...input }) => {
      const gateway = (await books.gateways.get(gatewayKeys(input.gatewayId)))?.record;
      // A gateway that was built under the same id since is not this story's to forget.
      if (gateway?.lastOperationId === input.operationId) {
        if (end.status === 'succeeded') await forget(gateway);
        else
          await writer.handOver(input.gatewayId, input.epoch, (record) => ({
            ...without(record, 'writeFailure'),
            state: 'failed',
          }));
        await releaseClaims(gateway, input.operationId);
      }
      await finishOperation(input, end, { gatewayId: input.gatewayId });
      return null;
    },
  };
}
