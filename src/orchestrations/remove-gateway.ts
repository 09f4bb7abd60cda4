import type { OrchestrationContext } from 'durable-functions';
import {
  beginStep,
  endStep,
  finishRemoval,
  removeResource,
  removeSteps,
  type GatewayStoryInput,
  type StoryEnd,
} from '../contracts/build-gateway.ts';
import { callActivity, type Steps } from './call-activity.ts';
import { endOfStory, failed, type Place } from './story-end.ts';
import { untilReady } from './until-ready.ts';

/**
 * Deletes what Gatehouse made for a gateway, in the order that Azure's references demand, and nothing else: a virtual
 * network or resource group that was there before stays. Like the build it can be repeated at every point.
 */
export function* removeGateway(context: OrchestrationContext): Steps<StoryEnd> {
  const input = context.df.getInput<GatewayStoryInput>();
  const end = yield* endOfStory((place) => remove(context, input, place));
  yield* callActivity(context, finishRemoval, { ...input, end });
  return end;
}

function* remove(
  context: OrchestrationContext,
  { operationId, gatewayId }: GatewayStoryInput,
  place: Place,
): Steps<StoryEnd> {
  for (const { name } of removeSteps) {
    place.step = name;
    const { cancelRequested } = yield* callActivity(context, beginStep, { operationId, step: name });
    if (cancelRequested) return { status: 'canceled' };
    const result = yield* untilReady(context, removeResource, { gatewayId, resource: name });
    if (result.outcome === 'refused') return failed(name, result);
    const { detail } = result;
    yield* callActivity(context, endStep, { operationId, step: name, ...(detail === undefined ? {} : { detail }) });
  }
  return { status: 'succeeded' };
}
