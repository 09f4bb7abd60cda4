/** Activities of the gateway orchestrations over a gateway in memory, which refuses what it is told to refuse. */
import type { Activities } from './orchestration-driver.ts';

export interface GatewayWorld {
  readonly activities: Activities;
  /** The sets of entries that Azure took, in order. */
  readonly written: string[][];
  /** Entries on the gateway. */
  readonly present: Set<string>;
  /** What Azure was found to refuse, as it was noted. */
  readonly suspected: readonly { readonly key: string; readonly isNamed: boolean }[];
}

export interface GatewayWorldOptions {
  /** Entries to be brought to the gateway, in the order of the application. */
  readonly wanted?: readonly string[];
  /** Entries for which Azure refuses the whole body that holds them. */
  readonly bad?: readonly string[];
  /** Azure takes a body with a bad entry, works, and fails then. */
  readonly failsLate?: boolean;
  /** Azure's words name the bad entries. */
  readonly namesBad?: boolean;
  readonly overrides?: Activities;
}

/** A gateway on which everything goes well unless told otherwise. */
export function aGatewayWorld({
  wanted = [],
  bad = [],
  failsLate = false,
  namesBad = false,
  overrides = {},
}: GatewayWorldOptions = {}): GatewayWorld {
  const present = new Set<string>();
  const written: string[][] = [];
  const suspected: { key: string; isNamed: boolean }[] = [];
  let lastWrite: readonly string[] = [];

  const isLastBad = (): boolean => lastWrite.some((key) => bad.includes(key));
  const refusal = (keys: readonly string[]): object => ({
    code: 'BadEntry',
    message: 'One entry is bad.',
    named: namesBad ? keys.filter((key) => bad.includes(key)) : [],
    expired: [],
  });

  function write({ held, force }: { readonly held: readonly string[]; readonly force: boolean }): unknown {
    const missing = wanted.filter((key) => !present.has(key));
    const keys = missing.filter((key) => !held.includes(key));
    if (keys.length === 0 && !force) {
      return { outcome: 'equal', desired: 1, held: missing.filter((key) => held.includes(key)) };
    }
    lastWrite = keys;
    if (isLastBad() && !failsLate) return { outcome: 'refused', desired: 1, keys, ...refusal(keys) };
    if (!isLastBad()) {
      written.push(keys);
      for (const key of keys) present.add(key);
    }
    return { outcome: 'written', desired: 1, keys, seconds: 10, operationUrl: 'https://arm/operations/1' };
  }

  const activities: Activities = {
    beginStep: () => ({ cancelRequested: false }),
    noteStep: () => null,
    endStep: () => null,
    ensureResource: () => ({ outcome: 'ready' }),
    removeResource: () => ({ outcome: 'ready' }),
    withdrawAccess: () => ({ outcome: 'ready', stays: false, left: [] }),
    finishBuild: () => ({ nextWriter: null }),
    finishRemoval: () => null,
    writeGateway: write,
    readWrite: () =>
      isLastBad() ? { outcome: 'failed', isAboutBody: true, ...refusal(lastWrite) } : { outcome: 'succeeded' },
    recordRefusals: ({ refusals }: { readonly refusals: readonly { key: string; isNamed: boolean }[] }) => {
      suspected.push(...refusals.map(({ key, isNamed }) => ({ key, isNamed })));
      return null;
    },
    recordEntries: () => ({ outcome: 'recorded', sessionsToSee: false }),
    startProfile: () => ({ outcome: 'none' }),
    releaseGateway: () => ({ released: true }),
    showWriteFailure: () => null,
    pauseGateway: () => ({ released: true }),
    abandonGateway: () => null,
    ...overrides,
  };
  return { activities, written, present, suspected };
}
