import { sayFailure } from '../../domain/failure.ts';
import type { Arm, ArmUndone } from '../../ports/arm.ts';
import type { MadeResource } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { failureFrom } from './arm-failure.ts';
import { confirmAbsent } from './arm-outcomes.ts';

/** What is in Azure of what Gatehouse made for a gateway, as seen by one look. */
export interface LeftBehind {
  /** What is there, by its ARM id. `state`: Azure's provisioning state; resource groups have none here. */
  readonly leftBehind: readonly { readonly resourceId: string; readonly state?: string }[];
  /** What was made, or was about to be, and may be there or not: Azure did not say. */
  readonly notLookedAt: readonly { readonly resourceId: string; readonly why: string }[];
}

interface LookOptions {
  readonly arm: Arm;
  readonly stores: Stores;
}

type Sight =
  | { readonly is: 'there'; readonly state?: string }
  | { readonly is: 'absent' }
  | { readonly is: 'unknown'; readonly why: string };

/** A note of what was to be made tells neither that it was, nor that it is still there: each is looked at. */
export async function lookAtLeftBehind(gatewayId: string, { arm, stores }: LookOptions): Promise<LeftBehind> {
  const made = (await stores.madeResources.list(gatewayId)).map(({ record }) => record);
  const seen = await Promise.all(
    made.map(async (row) => ({ resourceId: row.resourceId, sight: await lookAt(arm, row) })),
  );
  return {
    leftBehind: seen.flatMap(({ resourceId, sight }) =>
      sight.is === 'there' ? [{ resourceId, ...(sight.state === undefined ? {} : { state: sight.state }) }] : [],
    ),
    notLookedAt: seen.flatMap(({ resourceId, sight }) =>
      sight.is === 'unknown' ? [{ resourceId, why: sight.why }] : [],
    ),
  };
}

/** One or two sentences for people. That nothing is left is said only where everything was looked at. */
export function sayLeftBehind({ leftBehind, notLookedAt }: LeftBehind): string {
  const there = leftBehind.map(({ resourceId, state }) =>
    state === undefined ? resourceId : `${resourceId} (${state})`,
  );
  const unknown = notLookedAt.map(({ resourceId, why }) => `${resourceId} (${why})`);
  const sentences = [
    ...(there.length === 0 ? [] : [`Left behind: ${there.join(', ')}.`]),
    ...(unknown.length === 0 ? [] : [`May be there, but could not be looked at: ${unknown.join(', ')}.`]),
  ];
  return sentences.length === 0 ? 'Nothing was left behind.' : sentences.join(' ');
}

async function lookAt(arm: Arm, { resource, resourceId }: MadeResource): Promise<Sight> {
  if (resource === 'resourceGroup') {
    const exists = await arm.resourceGroupExists(resourceId);
    if (exists.outcome !== 'done') return unknown(exists);
    return exists.value ? { is: 'there' } : { is: 'absent' };
  }
  const read = await arm.readProvisioning(resourceId);
  if (read.outcome === 'done') return { is: 'there', state: read.value };
  if (read.outcome !== 'missing' || read.of === 'subscription') return unknown(read);
  const absent = await confirmAbsent(arm, resourceId);
  switch (absent.outcome) {
    case 'ready':
      return { is: 'absent' };
    case 'wait':
      return { is: 'unknown', why: absent.reason };
    case 'refused':
      return { is: 'unknown', why: sayFailure(absent) };
  }
}

function unknown(answer: ArmUndone): Sight {
  return { is: 'unknown', why: sayFailure(failureFrom(answer)) };
}
