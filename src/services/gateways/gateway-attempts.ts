import type { GatewayOperationInput } from '../../contracts/gateways/build-gateway.ts';
import { AppError } from '../../domain/app-error.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { Claims } from '../../stores/claims.ts';
import { gatewayKeys, type GatewayRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { instanceIdOf, type OperationRecord } from '../operations/operation-record.ts';
import { supersededBy } from '../operations/operation-standing.ts';
import type { TakeClaims } from '../operations/take-claims.ts';

/** Attempts of operations on whole gateways. */
export interface GatewayAttempts {
  /** Starts the orchestration of an attempt that has the gateway's row. */
  start(operation: OperationRecord, epoch: number, orchestrations: Orchestrations): Promise<void>;
  /**
   * Takes the claims and the gateway's row, and starts the attempt; where that is refused it holds neither. A conflict
   * unless the gateway's latest operation is this one or `after`.
   */
  begin(operation: OperationRecord, orchestrations: Orchestrations, after?: string): Promise<void>;
}

export function createGatewayAttempts({
  stores,
  claims,
  claimAll,
  now,
}: {
  readonly stores: Pick<Stores, 'gateways'>;
  readonly claims: Pick<Claims, 'release'>;
  readonly claimAll: TakeClaims;
  readonly now: () => Date;
}): GatewayAttempts {
  async function start(operation: OperationRecord, epoch: number, orchestrations: Orchestrations): Promise<void> {
    const input: GatewayOperationInput = { operationId: operation.id, gatewayId: operation.target, epoch };
    await orchestrations.start(operation.kind, instanceIdOf(operation.id, operation.attempt), input);
  }

  /**
   * Takes the gateway's row for an attempt of an operation; a row that somebody else writes is a conflict, and so is
   * one whose latest operation is neither this one nor `after`.
   */
  async function takeRow(gatewayId: string, operation: OperationRecord, after: string | undefined): Promise<number> {
    const instanceId = instanceIdOf(operation.id, operation.attempt);
    const record = await stores.gateways.update(gatewayKeys(gatewayId), (current) => {
      requireLatest(current, operation, after);
      if (current.writer !== undefined) return undefined;
      const epoch = current.epoch + 1;
      return {
        ...current,
        epoch,
        writer: { instanceId, epoch },
        state: 'building',
        lastOperationId: operation.id,
        updatedAt: now().toISOString(),
      };
    });
    if (record === undefined) throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} does not exist.`);
    if (record.writer?.instanceId !== instanceId) {
      throw beingWritten(gatewayId);
    }
    return record.writer.epoch;
  }

  async function begin(operation: OperationRecord, orchestrations: Orchestrations, after?: string): Promise<void> {
    const record = (await stores.gateways.get(gatewayKeys(operation.target)))?.record;
    if (record === undefined) throw new AppError('ERR_NOT_FOUND', `Gateway ${operation.target} does not exist.`);
    requireLatest(record, operation, after);
    const claimed = [record.plan.resourceIds.virtualNetwork, record.resourceId];
    await claimAll(claimed, operation.id, operation.attempt);
    try {
      const epoch = await takeRow(operation.target, operation, after);
      await start(operation, epoch, orchestrations);
    } catch (error) {
      if (error instanceof AppError) for (const resourceId of claimed) await claims.release(resourceId, operation.id);
      throw error;
    }
  }

  return { start, begin };
}

/** Throws unless the gateway's latest operation is this one or `after`; without `after` any may have been. */
export function requireLatest(record: GatewayRecord, operation: OperationRecord, after: string | undefined): void {
  const { lastOperationId } = record;
  if (after === undefined || lastOperationId === after || lastOperationId === operation.id) return;
  throw supersededBy(operation, `Gateway ${record.id} belongs to operation ${lastOperationId ?? 'none'} by now.`);
}

export function beingWritten(gatewayId: string): AppError {
  const message = `Gateway ${gatewayId} is being written. Try again when that has ended.`;
  return new AppError('ERR_CONFLICT', message, { retryAfterSeconds: 60 });
}
