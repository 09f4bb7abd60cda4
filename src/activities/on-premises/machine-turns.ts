import type { Refusal } from '../../domain/failure.ts';
import type { Machine } from '../../domain/machine.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { RemoteRemoval, RemoteRunner } from '../../ports/remote-runner.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { Claims } from '../../stores/claims.ts';
import type { EndedCommands } from '../../stores/ended-commands.ts';

export interface MachineTurnsOptions {
  readonly runners: { of(machine: Machine): RemoteRunner };
  readonly claims: Claims;
  readonly operations: Pick<Operations, 'get'>;
  readonly endedCommands: Pick<EndedCommands, 'add' | 'hasAny'>;
  readonly now: () => Date;
}

type Turn =
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'busy'; readonly reason: string; readonly seconds: number }
  | Refusal;

interface Begun {
  readonly operationId: string;
  readonly commandId: string;
  readonly instanceId: string;
}

/** A machine runs one command at a time: the claim on the one that is connected to says which. */
export interface MachineTurns {
  /** Gives the command the machine. What somebody whose time is over has left there is ended first. */
  take(connection: Machine, commandId: string): Promise<Turn>;
  /** Whether nothing of the command is to begin any more: its step, its attempt or its operation has come to an end. */
  isOver(command: Begun): Promise<boolean>;
  /** Ends the command and gives the machine to the next, who has to end it first where that could not be done now. */
  end(connection: Machine, commandId: string, handle: string, hasAnswered: boolean): Promise<{ isClean: boolean }>;
  /** Gives the machine back of a command that never was there. */
  release(connection: Machine, commandId: string): Promise<void>;
  /** The command that has the machine. */
  holder(connection: Machine): Promise<string | undefined>;
}

/** Seconds until a machine that another command has is looked at again. */
const busySeconds = 5;

export function createMachineTurns(options: MachineTurnsOptions): MachineTurns {
  const { runners, claims, operations, endedCommands, now } = options;

  async function take(connection: Machine, commandId: string): Promise<Turn> {
    const resourceId = machineClaim(connection);
    const answer = await claims.take({ resourceId, operationId: commandId, instanceId: commandId, now: now() });
    if (answer.outcome === 'taken') return answer;
    const holder = answer.by.operationId;
    if (answer.by.isGivenUp !== true && !(await hasEnded(holder, commandId))) {
      return { outcome: 'busy', reason: `Machine ${connection.id} runs ${holder}.`, seconds: busySeconds };
    }
    await noteEnd(holder);
    const removed = await remove(connection, holder, false);
    if (removed.outcome === 'busy') {
      return { outcome: 'busy', reason: removed.reason, seconds: removed.retryAfterSeconds };
    }
    if (removed.outcome === 'refused') return removed;
    await claims.release(resourceId, holder);
    return take(connection, commandId);
  }

  /** Of a procedure that ended, or of an earlier attempt of this one. */
  async function hasEnded(holder: string, commandId: string): Promise<boolean> {
    const [held, wanted] = [ownerOf(holder), ownerOf(commandId)];
    if (held === undefined) return true;
    if (held.operationId === wanted?.operationId) return held.attempt < wanted.attempt;
    const operation = await operations.get(held.operationId);
    return operation === undefined || isOperationEnd(operation.status);
  }

  async function remove(connection: Machine, handle: string, hasAnswered: boolean): Promise<RemoteRemoval> {
    const runner = runners.of(connection);
    const ended = hasAnswered ? undefined : await runner.cancel(connection, handle);
    return ended === undefined || ended.outcome === 'done' ? runner.cleanup(connection, handle) : ended;
  }

  async function noteEnd(commandId: string): Promise<void> {
    const operationId = ownerOf(commandId)?.operationId;
    if (operationId !== undefined) await endedCommands.add(operationId, commandId);
  }

  return {
    take,

    isOver: async ({ operationId, commandId, instanceId }) => {
      const operation = await operations.get(operationId);
      if (operation === undefined || isOperationEnd(operation.status)) return true;
      if ((ownerOf(commandId)?.attempt ?? 0) < operation.attempt) return true;
      return endedCommands.hasAny(operationId, [commandId, instanceId]);
    },

    end: async (connection, commandId, handle, hasAnswered) => {
      // First: a start of it that comes late finds this, whatever becomes of the rest.
      await noteEnd(commandId);
      const isClean = await isDone(() => remove(connection, handle, hasAnswered));
      if (isClean || hasAnswered) await claims.release(machineClaim(connection), commandId);
      else await claims.giveUp(machineClaim(connection), commandId);
      return { isClean };
    },

    release: (connection, commandId) => claims.release(machineClaim(connection), commandId),
    holder: async (connection) => (await claims.holder(machineClaim(connection)))?.operationId,
  };
}

async function isDone(work: () => Promise<RemoteRemoval>): Promise<boolean> {
  try {
    return (await work()).outcome === 'done';
  } catch {
    // The caller tries again.
    return false;
  }
}

/** The operation and attempt that a command's id begins with. */
export function ownerOf(commandId: string): { readonly operationId: string; readonly attempt: number } | undefined {
  const match = /^(op-[0-9a-f]{32})-(\d+)-/.exec(commandId);
  return match?.[1] === undefined ? undefined : { operationId: match[1], attempt: Number(match[2]) };
}

function machineClaim({ id }: Machine): string {
  return `machine:${id}`;
}
