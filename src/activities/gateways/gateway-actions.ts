import type { GatewayActionInput, PolledAction, StartedAction } from '../../contracts/gateways/apply-gateway.ts';
import type { ArmAnswer, ArmPoll, ArmUndone } from '../../ports/arm.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { refusalOf } from './arm-failure.ts';

/** What a round says of an action at Azure that it started, or looked after. */
export interface GatewayActions {
  started(input: GatewayActionInput, answer: ArmAnswer<string>): Promise<StartedAction>;
  polled<T, R extends object>(
    input: GatewayActionInput,
    answer: ArmPoll<T>,
    onDone: (value: T) => Promise<R>,
  ): Promise<PolledAction<R>>;
  /** More is wanted by now than what the action's round has brought about. */
  isOvertaken(input: GatewayActionInput): Promise<boolean>;
}

/** Looks that Azure asks for first, when it has only just been asked. */
const firstLookSeconds = 5;

export function createGatewayActions({ stores }: { readonly stores: Pick<Stores, 'gateways'> }): GatewayActions {
  async function isOvertaken({ gatewayId, desired }: GatewayActionInput): Promise<boolean> {
    const record = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    return record !== undefined && record.desired > desired;
  }

  async function waiting(
    input: GatewayActionInput,
    { code, message, retryAfterSeconds: seconds }: Extract<ArmUndone, { outcome: 'busy' | 'unavailable' }>,
  ): Promise<Extract<StartedAction, { outcome: 'wait' }>> {
    return { outcome: 'wait', seconds, reason: `${code}: ${message}`, isOvertaken: await isOvertaken(input) };
  }

  return {
    isOvertaken,

    started: async (input, answer) => {
      if (answer.outcome === 'done') {
        return { outcome: 'started', state: answer.value, seconds: answer.retryAfterSeconds ?? firstLookSeconds };
      }
      if (answer.outcome === 'busy' || answer.outcome === 'unavailable') return waiting(input, answer);
      return refusalOf(answer);
    },

    polled: async (input, answer, onDone) => {
      switch (answer.outcome) {
        case 'running': {
          const { state, retryAfterSeconds: seconds } = answer;
          return { outcome: 'running', state, seconds, isOvertaken: await isOvertaken(input) };
        }
        case 'busy':
        case 'unavailable':
          return waiting(input, answer);
        case 'succeeded':
          return { outcome: 'done', ...(await onDone(answer.value)) };
        case 'unreadable':
        case 'failed':
          return refusalOf(answer);
      }
    },
  };
}
