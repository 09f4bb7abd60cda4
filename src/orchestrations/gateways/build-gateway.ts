import type { OrchestrationContext } from 'durable-functions';
import { applyGatewayName } from '../../contracts/gateways/apply-gateway.ts';
import {
  type BuildStep,
  ensureResource,
  finishBuild,
  type GatewayOperationInput,
  type OperationEnd,
} from '../../contracts/gateways/build-gateway.ts';
import { beginStep, endStep, noteStep } from '../../contracts/operations/steps.ts';
import { callActivity, type Steps } from '../operations/call-activity.ts';
import { endOfOperation, failed, type Place } from '../operations/operation-end.ts';
import { serveGateway } from './serve-gateway.ts';
import { untilReady } from './until-ready.ts';

const resources = ['resourceGroup', 'virtualNetwork', 'publicIp', 'gateway'] as const;

/**
 * Builds a gateway and everything under it. The order is Azure's: each resource refers to the one before. Every step
 * looks first and then pushes, with names known in advance, so a build that is repeated, resumed or run twice ends with
 * one of each.
 *
 * The instance holds the gateway's row from before its first step, and the virtual network's claim; both are given back
 * at the end, whatever the end is. Intents that came in between are fulfilled by the writer that it starts in its
 * place.
 */
export function* buildGateway(context: OrchestrationContext): Steps<OperationEnd> {
  const input = context.df.getInput<GatewayOperationInput>();
  const end = yield* endOfOperation((place) => build(context, input, place));
  const { nextWriter } = yield* callActivity(context, finishBuild, { ...input, end });
  if (nextWriter !== null) {
    const { instanceId, epoch } = nextWriter;
    yield context.df.callSubOrchestrator(applyGatewayName, { gatewayId: input.gatewayId, epoch }, instanceId);
  }
  return end;
}

function* build(context: OrchestrationContext, input: GatewayOperationInput, place: Place): Steps<OperationEnd> {
  const { operationId, gatewayId, epoch } = input;

  // Steps 1 to 4: resource group, virtual network, public addresses, gateway.
  for (const resource of resources) {
    if (yield* isStopped(context, place, operationId, resource)) return { status: 'canceled' };
    const result = yield* untilReady(context, ensureResource, { gatewayId, resource }, (detail) =>
      callActivity(context, noteStep, { operationId, step: resource, detail }),
    );
    if (result.outcome === 'refused') return failed(resource, result);
    yield* callActivity(context, endStep, { operationId, step: resource });
  }

  // Steps 5 and 6: the roots of the plan and those that were added while Azure was building, then the profile package.
  if (yield* isStopped(context, place, operationId, 'trust')) return { status: 'canceled' };
  const served = yield* serveGateway(
    context,
    { gatewayId, epoch },
    { beforeProfile: () => beginProfile(context, place, operationId) },
  );
  if (served.end === 'stopped') return { status: 'canceled' };
  if (served.end === 'failed') return failed('trust', served);
  if (served.end !== 'equal') {
    const message = 'The gateway was removed while it was being built.';
    return failed('trust', { code: 'gatewayGone', message });
  }
  yield* callActivity(context, endStep, { operationId, step: 'profile' });

  // Step 7: what Azure shows is what was planned.
  if (yield* isStopped(context, place, operationId, 'verify')) return { status: 'canceled' };
  const verified = yield* untilReady(context, ensureResource, { gatewayId, resource: 'gateway' });
  if (verified.outcome === 'refused') return failed('verify', verified);
  yield* callActivity(context, endStep, { operationId, step: 'verify' });
  return { status: 'succeeded' };
}

function* beginProfile(context: OrchestrationContext, place: Place, operationId: string): Steps<boolean> {
  yield* callActivity(context, endStep, { operationId, step: 'trust' });
  return yield* isStopped(context, place, operationId, 'profile');
}

function* isStopped(context: OrchestrationContext, place: Place, operationId: string, step: BuildStep): Steps<boolean> {
  place.step = step;
  const { cancelRequested } = yield* callActivity(context, beginStep, { operationId, step });
  return cancelRequested;
}
