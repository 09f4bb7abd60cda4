import { buildSteps, removeSteps } from '../../contracts/gateways/build-gateway.ts';
import { AppError } from '../../domain/app-error.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { Claims } from '../../stores/claims.ts';
import type { RootRecord } from '../../stores/records/certificates.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import { instanceIdOf, type OperationRecord } from '../operations/operation-record.ts';
import { supersededBy } from '../operations/operation-standing.ts';
import type { Operations } from '../operations/operations.ts';
import { mayStillComeForward } from '../operations/sign-of-life.ts';
import { createTakeClaim, createTakeClaims, heldBy } from '../operations/take-claims.ts';
import { beingWritten, createGatewayAttempts, requireLatest } from './gateway-attempts.ts';
import { createGatewayRegistration, gatewayIdClaim } from './gateway-registration.ts';

export interface GatewayOperationsOptions {
  readonly stores: Stores;
  readonly claims: Claims;
  readonly operations: Operations;
  readonly now: () => Date;
}

/** Long operations of whole gateways: begun by a call, run by an orchestration, resumed or undone by a call. */
export interface GatewayOperations {
  /**
   * Registers the gateway and starts its build. Refused while another operation works on the gateway or its virtual
   * network, and for an id or resource that is taken. The same operation id again goes on from what is there.
   */
  build(plan: GatewayPlan, request: IntentRequest): Promise<OperationRecord>;
  /**
   * Throws a conflict that names the operation which works on the plan's gateway or virtual network now, other than
   * this one.
   */
  requireUnclaimed(plan: GatewayPlan, operationId: string): Promise<void>;
  /**
   * Starts the removal of what Gatehouse made for the gateway; one that is refused leaves no operation. With
   * `insteadOf`, ERR_CONFLICT unless that operation is the gateway's latest.
   */
  remove(gatewayId: string, request: IntentRequest, insteadOf?: OperationRecord): Promise<OperationRecord>;
  /**
   * Goes on with a build or removal that failed or was canceled, from the step that is not done. ERR_CONFLICT when the
   * gateway is another operation's by now, or another gateway.
   */
  resume(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
  /** Starts again what a crash kept from starting, or what died. For the sweep. */
  revive(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
}

export function createGatewayOperations({
  stores,
  claims,
  operations,
  now,
}: GatewayOperationsOptions): GatewayOperations {
  const at = (): string => now().toISOString();

  const claimAll = createTakeClaims({ claims, operations, now });
  const takeClaim = createTakeClaim({ claims, operations, now });
  const attempts = createGatewayAttempts({ stores, claims, claimAll, now });

  const registration = createGatewayRegistration({ stores, now });

  async function failWith(operationId: string, { code, message, problems }: AppError): Promise<void> {
    const errors = problems.length === 0 ? {} : { errors: [...problems] };
    await operations.finish(operationId, { status: 'failed', problem: { code, detail: message, ...errors } });
  }

  /** With the claims that it needs: whoever had them until now may have registered the id or the resource. */
  async function register(
    plan: GatewayPlan,
    roots: readonly RootRecord[],
    { operationId, requestedBy }: Pick<IntentRequest, 'operationId' | 'requestedBy'>,
  ): Promise<OperationRecord> {
    await registration.requireFreeId(plan, operationId);
    const operation = await operations.create({
      id: operationId,
      kind: 'buildGateway',
      target: plan.id,
      targetKey: plan.id,
      requestedBy,
      steps: buildSteps,
    });
    await registration.register(plan, roots, operationId);
    return operation;
  }

  /** Of a registration that died before its gateway was there. What is under an id that another has by now is its. */
  async function forgetDead({ id, attempt, target }: OperationRecord): Promise<void> {
    const claim = gatewayIdClaim(target);
    if ((await takeClaim(claim, id, instanceIdOf(id, attempt))) !== undefined) return;
    await registration.forget(target);
    await claims.release(claim, id);
  }

  return {
    build: async (plan, { operationId, requestedBy, orchestrations }) => {
      const before = await operations.get(operationId);
      if (before !== undefined && isOperationEnd(before.status)) return before;
      await registration.requireFreeId(plan, operationId);
      const roots = await registration.planRoots(plan);
      const { virtualNetwork, gateway } = plan.resourceIds;
      const claimed = [gatewayIdClaim(plan.id), virtualNetwork, gateway];
      await claimAll(claimed, operationId, 1);
      const operation = await register(plan, roots, { operationId, requestedBy }).catch(async (error: unknown) => {
        if (error instanceof AppError) {
          await failWith(operationId, error);
          for (const name of claimed) await claims.release(name, operationId);
        }
        throw error;
      });
      // The gateway's row has the id from here on.
      await claims.release(gatewayIdClaim(plan.id), operationId);
      await attempts.start(operation, 1, orchestrations);
      return operation;
    },

    requireUnclaimed: async ({ resourceIds }, operationId) => {
      for (const resourceId of [resourceIds.virtualNetwork, resourceIds.gateway]) {
        const holder = await claims.holder(resourceId);
        if (holder !== undefined && holder.operationId !== operationId) throw heldBy(resourceId, holder.operationId);
      }
    },

    remove: async (gatewayId, { operationId, requestedBy, orchestrations }, insteadOf) => {
      const before = await operations.get(operationId);
      if (before !== undefined && isOperationEnd(before.status)) return before;
      if ((await stores.gateways.get(gatewayKeys(gatewayId))) === undefined) {
        throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} does not exist.`);
      }
      const operation = await operations.create({
        id: operationId,
        kind: 'removeGateway',
        target: gatewayId,
        targetKey: gatewayId,
        requestedBy,
        steps: removeSteps,
      });
      try {
        await attempts.begin(operation, orchestrations, insteadOf?.id);
      } catch (error: unknown) {
        if (error instanceof AppError) await operations.withdraw(operation.id);
        throw error;
      }
      return operation;
    },

    resume: async (operation, orchestrations) => {
      const record = (await stores.gateways.get(gatewayKeys(operation.target)))?.record;
      if (record === undefined) throw supersededBy(operation, `Gateway ${operation.target} is no longer there.`);
      requireLatest(record, operation, operation.id);
      if (record.writer !== undefined) throw beingWritten(record.id);
      const attempt = await operations.nextAttempt(operation.id, operation.attempt);
      if (attempt === undefined) throw new AppError('ERR_CONFLICT', `Operation ${operation.id} cannot be resumed.`);
      try {
        await attempts.begin({ ...operation, attempt }, orchestrations, operation.id);
      } catch (error: unknown) {
        // Not as one that is under way for ever.
        if (error instanceof AppError) await failWith(operation.id, error);
        throw error;
      }
    },

    revive: async (operation, orchestrations) => {
      const instanceId = instanceIdOf(operation.id, operation.attempt);
      const record = (await stores.gateways.get(gatewayKeys(operation.target)))?.record;
      const state = await orchestrations.state(instanceId);
      if (state === 'live') return;
      if (state === 'absent' && record?.writer?.instanceId === instanceId) {
        await attempts.start(operation, record.writer.epoch, orchestrations);
        return;
      }
      if (mayStillComeForward(operation.updatedAt, now())) return;
      const whatToDo =
        record?.lastOperationId === operation.id
          ? 'Resume it, or remove what it left.'
          : `Gateway ${operation.target} belongs to another operation by now.`;
      const problem = {
        code: 'ERR_OPERATION_FAILED',
        detail: `The work on this operation ended without a result. ${whatToDo}`,
      };
      // Before the end: from then on the id is free.
      if (record === undefined) await forgetDead(operation);
      await operations.finish(operation.id, { status: 'failed', problem });
      await stores.gateways.update(gatewayKeys(operation.target), (current) => {
        if (current.writer?.instanceId !== instanceId) return undefined;
        const { writer: _dead, ...rest } = current;
        return { ...rest, state: 'failed', updatedAt: at() };
      });
    },
  };
}
