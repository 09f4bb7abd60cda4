import { z } from 'zod';
import { sum } from '../figures.ts';
import type { Stack } from '../stack.ts';

const operationSchema = z.object({
  id: z.string(),
  status: z.string(),
  createdAt: z.iso.datetime(),
  steps: z.array(z.object({ endedAt: z.iso.datetime().optional() })),
  approvals: z
    .array(
      z.object({
        name: z.string(),
        since: z.iso.datetime(),
        decidedAt: z.iso.datetime().optional(),
      }),
    )
    .default([]),
});
type Operation = z.infer<typeof operationSchema>;

/**
 * The clock stops at every timer and every end on its way, so the step shows in the wait for approvals alone. Short,
 * because whoever waits for an answer gives up after minutes, and many procedures at once need real time for each
 * second.
 */
const clockStep = 'PT10S';
const clockStepsMax = 12 * 360;

/** Starts an operation; answers its id. */
export async function startOperation(stack: Stack, path: string, order: object): Promise<string> {
  return operationSchema.parse(await stack.api('POST', path, order)).id;
}

/**
 * Moves the clock until all of these have succeeded, and approves what they ask, one after the other. Throws where one
 * ends otherwise.
 */
export async function followOperations(
  stack: Stack,
  ids: readonly string[],
  onLook: () => void = () => undefined,
): Promise<readonly Operation[]> {
  const ended: Operation[] = [];
  for (const id of ids) ended.push(await followOperation(stack, id, onLook));
  return ended;
}

async function followOperation(stack: Stack, id: string, onLook: () => void): Promise<Operation> {
  for (let step = 0; step < clockStepsMax; step += 1) {
    const operation = await seeOperation(stack, id);
    if (operation.status === 'succeeded') return operation;
    await approveAll(stack, operation);
    await stack.control('POST', '/clock', { advance: clockStep });
    onLook();
  }
  throw new Error(`${id} did not end in ${clockStepsMax} steps of the clock.`);
}

async function seeOperation(stack: Stack, id: string): Promise<Operation> {
  const answer = await stack.api('GET', `/api/operations/${id}`);
  const operation = operationSchema.parse(answer);
  if (operation.status === 'failed' || operation.status === 'canceled') {
    throw new Error(`A procedure ended otherwise: ${JSON.stringify(answer)}`);
  }
  return operation;
}

async function approveAll(stack: Stack, { id, approvals }: Operation): Promise<void> {
  for (const { name, decidedAt } of approvals) {
    if (decidedAt === undefined) await stack.api('POST', `/api/operations/${id}/approve`, { name });
  }
}

/** Seconds of stack time that a procedure took, without those that it waited for approvals. */
export function operationSeconds({ createdAt, steps, approvals }: Operation): number {
  const ends = steps.map(({ endedAt }) => Date.parse(endedAt ?? createdAt));
  const waits = approvals.map(({ since, decidedAt }) => Date.parse(decidedAt ?? since) - Date.parse(since));
  return (Math.max(...ends) - Date.parse(createdAt) - sum(waits)) / 1000;
}
