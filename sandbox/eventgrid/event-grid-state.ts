import { join } from 'node:path';
import type { EventGridEvent } from '../platform/event-grid-event.ts';
import { openStateFile, type StateFile } from '../platform/state-file.ts';

/** One delivery that is still to be made; an event that comes twice has two. */
export interface PendingDelivery {
  readonly key: string;
  readonly event: EventGridEvent;
  readonly publishedAtMs: number;
  dueMs: number;
  attempts: number;
}

/** A delivery that was given up, and why. */
export interface DeadLetter {
  readonly event: EventGridEvent;
  readonly reason: string;
  readonly attempts: number;
  readonly at: string;
}

export interface EventGridState {
  pending: PendingDelivery[];
  deadLetters: DeadLetter[];
  /** The URL that passed the handshake. */
  validatedUrl?: string;
  /** Draws so far: what randomness decides goes on where it stopped after a restart. */
  draws: number;
}

export function openEventGridState(directory: string): StateFile<EventGridState> {
  return openStateFile(join(directory, 'event-grid.json'), () => ({ pending: [], deadLetters: [], draws: 0 }));
}
