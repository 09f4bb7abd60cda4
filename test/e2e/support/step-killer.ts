/**
 * Kills the runtime of a stack with SIGKILL whenever the line crosses a boundary that it has not crossed before: a step
 * of an operation begins, waits or ends, or Azure answers one of the requests that are named here for the first time.
 */
import { type RunningTestStack, startTimeoutMs, waitUntil } from '../../support/stack.ts';
import { followJournal } from './follow-journal.ts';
import type { JournalEntry } from './line.ts';

const lookMs = 10;

export interface StepKiller {
  /** Names the part of the line that follows: the same request in another part is another boundary. */
  enter(part: string, isBoundary: (entry: JournalEntry) => boolean): void;
  /** The operation whose steps are boundaries too. */
  watch(operationId: string): void;
  /** Kills at times drawn by `random`, instead of at boundaries. */
  killAtRandom(random: () => number, times: number): Promise<void>;
  /** Ends the watching. Rejects when it failed. */
  stop(): Promise<void>;
  /** The boundaries at which the runtime was killed so far. */
  kills(): readonly string[];
}

/** What is watched now. */
interface Part {
  readonly name: string;
  readonly isBoundary: (entry: JournalEntry) => boolean;
}

/** Starts to watch at once. Nothing is killed before the first `enter`. */
export function startStepKiller(stack: RunningTestStack): StepKiller {
  const seen = new Set<string>();
  const kills: string[] = [];
  const journal = followJournal(stack);
  let part: Part = { name: '', isBoundary: () => false };
  let operationId: string | undefined;
  let isStopped = false;

  async function newBoundaries(): Promise<readonly string[]> {
    const requests = journal.next().filter((entry) => part.isBoundary(entry));
    const found = [...requests.map(nameOf), ...(await stepsOf(stack, operationId))].map(
      (name) => `${part.name}: ${name}`,
    );
    return [...new Set(found)].filter((name) => !seen.has(name));
  }

  async function watch(): Promise<void> {
    while (!isStopped) {
      const found = await newBoundaries();
      if (found.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, lookMs));
        continue;
      }
      for (const name of found) seen.add(name);
      kills.push(found.join(', '));
      await kill(stack);
    }
  }

  const watching = watch();
  // Told by `stop`; until then a failure must not end the test process.
  watching.catch(() => undefined);
  return {
    enter: (name, isBoundary) => {
      operationId = undefined;
      journal.next();
      part = { name, isBoundary };
    },
    watch: (id) => {
      operationId = id;
    },
    killAtRandom: async (random, times) => {
      for (let count = 0; count < times; count += 1) {
        await new Promise((resolve) => setTimeout(resolve, random() * 800));
        await kill(stack);
        kills.push('random');
      }
    },
    stop: async () => {
      isStopped = true;
      await watching;
    },
    kills: () => kills,
  };
}

/** Kills the runtime and waits until its successor has written where it is. */
async function kill(stack: RunningTestStack): Promise<void> {
  const before = stack.currentInfo().processes['runtime'] ?? 0;
  process.kill(before, 'SIGKILL');
  await waitUntil(() => stack.currentInfo().processes['runtime'] !== before, startTimeoutMs);
}

async function stepsOf(stack: RunningTestStack, operationId: string | undefined): Promise<readonly string[]> {
  if (operationId === undefined) return [];
  try {
    const { body } = await stack.api('GET', `/api/operations/${operationId}`);
    const { steps = [] } = body as { readonly steps?: readonly { readonly name: string; readonly status: string }[] };
    return steps.filter(({ status }) => status !== 'pending').map(({ name, status }) => `step ${name} ${status}`);
  } catch {
    // It is being killed or started.
    return [];
  }
}

/** A request without what changes from one to the next: query, ids, versions. */
function nameOf({ method, path, status }: JournalEntry): string {
  const fixed = (path.split('?')[0] ?? '').replaceAll(/[0-9a-f-]{32,36}/g, '*');
  return `${method} ${fixed.split('/').slice(-3).join('/')} ${status}`;
}
