import type { SecretValue, WorldDefinition, WorldParts } from '../../../../sandbox/windows/world/records.ts';
import type { StepMode } from '../../../../src/contracts/on-premises/remote-step.ts';

/**
 * What an answer comes to: done before, done now, or the code of why not. `rebootRequired` is done and not yet in
 * force.
 */
export type Verdict =
  | 'fine'
  | 'changed'
  | 'notDone'
  | 'verifyFailed'
  | 'precondition'
  | 'authFailed'
  | 'unreachable'
  | 'toolFailed'
  | 'timedOut'
  | 'rebootRequired'
  | 'busy';

export interface StepRequest {
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, SecretValue>>;
  readonly machine?: string;
  readonly runAs?: string;
}

/** One mode of a step and its verdict, or what happens to the world meanwhile. */
export type Line =
  | readonly [stepId: string, mode: StepMode, verdict: Verdict, request?: StepRequest]
  | readonly [what: string, how: (world: WorldParts) => void];

/** What is asked on one machine, line after line. */
export interface Scenario {
  readonly machine: string;
  /** By step; what a line asks for besides takes the place of what it names. */
  readonly requests: (definition: WorldDefinition) => Readonly<Record<string, StepRequest>>;
  readonly lines: readonly Line[];
}

export function isRun(line: Line): line is Exclude<Line, readonly [string, (world: WorldParts) => void]> {
  return typeof line[1] === 'string';
}

/** The whole of a step on a machine where nothing is done yet: done, done again, and taken back twice. */
export function wholeOf(stepId: string): readonly Line[] {
  return [
    [stepId, 'probe', 'notDone'],
    [stepId, 'verify', 'verifyFailed'],
    [stepId, 'undo', 'fine'],
    [stepId, 'apply', 'changed'],
    [stepId, 'probe', 'fine'],
    [stepId, 'verify', 'fine'],
    [stepId, 'apply', 'fine'],
    [stepId, 'undo', 'changed'],
    [stepId, 'probe', 'notDone'],
    [stepId, 'undo', 'fine'],
  ];
}
