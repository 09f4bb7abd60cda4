/** How the simulated host behaves where real hosts differ or are unkind (facts: section 7). */
export interface Quirks {
  /** The highest replay schema offered to the library. */
  readonly schemaVersion: 2 | 3;
  /** A duplicate start is answered 500 with a .NET error, an unknown orchestrator 400. */
  readonly hasOldStartErrors: boolean;
  /** Error texts are kilobytes of serialized .NET exceptions. */
  readonly hasLongErrors: boolean;
  /** How much too early a durable timer fires, in milliseconds. */
  timerLeadMs(): number;
  /** Whether this delivery is repeated. */
  repeatsDelivery(): boolean;
}

const repeatedShare = 0.1;

/** The current extension's behaviour, 3.19. */
export const currentHost: Quirks = {
  schemaVersion: 3,
  hasOldStartErrors: false,
  hasLongErrors: false,
  timerLeadMs: () => 0,
  repeatsDelivery: () => false,
};

/** The older host that was observed, with the repeated deliveries that at-least-once queues allow. */
export function createRealHost(seed: number): Quirks {
  const random = createRandom(seed);
  return {
    schemaVersion: 2,
    hasOldStartErrors: true,
    hasLongErrors: true,
    timerLeadMs: () => Math.floor(random() * 1000),
    repeatsDelivery: () => random() < repeatedShare,
  };
}

/** A small seeded generator (mulberry32), so that a run can be repeated. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
