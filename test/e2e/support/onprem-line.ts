/** Simulated machines as a user meets them: registered with the application, watched and broken from outside. */
import type { z } from 'zod';
import type { WindowsReach } from '../../../sandbox/windows/transports/control-routes.ts';
import type { windowsFaultSchema } from '../../../sandbox/windows/world/faults.ts';
import type { WindowsMachine, WorldDefinition } from '../../../sandbox/windows/world/records.ts';
import type { HistoryEntry } from '../../../sandbox/windows/world/state.ts';
import type { OperationView } from '../../../src/domain/operation.ts';
import type { RunningTestStack, StackAnswer } from '../../support/stack.ts';
import { acceptedOperation, expectStatus, getOperation, type JsonObject } from './line.ts';

/** Seconds on the machines are divided by this. */
export const machineSpeed = 600;
const sshKeySecret = 'ssh-key-azs';
/** How a command gets to a machine. */
export type Way = 'ssh' | 'arc' | 'manual';

/** More than any procedure of these tests takes, approvals left out. */
const minutesMax = 24 * 60;

/** Takes this world in place of the stack's. */
export async function defineMachines(stack: RunningTestStack, definition: WorldDefinition): Promise<void> {
  expectStatus(await stack.control('PUT', '/windows/world', definition), 200);
}

/** The part of a machine's registration that says how it is reached. */
export async function wayTo(stack: RunningTestStack, machineId: string, way: Way): Promise<JsonObject> {
  // Not what stack.json says: that is of the machines that the stack began with.
  const { ssh, arc } = expectStatus(await stack.control('GET', '/windows'), 200) as unknown as WindowsReach;
  const { ports, ...where } = ssh;
  switch (way) {
    case 'ssh':
      return { ssh: { ...where, port: ports[machineId], keySecret: sshKeySecret } };
    case 'arc':
      return { arc: { resourceId: arc[machineId] } };
    case 'manual':
      return { manual: true };
  }
}

export async function registerMachine(stack: RunningTestStack, machine: JsonObject): Promise<JsonObject> {
  return expectStatus(await stack.api('POST', '/api/machines', machine), 201);
}

/** The machine as it is now, its passwords among the rest. */
export async function seeMachine(stack: RunningTestStack, id: string): Promise<WindowsMachine & { isNatUp?: boolean }> {
  const { machines } = expectStatus(await stack.control('GET', '/windows'), 200) as unknown as {
    readonly machines: readonly WindowsMachine[];
  };
  const machine = machines.find((each) => each.id === id);
  if (machine === undefined) throw new Error(`There is no machine ${id}.`);
  return machine;
}

/** Every command on the machines so far, oldest first. */
export async function readHistory(stack: RunningTestStack): Promise<readonly HistoryEntry[]> {
  return expectStatus(await stack.control('GET', '/windows/history'), 200) as unknown as readonly HistoryEntry[];
}

/** What changed a machine, as `step mode`, oldest first. */
export async function readChanges(stack: RunningTestStack): Promise<readonly string[]> {
  return (await readHistory(stack)).filter(({ changed }) => changed).map(({ step, mode }) => `${step} ${mode}`);
}

/** Breaks something on a machine, or on the line to it (`dropBefore`, `dropAfter`). */
export async function breakMachine(
  stack: RunningTestStack,
  fault:
    | z.input<typeof windowsFaultSchema>
    | { readonly machine: string; readonly times?: number; readonly then: { readonly kind: string } },
): Promise<void> {
  expectStatus(await stack.control('POST', '/windows/faults', fault), 200);
}

export interface ClockWatch {
  /** ISO 8601 duration between two looks. */
  readonly step?: string;
  readonly onLook?: (operation: OperationView) => Promise<unknown>;
}

/** Moves the clock until the operation is as wanted; answers it. Throws where it ends otherwise. */
export async function untilOperation(
  stack: RunningTestStack,
  id: string,
  isWanted: (operation: OperationView) => boolean,
  { step = 'PT1M', onLook }: ClockWatch = {},
): Promise<OperationView> {
  for (let looks = 0; looks < minutesMax; looks += 1) {
    const operation = await getOperation(stack, id);
    if (isWanted(operation)) return operation;
    if (isOver(operation)) break;
    await onLook?.(operation);
    await stack.advance(step);
  }
  throw new Error(`operation is not as wanted: ${JSON.stringify(await getOperation(stack, id))}`);
}

export async function untilEnd(stack: RunningTestStack, id: string, watch?: ClockWatch): Promise<OperationView> {
  return untilOperation(stack, id, isOver, watch);
}

/** Follows what a route has accepted to its success. */
export async function untilDone(
  stack: RunningTestStack,
  answer: StackAnswer,
  watch?: ClockWatch,
): Promise<OperationView> {
  const { id } = acceptedOperation(answer);
  return untilOperation(stack, id, ({ status }) => status === 'succeeded', watch);
}

/** Moves the clock until the operation waits for people. */
export async function untilAsked(stack: RunningTestStack, id: string): Promise<OperationView> {
  return untilOperation(stack, id, ({ status }) => status === 'waiting');
}

export async function decide(
  stack: RunningTestStack,
  id: string,
  decision: 'approve' | 'reject',
  body: JsonObject = {},
): Promise<void> {
  acceptedOperation(await stack.api('POST', `/api/operations/${id}/${decision}`, body));
}

/** Status of each step of an operation by the step's name. */
export function stepStates({ steps }: OperationView): Readonly<Record<string, string>> {
  return Object.fromEntries(steps.map(({ name, status }) => [name, status]));
}

function isOver({ status }: OperationView): boolean {
  return ['succeeded', 'failed', 'canceled'].includes(status);
}
