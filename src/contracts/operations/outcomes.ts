/**
 * What one look at a resource, and one push where needed, led to. Activities answer refusals as data, because an error that
 * crosses the Durable boundary loses its class and code.
 */
export type Outcome<Success extends { readonly outcome: 'ready' } = Ready> =
  | Success
  /** Azure is at work, throttles, or is locked by another operation: look again after that time. */
  | {
      readonly outcome: 'wait';
      readonly seconds: number;
      readonly reason: string;
      /** What may be a lasting cause: an unbroken row of waits with trouble ends, after minutes, in the words of the last. */
      readonly trouble?: Omit<Refusal, 'outcome'>;
    }
  | Refusal;

export interface Ready {
  readonly outcome: 'ready';
  /** What people who look at the step should know of its end. */
  readonly detail?: string;
}

export interface Refusal {
  readonly outcome: 'refused';
  readonly code: string;
  /** Azure's own words, or ours where we refuse. Without secrets. */
  readonly message: string;
  /** Of Azure's answer, where its message does not hold it. */
  readonly correlationId?: string;
}

/** Codes of refusals that are Gatehouse's own; any other is Azure's. */
const ownRefusals: ReadonlySet<string> = new Set([
  'GatewayDiffers',
  'GatewayExists',
  'GatewayGone',
  'GatewayUnknown',
  'NoEnd',
  'ProfileUnreadable',
  'ProfileWithoutAddress',
  'RootsLeft',
  'ToolFailed',
  'VirtualNetworkConflict',
  'VirtualNetworkNotFound',
]);

export function isOwnRefusal(code: string): boolean {
  return ownRefusals.has(code);
}
