import type { Failure, Refusal } from '../../domain/failure.ts';

/**
 * What one look at a resource, and one push where needed, led to. Activities answer refusals as data, because an error
 * that crosses the Durable boundary loses its class and code.
 */
export type Outcome<Success extends { readonly outcome: 'ready' } = Ready> =
  | Success
  /** Azure is at work, throttles, or is locked by another operation: look again after that time. */
  | {
      readonly outcome: 'wait';
      readonly seconds: number;
      readonly reason: string;
      /**
       * What may be a lasting cause: an unbroken row of waits with trouble ends, after minutes, in the words of the
       * last.
       */
      readonly trouble?: Failure;
    }
  | Refusal;

export interface Ready {
  readonly outcome: 'ready';
  /** What people who look at the step should know of its end. */
  readonly detail?: string;
}
