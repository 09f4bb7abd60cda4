import type { Orchestrations } from '../../src/ports/orchestrations.ts';

export interface StubOrchestrations extends Orchestrations {
  /** Every start that was not a repetition, oldest first. */
  readonly started: readonly { readonly name: string; readonly instanceId: string; readonly input: unknown }[];
  /** Every event that was raised, oldest first. */
  readonly raised: readonly { readonly instanceId: string; readonly eventName: string }[];
  /** What `state` is to answer for an instance from now on. */
  setState(instanceId: string, state: 'absent' | 'live' | 'ended'): void;
}

/** The task hub's port in memory: remembers starts, runs nothing. */
export function createStubOrchestrations(): StubOrchestrations {
  const started: { name: string; instanceId: string; input: unknown }[] = [];
  const raised: { instanceId: string; eventName: string }[] = [];
  const states = new Map<string, 'absent' | 'live' | 'ended'>();
  return {
    started,
    raised,
    raise: async (instanceId, eventName) => {
      await Promise.resolve();
      raised.push({ instanceId, eventName });
    },
    setState: (instanceId, state) => void states.set(instanceId, state),
    start: async (name, instanceId, input) => {
      await Promise.resolve();
      if (states.has(instanceId)) return;
      states.set(instanceId, 'live');
      started.push({ name, instanceId, input });
    },
    state: async (instanceId) => Promise.resolve(states.get(instanceId) ?? 'absent'),
  };
}
