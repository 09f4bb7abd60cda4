import type { Failure } from '../../domain/failure.ts';
import { without } from '../../domain/without.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { gatewayKeys, type GatewayRecord, operationsOf } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Operations } from '../operations/operations.ts';
import type { GatewayWriter } from './gateway-writer.ts';

export interface GatewayPresenceOptions {
  readonly stores: Stores;
  readonly operations: Pick<Operations, 'settleStep'>;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly writer: Pick<GatewayWriter, 'handOver'>;
  readonly failRequests: (gatewayId: string, wanted: number, failure: Failure) => Promise<void>;
  readonly now: () => Date;
}

/** What follows when a gateway is no longer in Azure, and when it is there again. */
export interface GatewayPresence {
  /**
   * After several looks that found neither the gateway nor its entry in the resource group's list. What was wanted of
   * it stays wanted: it is looked for again, and nothing is claimed of what was not seen.
   */
  noteAbsence(gatewayId: string, epoch: number): Promise<void>;
  noteReturn(gatewayId: string): Promise<void>;
}

export function createGatewayPresence(options: GatewayPresenceOptions): GatewayPresence {
  const { stores, operations, now } = options;
  const at = (): string => now().toISOString();

  async function announce(record: GatewayRecord, verb: 'missing' | 'returned'): Promise<void> {
    await options.outbox.append({
      id: `gateway-${verb}-${record.id}-${record.epoch}`,
      type: `gatehouse.gateway.${verb}.v1`,
      subject: `gateways/${record.id}`,
      data: { gatewayId: record.id, resourceId: record.resourceId },
    });
  }

  /** Nobody can connect to what is not there. Its part is left out, and the operation does not claim to be done. */
  async function endOperations(gatewayId: string): Promise<void> {
    const detail =
      'Not done yet: the gateway is not in Azure, nor in the list of its resource group. It is done when the gateway is there again.';
    const problem = { code: 'ERR_NOT_FOUND', detail: `Gateway ${gatewayId} is no longer in Azure.` };
    for (const { record } of await stores.gatewayRevocations.list(gatewayId)) {
      for (const id of operationsOf(record)) {
        await operations.settleStep(id, gatewayId, { status: 'skipped', detail, now: now(), problem });
      }
    }
    for (const { record } of await stores.gatewayRoots.list(gatewayId)) {
      if (record.operationId === undefined) continue;
      await operations.settleStep(record.operationId, gatewayId, { status: 'failed', detail, now: now(), problem });
    }
  }

  return {
    noteAbsence: async (gatewayId, epoch) => {
      const current = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
      if (current === undefined) return;
      if (current.state === 'ready') await announce(current, 'missing');
      await endOperations(gatewayId);
      await options.failRequests(gatewayId, current.profileWanted, {
        code: 'gatewayGone',
        message: 'The gateway is no longer in Azure.',
      });
      await options.writer.handOver(gatewayId, epoch, (record) => ({
        ...without(record, 'lookAt', 'retryAt', 'writeFailure'),
        // A build that failed stays one: it is resumed, not waited for.
        state: record.state === 'failed' ? 'failed' : 'missing',
        applied: Math.max(record.applied, current.desired),
        observed: { provisioningState: 'Missing', checkedAt: at() },
      }));
    },

    noteReturn: async (gatewayId) => {
      const record = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
      if (record?.state !== 'missing') return;
      await announce(record, 'returned');
      await stores.gateways.update(gatewayKeys(gatewayId), (current) =>
        current.state === 'missing'
          ? { ...current, state: 'ready', desired: current.desired + 1, updatedAt: at() }
          : undefined,
      );
    },
  };
}
