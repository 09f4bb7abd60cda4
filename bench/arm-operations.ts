import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Call } from './journal.ts';
import type { Stack } from './stack.ts';

const stateSchema = z.object({
  operations: z.record(z.string(), z.object({ name: z.string(), targetId: z.string(), dueMs: z.number() })),
});

/** One of ARM's long operations, and how it was watched. Times are stack time. */
export interface ArmOperation {
  readonly name: string;
  readonly takesMs: number;
  /** Between the last look before its end and the first after it. */
  readonly pollIntervalMs: number;
  /** From its end to the look that found it. */
  readonly unseenMs: number;
  /** Looks at it, the one that found its end included. */
  readonly looks: number;
}

/** The long operations that the calls started, with their true ends from the emulator's own state. */
export async function readArmOperations(stack: Stack, calls: readonly Call[]): Promise<readonly ArmOperation[]> {
  const text = await readFile(join(stack.directory, 'state', 'arm.json'), 'utf8');
  const { operations } = stateSchema.parse(JSON.parse(text));
  return Object.values(operations).map(({ name, targetId, dueMs }) => {
    const begun = calls.findLast(
      ({ atMs, method, path, status }) =>
        atMs <= dueMs && ['PUT', 'POST'].includes(method) && status < 300 && path.startsWith(targetId.toLowerCase()),
    );
    if (begun === undefined) throw new Error(`The journal does not say when ${name} was started.`);
    return { name, takesMs: dueMs - begun.atMs, ...looksAt(calls, begun.atMs, dueMs) };
  });
}

/** A build does one thing at a time: what is read while an operation runs is read for it. */
function looksAt(
  calls: readonly Call[],
  begunMs: number,
  dueMs: number,
): Pick<ArmOperation, 'looks' | 'pollIntervalMs' | 'unseenMs'> {
  const reads = calls.filter(({ method, atMs }) => method === 'GET' && atMs > begunMs);
  const before = reads.filter(({ atMs }) => atMs < dueMs);
  const after = reads[before.length];
  if (after === undefined) throw new Error('Nobody looked whether the operation had ended.');
  return {
    looks: before.length + 1,
    pollIntervalMs: after.atMs - (before.at(-1)?.atMs ?? begunMs),
    unseenMs: after.atMs - dueMs,
  };
}
