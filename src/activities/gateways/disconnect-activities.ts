import type * as references from '../../contracts/gateways/disconnect-sessions.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import { sayFailure } from '../../domain/failure.ts';
import type { Arm } from '../../ports/arm.ts';
import type { Log } from '../../ports/log.ts';
import type { Disconnects } from '../../services/gateways/disconnect-sessions.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { refusalOf } from './arm-failure.ts';

export interface DisconnectActivitiesOptions {
  readonly arm: Pick<Arm, 'pollSessions'>;
  readonly disconnects: Pick<Disconnects, 'choose'>;
  readonly operations: Pick<Operations, 'addResult' | 'finish' | 'setStep'>;
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * The activities of disconnecting chosen sessions that are its own: the list's start and the cut are those of every
 * writer.
 */
export function createDisconnectActivities({
  arm,
  disconnects,
  operations,
  log,
  now,
}: DisconnectActivitiesOptions): ActivitiesOf<Pick<typeof references, 'pollChosenSessions' | 'finishDisconnect'>> {
  return {
    pollChosenSessions: async ({ operationId, gatewayId, state }) => {
      const look = await arm.pollSessions(state);
      switch (look.outcome) {
        case 'running':
          return { outcome: 'running', state: look.state, seconds: look.retryAfterSeconds, isOvertaken: false };
        case 'busy':
        case 'unavailable': {
          const reason = `${look.code}: ${look.message}`;
          return { outcome: 'wait', seconds: look.retryAfterSeconds, reason, isOvertaken: false };
        }
        case 'succeeded':
          return { outcome: 'done', ...(await disconnects.choose(operationId, gatewayId, look.value)) };
        case 'unreadable':
        case 'failed':
          return refusalOf(look);
      }
    },

    finishDisconnect: async ({ operationId, gatewayId, end, disconnected, leftAlone }) => {
      for (const id of disconnected) {
        log({ event: 'session.cut', outcome: 'cut', target: `gateways/${gatewayId}/${id}`, operationId });
      }
      const result = { disconnected, leftAlone };
      if (end.status !== 'failed') {
        await operations.finish(operationId, { status: end.status, result });
        return null;
      }
      await operations.addResult(operationId, result);
      const detail = sayFailure(end);
      await operations.setStep(operationId, end.step, { status: 'failed', code: end.code, detail, now: now() });
      const problem = {
        code: 'ERR_OPERATION_FAILED',
        detail: end.message,
        ...(end.azure === undefined ? {} : { azure: end.azure }),
      } as const;
      await operations.finish(operationId, { status: 'failed', problem });
      return null;
    },
  };
}
