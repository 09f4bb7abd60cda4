import { z } from 'zod';
import type { OperationEnd } from '../../contracts/gateways/build-gateway.ts';
import {
  scanInventoryName,
  type ScanProgress,
  type ScanStep,
  scanSteps,
} from '../../contracts/gateways/scan-inventory.ts';
import { type Refusal, sayFailure } from '../../domain/failure.ts';
import type { ReadTrusted } from '../../domain/inventory/gateway-facts.ts';
import type { Arm, ArmUndone } from '../../ports/arm.ts';
import type { ArmInventory } from '../../ports/arm-inventory.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { Claims } from '../../stores/claims.ts';
import type { Stores } from '../../stores/stores.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import { keepRunning } from '../operations/keep-running.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import { createTakeClaims } from '../operations/take-claims.ts';
import { publishScan, removeRetired, retireScan } from './inventory-scan-rows.ts';
import { scanGateways } from './scan-gateways.ts';
import { advanceQueue, type QueueWork } from './scan-queue.ts';
import { scanSessions } from './scan-sessions.ts';
import { scanSubscriptions } from './scan-subscriptions.ts';

/** What to look at: all subscriptions that the identity may see, unless some are named. */
export interface ScanOrder {
  readonly subscriptions?: readonly string[];
  /** Whether Azure is asked who is connected: a POST for each gateway, which needs more than the right to read. */
  readonly sessions: boolean;
}

/** Scans of what gateways there are: one at a time, nothing in Azure is changed. */
export interface InventoryScans {
  /** Throws ERR_CONFLICT while another scan is under way. */
  begin(order: ScanOrder, request: IntentRequest): Promise<OperationRecord>;
  /** Starts again what a crash kept from starting, or what died. For the sweep. */
  run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
  /** The scan that is under way, if one is. */
  running(): Promise<string | undefined>;
  advance(operationId: string, step: ScanStep, begunAt: string): Promise<ScanProgress>;
  finish(operationId: string, end: OperationEnd): Promise<void>;
}

export interface InventoryScansOptions {
  readonly arm: Pick<Arm, 'readRaw' | 'startSessions' | 'pollSessions'>;
  readonly armInventory: ArmInventory;
  readonly stores: Pick<Stores, 'inventory' | 'scanItems' | 'scannedGateways' | 'scannedSubscriptions'>;
  readonly claims: Claims;
  readonly operations: Operations;
  readonly readTrusted: ReadTrusted;
  readonly now: () => Date;
}

/** What every scan works on: there is one inventory. */
const target = 'inventory';
const patienceMs = 10 * 60 * 1000;
const orderSchema = z.object({ subscriptions: z.array(z.string()).optional(), sessions: z.boolean() });

export function createInventoryScans(options: InventoryScansOptions): InventoryScans {
  const { arm, armInventory, stores, claims, operations, now } = options;
  const takeClaims = createTakeClaims({ claims, operations, now });

  const run: InventoryScans['run'] = (operation, orchestrations) =>
    keepRunning(
      operation,
      { name: scanInventoryName, input: { operationId: operation.id }, orchestrations },
      { operations, now },
    );

  async function listSubscriptions(
    scanId: string,
    named: readonly string[] | undefined,
    begunAt: string,
  ): Promise<ScanProgress> {
    const answer =
      named === undefined
        ? await armInventory.listSubscriptions()
        : ({ outcome: 'done', value: named.map((id) => ({ id, name: '' })) } as const);
    if (answer.outcome !== 'done') {
      const isOver = now().getTime() - Date.parse(begunAt) > patienceMs;
      if (answer.outcome === 'refused' || isOver) return refusalOf(answer);
      const seconds = answer.outcome === 'missing' ? 30 : answer.retryAfterSeconds;
      return { outcome: 'more', seconds };
    }
    const dueAt = now().toISOString();
    for (const { id, name } of answer.value) {
      await stores.scanItems.upsert({ scanId, queue: 'subscriptions', id, name, dueAt });
    }
    const count = answer.value.length;
    const detail = count === 0 ? 'The identity may see no subscription.' : `${count} subscriptions are looked at.`;
    return { outcome: 'done', detail };
  }

  function workOf(step: Exclude<ScanStep, 'listSubscriptions'>, withSessions: boolean): QueueWork {
    switch (step) {
      case 'listGateways':
        return scanSubscriptions({ arm: armInventory, stores, now });
      case 'readGateways':
        return scanGateways({ ...options, withSessions });
      case 'readSessions':
        return scanSessions({ arm, stores, now });
    }
  }

  async function advance(operationId: string, step: ScanStep, begunAt: string): Promise<ScanProgress> {
    const operation = await operations.get(operationId);
    if (operation?.cancelRequested === true) return { outcome: 'canceled' };
    const { subscriptions, sessions } = orderSchema.parse(operation?.context);
    if (step === 'listSubscriptions') return listSubscriptions(operationId, subscriptions, begunAt);
    if (step === 'readSessions' && !sessions) {
      return { outcome: 'done', isSkipped: true, detail: 'Sessions were not asked for.' };
    }
    const { left, seconds } = await advanceQueue(workOf(step, sessions), { scanId: operationId, begunAt, stores, now });
    if (left === 0) return { outcome: 'done', detail: 'All that was listed has been looked at.' };
    const detail = `${left} left.`;
    await operations.setStep(operationId, step, { status: 'running', detail, now: now() });
    return { outcome: 'more', seconds };
  }

  async function finish(operationId: string, end: OperationEnd): Promise<void> {
    const operation = await operations.get(operationId);
    if (operation === undefined) return;
    if (end.status === 'succeeded') {
      const { sessions: withSessions, subscriptions } = orderSchema.parse(operation.context);
      const { createdAt: startedAt, requestedBy } = operation;
      const finishedAt = now().toISOString();
      const onlyNamed = subscriptions !== undefined;
      await publishScan(stores, { id: operationId, startedAt, finishedAt, requestedBy, withSessions, onlyNamed });
    } else {
      await retireScan(stores, operationId);
    }
    await endOperation(operationId, end);
    await claims.release(target, operationId);
    await removeRetired(stores);
  }

  async function endOperation(operationId: string, end: OperationEnd): Promise<void> {
    if (end.status !== 'failed') {
      const result = end.status === 'succeeded' ? { result: await countScan(operationId) } : {};
      await operations.finish(operationId, { status: end.status, ...result });
      return;
    }
    await operations.setStep(operationId, end.step, {
      status: 'failed',
      code: end.code,
      detail: sayFailure(end),
      now: now(),
    });
    const { message: detail, azure } = end;
    const problem = { code: 'ERR_OPERATION_FAILED', detail, ...(azure === undefined ? {} : { azure }) } as const;
    await operations.finish(operationId, { status: 'failed', problem });
  }

  async function countScan(scanId: string): Promise<Readonly<Record<string, number>>> {
    const subscriptions = await stores.scannedSubscriptions.list(scanId);
    const gateways = (await stores.scannedGateways.list(scanId)).map(({ record }) => record);
    return {
      subscriptions: subscriptions.length,
      gateways: gateways.filter(({ facts }) => facts?.type === 'vpn').length,
      notLookedAt:
        gateways.filter(({ notLookedAt }) => notLookedAt !== undefined).length +
        subscriptions.filter(({ record }) => record.notLookedAt !== undefined).length,
    };
  }

  return {
    run,
    advance,
    finish,
    running: async () => {
      const holder = (await claims.holder(target))?.operationId;
      const status = holder === undefined ? undefined : (await operations.get(holder))?.status;
      return status === 'pending' || status === 'running' ? holder : undefined;
    },
    begin: async ({ subscriptions, sessions }, { operationId, requestedBy, orchestrations }) => {
      await takeClaims([target], operationId, 1);
      const operation = await operations.create({
        id: operationId,
        kind: scanInventoryName,
        target,
        targetKey: target,
        requestedBy,
        steps: scanSteps,
        context: { ...(subscriptions === undefined ? {} : { subscriptions }), sessions },
      });
      await run(operation, orchestrations);
      return operation;
    },
  };
}

function refusalOf({ outcome, code, message, correlationId, isOurs }: ArmUndone): Refusal {
  if (isOurs === true) return { outcome: 'refused', code, message };
  const azure = { code, message, ...(correlationId === undefined ? {} : { correlationId }) };
  const own = {
    busy: 'azureBusy',
    unavailable: 'azureUnavailable',
    missing: 'azureRefused',
    refused: 'azureRefused',
  } as const;
  return { outcome: 'refused', code: own[outcome], message, azure };
}
