import type { OrchestrationContext } from 'durable-functions';
import {
  finishRemoval,
  type GatewayOperationInput,
  type OperationEnd,
  removedResources,
  removeResource,
  withdrawAccess,
} from '../../contracts/gateways/build-gateway.ts';
import { beginStep, endStep } from '../../contracts/operations/steps.ts';
import { type Refusal, sayFailure } from '../../domain/failure.ts';
import { callActivity, type Steps } from '../operations/call-activity.ts';
import { endOfOperation, failed, type Place } from '../operations/operation-end.ts';
import { serveGateway } from './serve-gateway.ts';
import { untilReady } from './until-ready.ts';

/**
 * Deletes what Gatehouse made for a gateway, in the order that Azure's references demand, and nothing else: a virtual
 * network or resource group that was there before stays. From a gateway that stays Gatehouse's roots come off first.
 * Like the build it can be repeated at every point.
 */
export function* removeGateway(context: OrchestrationContext): Steps<OperationEnd> {
  const input = context.df.getInput<GatewayOperationInput>();
  const end = yield* endOfOperation((place) => remove(context, input, place));
  yield* callActivity(context, finishRemoval, { ...input, end });
  return end;
}

function* remove(context: OrchestrationContext, input: GatewayOperationInput, place: Place): Steps<OperationEnd> {
  const { operationId, gatewayId } = input;
  if (yield* isStopped(context, operationId, place, 'access')) return { status: 'canceled' };
  const access = yield* withdraw(context, input);
  if (access.outcome === 'refused') return failed('access', access);
  yield* callActivity(context, endStep, { operationId, step: 'access', detail: access.detail });
  let { stays } = access;
  for (const { name } of removedResources) {
    if (yield* isStopped(context, operationId, place, name)) return { status: 'canceled' };
    const toRemove = { gatewayId, resource: name, ...(stays ? { gatewayStays: true } : {}) };
    const result = yield* untilReady(context, removeResource, toRemove);
    if (result.outcome === 'refused') return failed(name, result);
    const { detail: left } = result;
    if (name === 'gateway' && left !== undefined) stays = true;
    yield* callActivity(context, endStep, { operationId, step: name, ...(left === undefined ? {} : { detail: left }) });
  }
  return { status: 'succeeded' };
}

/** What became of Gatehouse's roots, and whether the gateway stays. */
interface Access {
  readonly outcome: 'ready';
  readonly detail: string;
  readonly stays: boolean;
}

/** Takes Gatehouse's roots off a gateway that stays; a refusal says why the removal cannot go on. */
function* withdraw(
  context: OrchestrationContext,
  { gatewayId, epoch }: GatewayOperationInput,
): Steps<Access | Refusal> {
  const found = yield* untilReady(context, withdrawAccess, { gatewayId });
  if (found.outcome === 'refused') return found;
  const withoutAny = (detail: string, stays = false): Access => ({ outcome: 'ready', detail, stays });
  if (!found.stays) return withoutAny('Gatehouse made the gateway: it is deleted with everything on it.');
  const served = yield* serveGateway(context, { gatewayId, epoch });
  if (served.end === 'gone') return withoutAny('The gateway is not in Azure.');
  const after = yield* untilReady(context, withdrawAccess, { gatewayId });
  if (after.outcome === 'refused') return after;
  const { left } = after;
  if (left.length === 0) {
    return withoutAny('The gateway is not known as made by Gatehouse: it stays, without any root of Gatehouse.', true);
  }
  const why = served.end === 'failed' ? ` ${sayFailure(served)}` : '';
  const message = `Roots of Gatehouse are still on the gateway, which stays: ${left.join(', ')}.${why}`;
  return { outcome: 'refused', code: 'rootsLeft', message };
}

function* isStopped(context: OrchestrationContext, operationId: string, place: Place, step: string): Steps<boolean> {
  place.step = step;
  const { cancelRequested } = yield* callActivity(context, beginStep, { operationId, step });
  return cancelRequested;
}
