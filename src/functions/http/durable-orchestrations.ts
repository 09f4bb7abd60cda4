import type { DurableClient } from 'durable-functions';
import type { Orchestrations } from '../../ports/orchestrations.ts';

type ClientCalls = Pick<DurableClient, 'startNew' | 'getStatus' | 'raiseEvent'>;

const liveStatuses: ReadonlySet<string> = new Set(['Pending', 'Running', 'ContinuedAsNew', 'Suspended']);

/**
 * The task hub behind the durable client of one invocation. The host would let an instance that has ended start anew
 * under its id, so `start` looks first. A start that fails and yet left an instance behind was somebody else's at the
 * same moment (409, on older hosts 500) or its own with the answer lost: both are what was wanted.
 */
export function createDurableOrchestrations(client: ClientCalls): Orchestrations {
  async function state(instanceId: string): Promise<'absent' | 'live' | 'ended'> {
    try {
      const status = await client.getStatus(instanceId, { showInput: false });
      return liveStatuses.has(status.runtimeStatus) ? 'live' : 'ended';
    } catch (error: unknown) {
      // The client gives no status, only this text (durable-functions 3.5.0, getStatus).
      if (messageOf(error).includes('replied with HTTP 404 response')) return 'absent';
      throw error;
    }
  }

  async function start(name: string, instanceId: string, input: unknown): Promise<void> {
    if ((await state(instanceId)) !== 'absent') return;
    try {
      await client.startNew(name, { instanceId, input });
    } catch (error: unknown) {
      if ((await state(instanceId)) === 'absent') throw error;
    }
  }

  async function raise(instanceId: string, eventName: string): Promise<void> {
    if ((await state(instanceId)) !== 'live') return;
    try {
      await client.raiseEvent(instanceId, eventName, null);
    } catch (error: unknown) {
      if ((await state(instanceId)) === 'live') throw error;
    }
  }

  return { start, state, raise };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
