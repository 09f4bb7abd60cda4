/**
 * The activities of on-premises procedures over machines that do what they are told, unless a test says otherwise: what
 * an operation would show of its steps, the remote steps that ran, what people were asked.
 */
import type { OnPremisesEnd, PlannedStep } from '../../src/contracts/on-premises/on-premises.ts';
import type { RemoteStepInput, RemoteStepResult } from '../../src/contracts/on-premises/remote-commands.ts';
import type { ProblemCode } from '../../src/domain/problem-codes.ts';
import { type Activities, ActivityFailed } from './orchestration-driver.ts';

export type StepReply = Partial<Extract<RemoteStepResult, { outcome: 'done' }>> | RemoteStepResult | 'dies' | undefined;

export interface OnPremisesWorldOptions {
  readonly planned: readonly PlannedStep[];
  /** What a remote step answers; undefined: it was done and changed something. */
  readonly steps?: (step: RemoteStepInput) => StepReply;
  /** What people decide; undefined: approved. */
  readonly decide?: (name: string) => 'approved' | 'rejected' | 'open' | 'canceled' | undefined;
  /** The operation is canceled when this step is about to begin. */
  readonly cancelAt?: string;
  /** Who has a lock, the first times that it is asked for. */
  readonly heldBy?: Readonly<Record<string, number>>;
  readonly overrides?: Activities;
}

export interface OnPremisesWorld {
  readonly activities: Activities;
  /** Remote steps in the order in which they ran: `P4 nat`, `P4 nat undo`. */
  readonly ran: string[];
  readonly inputs: RemoteStepInput[];
  /** What the operation shows of its steps. */
  readonly shown: Map<string, { status: string; detail?: string | undefined }>;
  /** Names of the approvals that were asked for, each once. */
  readonly asked: string[];
  readonly locks: string[];
  /** Steps that the operation was said to do, and did not name when it began. */
  readonly unplanned: string[];
  readonly ends: OnPremisesEnd[];
  readonly notes: string[];
  /** Machines that were given back for a step that died. */
  readonly abandoned: string[];
  readonly statusOf: (step: string) => string | undefined;
  /** Steps with this status, in the order in which they were planned. */
  readonly stepsWith: (status: string) => readonly string[];
}

interface Noted {
  readonly operationId: string;
  readonly step: string;
  readonly detail?: string;
}

export function refuse(code: ProblemCode, message = `It is ${code}.`): RemoteStepResult {
  return { outcome: 'refused', code, message };
}

export function anOnPremisesWorld(options: OnPremisesWorldOptions): OnPremisesWorld {
  const { planned, steps = () => undefined, decide = () => undefined, cancelAt, overrides = {} } = options;
  const ran: string[] = [];
  const inputs: RemoteStepInput[] = [];
  const asked: string[] = [];
  const locks: string[] = [];
  const unplanned: string[] = [];
  const ends: OnPremisesEnd[] = [];
  const notes: string[] = [];
  const abandoned: string[] = [];
  const left = new Map(Object.entries(options.heldBy ?? {}));
  const shown = new Map<string, { status: string; detail?: string | undefined }>(
    planned.map(({ name }) => [name, { status: 'pending' }]),
  );
  let isCanceled = false;

  function show({ step, detail }: Noted, status: string): void {
    if (!shown.has(step)) unplanned.push(step);
    shown.set(step, { status, detail });
  }

  function runRemoteStep({ given }: { readonly given: RemoteStepInput }): RemoteStepResult {
    const { stepId, machineId, action } = given;
    inputs.push(given);
    ran.push(`${stepId} ${machineId}${action === 'ensure' ? '' : ` ${action}`}`);
    const reply = steps(given);
    if (reply === 'dies') throw new ActivityFailed('The instance died.');
    return { outcome: 'done', changed: true, facts: {}, ...reply } as RemoteStepResult;
  }

  const activities: Activities = {
    runRemoteStep,
    beginStep: (noted: Noted) => {
      isCanceled ||= noted.step === cancelAt;
      if (!isCanceled) show(noted, 'running');
      return { cancelRequested: isCanceled };
    },
    noteStep: (noted: Noted) => {
      notes.push(noted.detail ?? '');
      show(noted, 'waiting');
    },
    endStep: (noted: Noted) => {
      show(noted, 'succeeded');
    },
    failStep: (noted: Noted) => {
      show(noted, 'failed');
    },
    closeStep: (noted: Noted & { readonly status: string }) => {
      show(noted, noted.status);
    },
    abandonStep: ({ machineId }: { readonly machineId: string }) => {
      abandoned.push(machineId);
      return { isClean: true };
    },
    askApproval: ({ name }: { readonly name: string }) => {
      if (!asked.includes(name)) asked.push(name);
      return { decision: isCanceled ? 'canceled' : (decide(name) ?? 'approved') };
    },
    takeLock: ({ lock }: { readonly lock: string }) => {
      const times = left.get(lock) ?? 0;
      left.set(lock, times - 1);
      if (times > 0) return { outcome: 'held', by: 'op-other' };
      locks.push(`take ${lock}`);
      return { outcome: 'taken' };
    },
    releaseLock: ({ lock }: { readonly lock: string }) => {
      locks.push(`release ${lock}`);
    },
    finishProcedure: ({ end }: { readonly end: OnPremisesEnd }) => {
      ends.push(end);
    },
    ...overrides,
  };

  return {
    activities,
    ran,
    inputs,
    shown,
    asked,
    locks,
    unplanned,
    ends,
    notes,
    abandoned,
    statusOf: (step) => shown.get(step)?.status,
    stepsWith: (status) => [...shown].filter(([, now]) => now.status === status).map(([name]) => name),
  };
}
