import type { Action } from './actions.ts';
import type { FailureDetails } from './history.ts';

/** What an orchestrator says at the end of a turn. */
export interface OrchestratorAnswer {
  readonly isDone: boolean;
  readonly actions: readonly Action[];
  readonly output: unknown;
  readonly customStatus: unknown;
  /** The text of an error that the orchestrator did not catch. */
  readonly error: string | undefined;
  readonly failureDetails: FailureDetails | undefined;
  /** It threw, but without a text: the real host then leaves the instance Running for ever. */
  readonly isSilentFailure: boolean;
}

const marker = '\n\n$OutOfProcData$:';

interface StateJson {
  readonly isDone: boolean;
  readonly actions?: readonly (readonly Action[])[];
  readonly output?: unknown;
  readonly customStatus?: unknown;
  readonly error?: string;
  readonly failureDetails?: FailureDetails;
}

export function readAnswer(stateJson: string): OrchestratorAnswer {
  return toAnswer(JSON.parse(stateJson) as StateJson, false);
}

/** Reads the answer that an error carries; an error without one means that the function itself broke. */
export function readThrownAnswer(error: unknown): OrchestratorAnswer {
  const message = error instanceof Error ? error.message : String(error);
  const at = message.indexOf(marker);
  if (at < 0) {
    return toAnswer({ isDone: false, error: message }, false);
  }
  const state = JSON.parse(message.slice(at + marker.length)) as StateJson;
  return toAnswer({ ...state, isDone: false }, state.error === undefined);
}

function toAnswer(state: StateJson, isSilentFailure: boolean): OrchestratorAnswer {
  return {
    isDone: state.isDone,
    actions: state.actions?.[0] ?? [],
    output: state.output,
    customStatus: state.customStatus,
    error: state.error,
    failureDetails: state.failureDetails,
    isSilentFailure,
  };
}
