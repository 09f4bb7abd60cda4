/** Activities of the gateway orchestrations over a gateway in memory, which refuses what it is told to refuse. */
import type { Activities } from './orchestration-driver.ts';

export interface GatewayWorld {
  readonly activities: Activities;
  /** The sets of entries that Azure took, in order. */
  readonly written: string[][];
  /** Entries on the gateway. */
  readonly present: Set<string>;
  readonly quarantined: string[];
}

export interface GatewayWorldOptions {
  /** Entries to be brought to the gateway, in the order of the application. */
  readonly wanted?: readonly string[];
  /** Entries for which Azure refuses the whole body that holds them. */
  readonly bad?: readonly string[];
  /** Azure takes a body with a bad entry, works, and fails then. */
  readonly failsLate?: boolean;
  readonly overrides?: Activities;
}

/** A gateway on which everything goes well unless told otherwise. */
export function aGatewayWorld({
  wanted = [],
  bad = [],
  failsLate = false,
  overrides = {},
}: GatewayWorldOptions = {}): GatewayWorld {
  const present = new Set<string>();
  const written: string[][] = [];
  const quarantined: string[] = [];
  let lastWriteFailed = false;
  const refusal = { outcome: 'refused', code: 'BadEntry', message: 'One entry is bad.' };

  function write({ only }: { readonly only?: readonly string[] }): unknown {
    const keys = wanted.filter(
      (key) => !present.has(key) && !quarantined.includes(key) && (only === undefined || only.includes(key)),
    );
    if (keys.length === 0) return { outcome: 'equal', desired: 1 };
    lastWriteFailed = keys.some((key) => bad.includes(key));
    if (lastWriteFailed && !failsLate) return { ...refusal, keys };
    if (!lastWriteFailed) {
      written.push(keys);
      for (const key of keys) present.add(key);
    }
    return { outcome: 'written', keys, seconds: 10, operationUrl: 'https://arm/operations/1' };
  }

  const activities: Activities = {
    beginStep: () => ({ cancelRequested: false }),
    noteStep: () => null,
    endStep: () => null,
    ensureResource: () => ({ outcome: 'ready' }),
    removeResource: () => ({ outcome: 'ready' }),
    finishBuild: () => ({ nextWriter: null }),
    finishRemoval: () => null,
    writeGateway: write,
    readWrite: () =>
      lastWriteFailed ? { outcome: 'failed', code: 'BadEntry', message: 'Late.' } : { outcome: 'succeeded' },
    quarantineEntry: ({ key }: { readonly key: string }) => {
      quarantined.push(key);
    },
    recordEntries: () => ({ outcome: 'recorded', sessionsToSee: false }),
    startProfile: () => ({ outcome: 'none' }),
    releaseGateway: () => ({ released: true }),
    ...overrides,
  };
  return { activities, written, present, quarantined };
}
