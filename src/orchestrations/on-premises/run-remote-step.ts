import type { OrchestrationContext } from 'durable-functions';
import { commonSteps } from '../../contracts/on-premises/common-steps.ts';
import type { RemoteFacts, RemoteStepInput, RemoteStepResult } from '../../contracts/on-premises/remote-commands.ts';
import type { StepAnswer, StepMode } from '../../contracts/on-premises/remote-step.ts';
import { findRemoteStep } from '../../contracts/on-premises/step-table.ts';
import { noteStep } from '../../contracts/operations/steps.ts';
import type { Refusal } from '../../domain/failure.ts';
import { askPeople } from '../operations/ask-people.ts';
import { callActivity, type Steps, waitSeconds } from '../operations/call-activity.ts';
import { failureWords } from './failure-words.ts';
import { awayMaxMs, runCommand } from './run-command.ts';

/** Looks and applications of one step, restarts in between included. */
const roundsMax = 12;
const busySeconds = 60;
/** Another installation has ended by then, or hangs. */
const busyMaxMs = 2 * 3600 * 1000;
const awaySeconds = 30;

type Refused = Extract<RemoteStepResult, { outcome: 'refused' }>;

/**
 * One step on one machine: is it done already, do it, is it done now. A step that may have happened halfway (a machine
 * that died, a late or unreadable answer) is looked at again before it is applied again; wrong credentials are never
 * tried twice.
 */
export function* runRemoteStep(context: OrchestrationContext): Steps<RemoteStepResult> {
  const step = context.df.getInput<RemoteStepInput>();
  try {
    return step.action === 'undo' ? yield* undo(context, step) : yield* ensure(context, step);
  } catch (error) {
    // An activity that failed on every try: others that run side by side with this step still come to their ends.
    return { outcome: 'refused', code: 'toolFailed', message: `The step did not finish: ${failureWords(error)}` };
  }
}

function* ensure(context: OrchestrationContext, step: RemoteStepInput): Steps<RemoteStepResult> {
  const contract = findRemoteStep(step.stepId);
  if (contract === undefined) {
    return { outcome: 'refused', code: 'precondition', message: `There is no step ${step.stepId}.` };
  }
  const canApply = contract.modes.includes('apply');
  let facts: RemoteFacts = {};
  let applied = 0;
  let failure: Refusal | undefined;
  let rounds = 0;
  const begunMs = context.df.currentUtcDateTime.getTime();
  for (let round = 1; rounds < roundsMax; round += 1) {
    const looked = yield* run(context, step, 'probe', round);
    if (isRefusal(looked)) return refusedBy(looked, facts);
    facts = { ...facts, ...looked.facts };
    if (looked.ok) return done(round > 1, facts, looked.message);
    if (looked.code !== 'notDone') return refusedBy(toRefusal(looked), facts);
    if (step.action === 'probe' || !canApply) return notDone(step, looked, facts);
    if (failure !== undefined && applied >= contract.tries) return refusedBy(failure, facts);

    const answer = yield* run(context, step, 'apply', round);
    const outcome = yield* afterApply(context, step, answer, round);
    if (outcome.next === 'refuse') return { ...outcome.refused, facts };
    if (!isRefusal(answer)) facts = { ...facts, ...answer.facts };
    if (outcome.next === 'verify') return yield* verify(context, step, round, facts);
    if (outcome.next === 'busy') {
      if (context.df.currentUtcDateTime.getTime() - begunMs > busyMaxMs) return { ...stillBusy(answer), facts };
      continue;
    }
    rounds += 1;
    if (outcome.next === 'lookAgain') {
      applied += 1;
      failure = toRefusal(answer);
    }
  }
  return {
    outcome: 'refused',
    code: 'timedOut',
    message: `Not in the desired state after ${roundsMax} attempts.`,
    facts,
  };
}

type AfterApply =
  | { readonly next: 'verify' | 'lookAgain' | 'waited' | 'busy' }
  | { readonly next: 'refuse'; readonly refused: Refused };

/**
 * What an application led to. Whatever may have half happened is looked at again; what a person has to mend is refused.
 */
function* afterApply(
  context: OrchestrationContext,
  step: RemoteStepInput,
  answer: StepAnswer | Refusal,
  round: number,
): Steps<AfterApply> {
  switch (answer.code) {
    case '':
      return isRefusal(answer) || !answer.ok
        ? { next: 'refuse', refused: refusedBy(toRefusal(answer)) }
        : { next: 'verify' };
    case 'rebootRequired': {
      const refused = yield* restart(context, step, round);
      // What waited for the restart may not be all there is to do.
      return refused === undefined ? { next: 'waited' } : { next: 'refuse', refused };
    }
    case 'busy':
      yield* callActivity(context, noteStep, {
        operationId: step.operationId,
        step: step.shownAs,
        detail: 'Another installation is running.',
      });
      yield* waitSeconds(context, busySeconds);
      return { next: 'busy' };
    case 'toolFailed':
    case 'timedOut':
    case 'unreachable':
      return { next: 'lookAgain' };
    default:
      return { next: 'refuse', refused: refusedBy(toRefusal(answer)) };
  }
}

function* verify(
  context: OrchestrationContext,
  step: RemoteStepInput,
  round: number,
  facts: RemoteFacts,
): Steps<RemoteStepResult> {
  if (findRemoteStep(step.stepId)?.modes.includes('verify') !== true) return done(true, facts);
  const seen = yield* run(context, step, 'verify', round);
  if (isRefusal(seen)) return refusedBy(seen, facts);
  const all = { ...facts, ...seen.facts };
  if (seen.ok) return done(true, all, seen.message);
  const refusal = toRefusal(seen);
  return refusedBy(refusal.code === 'notDone' ? { ...refusal, code: 'verifyFailed' } : refusal, all);
}

function* undo(context: OrchestrationContext, step: RemoteStepInput): Steps<RemoteStepResult> {
  const begunMs = context.df.currentUtcDateTime.getTime();
  let rounds = 0;
  for (let round = 1; ; round += 1) {
    const answer = yield* run(context, step, 'undo', round);
    const outcome = yield* afterApply(context, step, answer, round);
    if (outcome.next === 'refuse') return outcome.refused;
    if (outcome.next === 'verify') {
      return isRefusal(answer) ? refusedBy(answer) : done(answer.changed, answer.facts, answer.message);
    }
    if (outcome.next === 'busy') {
      if (context.df.currentUtcDateTime.getTime() - begunMs > busyMaxMs) return stillBusy(answer);
      continue;
    }
    rounds += 1;
    if (rounds >= roundsMax || (outcome.next === 'lookAgain' && rounds > 2)) return refusedBy(toRefusal(answer));
  }
}

/** A machine is restarted only when a person has said so: others may be working on it. */
function* restart(context: OrchestrationContext, step: RemoteStepInput, round: number): Steps<Refused | undefined> {
  const { machineId, operationId, shownAs } = step;
  const decision = yield* askPeople(context, {
    operationId,
    name: `restart-${machineId}-${step.stepId.toLowerCase()}`,
    detail:
      `${shownAs}: machine ${machineId} has to restart before this counts. Look whether somebody is working on it, then approve: ` +
      'it is restarted, unless you have done so yourself.',
    days: 7,
  });
  if (decision !== 'approved') {
    const message = `Machine ${machineId} has to restart: ${decision}.`;
    // What has to be put right again did not stop because somebody asked for it: it is not done.
    const isStopped = decision === 'canceled' && step.always !== true;
    return { outcome: 'refused', code: isStopped ? 'canceled' : 'rebootRequired', message };
  }
  const restarted = yield* ensure(context, {
    operationId,
    machineId,
    shownAs,
    key: `${step.key}-r${round}`,
    stepId: commonSteps.restartMachine.id,
    action: 'ensure',
    parameters: {},
  });
  return restarted.outcome === 'refused' ? restarted : undefined;
}

function* run(
  context: OrchestrationContext,
  step: RemoteStepInput,
  mode: StepMode,
  round: number,
): Steps<StepAnswer | Refusal> {
  const note = (detail: string): Steps<unknown> =>
    callActivity(context, noteStep, { operationId: step.operationId, step: step.shownAs, detail });
  const begun = context.df.currentUtcDateTime.getTime();
  for (let again = 0; ; again += 1) {
    const label = again === 0 ? `${round}` : `${round}-${again}`;
    const end = yield* runCommand(context, step, mode, label, note);
    if (end.outcome !== 'answered') return end;
    // The machine behind the one that answered is away: waited for like any other, and after an application looked at
    // first.
    const isAway = end.answer.code === 'unreachable' && mode !== 'apply';
    const waitedMs = context.df.currentUtcDateTime.getTime() - begun;
    if (!isAway || waitedMs > awayMaxMs(step)) return end.answer;
    yield* note(end.answer.message ?? 'The machine cannot be reached.');
    yield* waitSeconds(context, awaySeconds);
  }
}

function stillBusy(answer: StepAnswer | Refusal): Refused {
  const said = answer.message === undefined ? '' : ` ${answer.message}`;
  const message = `Another installation has been running for ${busyMaxMs / 3_600_000} hours.${said}`;
  return { outcome: 'refused', code: 'timedOut', message };
}

function isRefusal(answer: StepAnswer | Refusal): answer is Refusal {
  return 'outcome' in answer;
}

function toRefusal(answer: StepAnswer | Refusal): Refusal {
  if (isRefusal(answer)) return answer;
  const code = answer.code === '' ? 'toolFailed' : answer.code;
  return { outcome: 'refused', code, message: answer.message ?? `The step answered ${code}.` };
}

function done(changed: boolean, facts: RemoteFacts, message?: string): RemoteStepResult {
  return { outcome: 'done', changed, facts, ...(message === undefined ? {} : { message }) };
}

function notDone({ action }: RemoteStepInput, { message }: StepAnswer, facts: RemoteFacts): RemoteStepResult {
  if (action === 'probe') return { outcome: 'notDone', facts, ...(message === undefined ? {} : { message }) };
  return {
    outcome: 'refused',
    code: 'precondition',
    message: message ?? 'Not in the desired state, and this step changes nothing.',
    facts,
  };
}

function refusedBy(refusal: Refusal, facts?: RemoteFacts): Refused {
  return facts === undefined ? refusal : { ...refusal, facts };
}
