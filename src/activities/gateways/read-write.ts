import type { readWrite } from '../../contracts/gateways/apply-gateway.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import type { ThumbprintOfRoot } from '../../domain/gateway-entries.ts';
import type { Arm } from '../../ports/arm.ts';
import type { Log } from '../../ports/log.ts';
import { readDesiredState } from '../../services/gateways/desired-entries.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { failureFrom } from './arm-failure.ts';
import { isAtWork, provisioningOf } from './arm-outcomes.ts';
import { namedIn } from './write-gateway.ts';

export interface ReadWriteOptions {
  readonly arm: Arm;
  readonly stores: Stores;
  readonly log: Log;
  readonly now: () => Date;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
}

type ReadWrite = ActivitiesOf<{ readonly readWrite: typeof readWrite }>['readWrite'];

const usualLookSeconds = 10;
const unseenSeconds = 30;

/** How a write goes on. The resource itself is asked; the operation's URL is read only for the words of a failure. */
export function createReadWrite({ arm, stores, log, now, thumbprintOfRoot }: ReadWriteOptions): ReadWrite {
  return async ({ gatewayId, operationUrl, waitedSeconds }) => {
    const told = { event: 'gateway.written', target: `gateways/${gatewayId}`, seconds: waitedSeconds } as const;
    const resourceId = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record.resourceId ?? '';
    const read = await arm.readRaw(resourceId);
    if (read.outcome === 'busy') return { outcome: 'updating', seconds: read.retryAfterSeconds };
    // Not to be seen now says nothing about the write.
    if (read.outcome !== 'done') return { outcome: 'unseen', seconds: unseenSeconds };
    const state = provisioningOf(read.value);
    if (isAtWork(state)) return { outcome: 'updating', seconds: usualLookSeconds };
    if (state === 'Succeeded') {
      log({ ...told, outcome: 'succeeded' });
      return { outcome: 'succeeded' };
    }
    const error = operationUrl === null ? undefined : await arm.readOperationError(operationUrl);
    const words = error ?? { code: state, message: `Azure ended the write as ${state}.` };
    log({ ...told, outcome: 'failed', code: words.code });
    const desired = await readDesiredState(gatewayId, read.value, { stores, now: now(), thumbprintOfRoot });
    return {
      outcome: 'failed',
      isAboutBody: error?.aboutBody ?? true,
      ...failureFrom(words),
      ...namedIn(words.message, read.value, desired, thumbprintOfRoot),
    };
  };
}
