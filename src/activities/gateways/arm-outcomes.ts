import type { Outcome, Ready } from '../../contracts/operations/outcomes.ts';
import { asObject, asText } from '../../domain/gateway-entries.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Arm, ArmAnswer, ArmUndone } from '../../ports/arm.ts';
import { failureFrom, refusalOf } from './arm-failure.ts';

/** Azure names no interval when it is read, only when it is written: this is its usual one. */
const usualLookSeconds = 10;

/**
 * The second witness of an absence: what the group lists. A read that finds nothing may come from a cache that lags; a
 * resource that is there would be written over as if it were new, or called removed while it goes on letting people in.
 */
export async function confirmAbsent(arm: Arm, resourceId: string): Promise<Outcome> {
  const groupId = resourceId.split('/').slice(0, 5).join('/');
  const exists = await arm.resourceGroupExists(groupId);
  if (exists.outcome !== 'done') return unsettled(exists);
  if (!exists.value) return { outcome: 'ready' };
  const listed = await arm.listResourceGroup(groupId);
  if (listed.outcome !== 'done') return unsettled(listed);
  const isListed = listed.value.some((id) => id.toLowerCase() === resourceId.toLowerCase());
  return isListed ? waitFor('Azure still lists it') : { outcome: 'ready' };
}

/** What is left to say of an answer that is not a success. */
export function unsettled(answer: ArmUndone): Exclude<Outcome, Ready> {
  const trouble = failureFrom(answer);
  switch (answer.outcome) {
    case 'busy':
      return { outcome: 'wait', seconds: answer.retryAfterSeconds, reason: `Azure is busy: ${answer.code}` };
    case 'refused':
      return refusalOf(answer);
    case 'unavailable':
      return {
        outcome: 'wait',
        seconds: answer.retryAfterSeconds,
        reason: `Azure does not answer as it should: ${answer.code}: ${answer.message}`,
        trouble,
      };
    case 'missing':
      // One answer proves nothing. It may stay so: another subscription than meant, or one without rights.
      return {
        outcome: 'wait',
        seconds: usualLookSeconds,
        reason: `Azure does not show it: ${answer.code}: ${answer.message}`,
        trouble,
      };
  }
}

/** An accepted push is looked at again: acceptance is not success. */
export function afterPush(answer: ArmAnswer<unknown>): Outcome {
  return answer.outcome === 'done'
    ? waitFor('Azure has accepted the write', answer.retryAfterSeconds)
    : unsettled(answer);
}

export function provisioningOf(resource: JsonObject): string {
  return asText(asObject(resource['properties'])['provisioningState']);
}

/**
 * Azure names three states in which nothing goes on, and may name any other for what does (the resource provider
 * contract).
 */
export function isAtWork(provisioningState: string): boolean {
  return !['', 'Succeeded', 'Failed', 'Canceled'].includes(provisioningState);
}

export function waitFor(reason: string, seconds = usualLookSeconds): Outcome {
  return { outcome: 'wait', seconds, reason };
}
