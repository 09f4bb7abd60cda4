import { setTimeout as delay } from 'node:timers/promises';
import type { ControlClient } from './control-client.ts';
import type { VpnGatewayState } from './gateway-state.ts';

const pollIntervalMs = 500;

export interface Following {
  readonly control: ControlClient;
  readonly fleet: {
    reconcile(states: readonly VpnGatewayState[]): void;
    disconnect(sessionId: string): void;
  };
  /** Called after each look at the gateways. */
  readonly report: () => Promise<void>;
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** Says what went wrong, by kind. */
  readonly say: (kind: string) => (error: unknown) => void;
}

/**
 * Brings the fleet to what is applied, twice a second, until the signal. A control API that does not answer is asked
 * again.
 */
export async function followGateways({ control, fleet, report, signal, say }: Following): Promise<void> {
  while (!signal.aborted) {
    try {
      fleet.reconcile(await control.gateways(signal));
    } catch (error) {
      if (!isEnd(signal)) say('gateways')(error);
    }
    await report();
    await pause(signal);
  }
}

/** Cuts the sessions that ARM was asked to disconnect, as soon as it was, until the signal. */
export async function followDisconnects({ control, fleet, signal, say }: Following): Promise<void> {
  let after = 0;
  while (!signal.aborted) {
    try {
      const asked = await control.disconnects(after, signal);
      for (const { id } of asked.items) fleet.disconnect(id);
      after = asked.next;
    } catch (error) {
      if (!isEnd(signal)) say('disconnects')(error);
      await pause(signal);
    }
  }
}

/** In a function, because the compiler does not know that an await may change it. */
function isEnd(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(pollIntervalMs, undefined, { signal }).catch(() => undefined);
}
