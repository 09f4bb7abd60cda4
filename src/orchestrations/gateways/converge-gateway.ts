import type { OrchestrationContext } from 'durable-functions';
import {
  type ApplyGatewayInput,
  type BodyRefusal,
  readWrite,
  recordRefusals,
  type WriteFailure,
  writeGateway,
  type WriteOutcome,
} from '../../contracts/gateways/apply-gateway.ts';
import { failureOf } from '../../domain/failure.ts';
import { callActivity, type Steps, waitAsAsked, waitSeconds } from '../operations/call-activity.ts';
import { confirmAbsence } from './confirm-absence.ts';

/** How a gateway was left. `desired` is the count of intents that were tried for. */
export type Converged = { readonly desired: number; readonly writeSeconds: readonly number[] } & (
  | { readonly end: 'equal' }
  /** It is not as wanted, through no entry's fault as far as is known: to be tried again. */
  | ({ readonly end: 'failed' } & WriteFailure)
);

/** What one reconciler does about a gateway that it has nothing to say about any more. */
export type NotConverged = { readonly end: 'gone' } | { readonly end: 'superseded' };

/**
 * Azure fails a write for reasons of its own far more often than for an entry: that many times it counts as one
 * refusal.
 */
const failuresMax = 3;
const afterFailureSeconds = 15;
/** A write that succeeds and is not kept is repeated once. */
const fruitlessWritesMax = 2;
/** A gateway is at rest within an hour; past four Azure has lost it. */
const waitMaxMs = 4 * 3600 * 1000;
/** No answer to go by for so long has a lasting cause, which people have to see. */
const unavailableMaxMs = 15 * 60 * 1000;

/** A gateway that is shown at one look and not at the next gives nothing to go by. */
const flickerSeconds = 30;
const flickering: WriteFailure = {
  code: 'gatewayNotSteady',
  message: 'Azure shows the gateway at one look and not at the next.',
};

interface Suspect extends WriteFailure {
  readonly key: string;
  readonly isNamed: boolean;
  /** Azure took the body and failed then, as it does for reasons of its own too. */
  readonly isLate: boolean;
}

/** What is known so far of the changes that this round would make. */
interface Search {
  /** Held back while the rest is tried, the next to be tried last. */
  readonly groups: (readonly string[])[];
  /** Found to be refused, with Azure's words. */
  readonly aside: Suspect[];
  /** Suspects of failed writes that are tried once more, one by one, with everything else in force. */
  readonly retried: Set<string>;
  /** Others' entries that Azure called expired. */
  readonly leftOut: string[];
  /** How often each change was written with success. */
  readonly writes: Map<string, number>;
  /** Azure has taken a body without what is aside, after it was set aside. */
  isRestAccepted: boolean;
  failures: number;
  readonly writeSeconds: number[];
}

/**
 * Brings a gateway's entries to what is wanted: read, merge, write once, wait, compare, until nothing differs.
 *
 * Azure refuses a whole body for one bad entry. The changes of a refused body are divided, revocations before roots and
 * then in halves: one half is held back while the other is tried together with whatever has been wanted meanwhile,
 * until the culprit stands alone. It is set aside; everything else gets through. What no entry can be blamed for ends
 * the round as failed, and nothing that was wanted is given up.
 */
export function* convergeGateway(
  context: OrchestrationContext,
  input: ApplyGatewayInput,
): Steps<Converged | NotConverged> {
  const search: Search = {
    groups: [],
    aside: [],
    retried: new Set(),
    leftOut: [],
    writes: new Map(),
    isRestAccepted: false,
    failures: 0,
    writeSeconds: [],
  };
  let waiting: { readonly isUnavailable: boolean; readonly sinceMs: number } | undefined;
  for (;;) {
    const write = yield* writeOrConfirm(context, input, search);
    if (write.outcome === 'wait') {
      const nowMs = context.df.currentUtcDateTime.getTime();
      const { isUnavailable } = write;
      if (waiting?.isUnavailable !== isUnavailable) waiting = { isUnavailable, sinceMs: nowMs };
      const isTooLong = nowMs - waiting.sinceMs > (isUnavailable ? unavailableMaxMs : waitMaxMs);
      if (isTooLong) return failed(search, write.desired, write);
      yield* waitAsAsked(context, write.seconds, waiting.sinceMs);
      continue;
    }
    waiting = undefined;
    switch (write.outcome) {
      case 'superseded':
        return { end: 'superseded' };
      case 'gone':
        return { end: 'gone' };
      case 'failed':
        return failed(search, write.desired, write);
      case 'refused': {
        const failure = divide(search, write.keys, write, false);
        if (failure !== undefined) return failed(search, write.desired, failure);
        break;
      }
      case 'written': {
        const refusal = yield* awaitWrite(context, input.gatewayId, write, search.writeSeconds);
        const failure = yield* afterWrite(context, search, write.keys, refusal);
        if (failure !== undefined) return failed(search, write.desired, failure);
        break;
      }
      case 'equal': {
        if (search.groups.pop() !== undefined) break;
        // Nobody is blamed before Azure has taken the gateway without them.
        if (isForced(search)) break;
        const doubt = tellApart(search);
        if (doubt === 'retry') break;
        if (doubt !== 'clear') return failed(search, write.desired, doubt);
        yield* noteRefusals(context, input, search);
        const unkept = write.held.filter((key) => (search.writes.get(key) ?? 0) >= fruitlessWritesMax);
        if (unkept.length > 0) return failed(search, write.desired, notKept(unkept));
        return { end: 'equal', desired: write.desired, writeSeconds: search.writeSeconds };
      }
    }
  }
}

/** One look and at most one write; a gateway that Azure does not show is gone only if it is confirmed to be. */
function* writeOrConfirm(
  context: OrchestrationContext,
  input: ApplyGatewayInput,
  search: Search,
): Steps<Exclude<WriteOutcome, { readonly outcome: 'absent' }> | { readonly outcome: 'gone' }> {
  const write = yield* callActivity(context, writeGateway, {
    ...input,
    held: heldOf(search),
    leftOut: search.leftOut,
    force: isForced(search),
  });
  if (write.outcome !== 'absent') return write;
  const { desired } = write;
  const found = yield* confirmAbsence(context, input, write.isKnown);
  if (found === 'absent') return { outcome: 'gone' };
  return found === 'there'
    ? { outcome: 'wait', desired, seconds: flickerSeconds, isUnavailable: true, ...flickering }
    : { ...found, outcome: 'failed', desired };
}

function heldOf({ groups, aside, writes }: Search): readonly string[] {
  const fruitless = [...writes].filter(([, count]) => count >= fruitlessWritesMax).map(([key]) => key);
  return [...groups.flat(), ...aside.map(({ key }) => key), ...fruitless];
}

/** With only suspects left the gateway is written as it stands, to know whether Azure takes it without them. */
function isForced({ groups, aside, isRestAccepted }: Search): boolean {
  return groups.length === 0 && aside.some(({ isNamed }) => !isNamed) && !isRestAccepted;
}

/** Counts what a write led to. Answers why the round has to end, if it does. */
function* afterWrite(
  context: OrchestrationContext,
  search: Search,
  keys: readonly string[],
  refusal: WriteEnd,
): Steps<WriteFailure | undefined> {
  if (refusal === 'unseen') return undefined;
  if (refusal === 'succeeded') {
    search.isRestAccepted = true;
    search.failures = 0;
    for (const key of keys) search.writes.set(key, (search.writes.get(key) ?? 0) + 1);
    return undefined;
  }
  search.failures += 1;
  const isClear = refusal.isAboutBody && refusal.named.length > 0;
  if (search.failures < failuresMax && !isClear) {
    yield* waitSeconds(context, afterFailureSeconds);
    return undefined;
  }
  search.failures = 0;
  return refusal.isAboutBody ? divide(search, keys, refusal, true) : refusal;
}

/**
 * Decides what to try next after a refused body; answers the failure when the refusal can be about no change of ours.
 */
function divide(
  search: Search,
  keys: readonly string[],
  { named, expired, ...refusal }: BodyRefusal,
  isLate: boolean,
): WriteFailure | undefined {
  const words = failureOf(refusal);
  const newlyExpired = expired.filter((name) => !search.leftOut.includes(name));
  if (newlyExpired.length > 0) {
    search.leftOut.push(...newlyExpired);
    return undefined;
  }
  const culprits = keys.filter((key) => named.includes(key));
  if (culprits.length > 0) {
    search.aside.push(...culprits.map((key) => ({ ...words, key, isNamed: true, isLate })));
    return undefined;
  }
  const [first, ...others] = keys;
  if (first === undefined) return { ...words, message: `Azure refuses the gateway as it stands: ${words.message}` };
  if (others.length === 0) {
    search.aside.push({ ...words, key: first, isNamed: false, isLate });
    search.isRestAccepted = false;
    return undefined;
  }
  const revocations = keys.filter((key) => key.startsWith('revocation:'));
  const isMixed = revocations.length > 0 && revocations.length < keys.length;
  const middle = isMixed ? revocations.length : Math.ceil(keys.length / 2);
  const ordered = [...revocations, ...keys.filter((key) => !key.startsWith('revocation:'))];
  search.groups.push(ordered.slice(middle));
  return undefined;
}

/**
 * A write that Azure fails for reasons of its own fails with each of its changes alone as well. Where several are
 * suspected on such grounds, nobody is blamed unless other changes got through; then each is tried once more with these
 * in force.
 */
function tellApart({ aside, retried, writes }: Search): 'clear' | 'retry' | WriteFailure {
  const late = aside.filter(({ isLate, isNamed }) => isLate && !isNamed);
  const [last] = late.slice(-1);
  if (last === undefined || late.length + retried.size < 2) return 'clear';
  if (writes.size === 0) {
    return { ...failureOf(last), message: `No change gets through, each fails by itself: ${last.message}` };
  }
  const next = late.find(({ key }) => !retried.has(key));
  if (next === undefined) return 'clear';
  retried.add(next.key);
  aside.splice(aside.indexOf(next), 1);
  return 'retry';
}

type WriteEnd = 'succeeded' | 'unseen' | (BodyRefusal & { readonly isAboutBody: boolean });

/** Looks that saw no gateway before the next turn asks whether it is there at all. */
const unseenMax = 5;

function* awaitWrite(
  context: OrchestrationContext,
  gatewayId: string,
  write: { readonly seconds: number; readonly operationUrl: string | null },
  writeSeconds: number[],
): Steps<WriteEnd> {
  const begun = context.df.currentUtcDateTime.getTime();
  const elapsedMs = (): number => context.df.currentUtcDateTime.getTime() - begun;
  let unseen = 0;
  while (elapsedMs() <= waitMaxMs) {
    yield* waitAsAsked(context, write.seconds, begun);
    const { operationUrl } = write;
    const waitedSeconds = Math.round(elapsedMs() / 1000);
    const read = yield* callActivity(context, readWrite, { gatewayId, operationUrl, waitedSeconds });
    unseen = read.outcome === 'unseen' ? unseen + 1 : 0;
    if (unseen > unseenMax) return 'unseen';
    if (read.outcome === 'updating' || read.outcome === 'unseen') continue;
    writeSeconds.push(Math.round(elapsedMs() / 1000));
    return read.outcome === 'failed' ? read : 'succeeded';
  }
  return 'unseen';
}

function* noteRefusals(
  context: OrchestrationContext,
  { gatewayId }: ApplyGatewayInput,
  { aside }: Search,
): Steps<void> {
  if (aside.length > 0) yield* callActivity(context, recordRefusals, { gatewayId, refusals: aside });
}

function notKept(keys: readonly string[]): WriteFailure {
  return {
    code: 'writeNotKept',
    message:
      `Azure took the write ${fruitlessWritesMax} times and shows none of: ${keys.slice(0, 5).join(', ')}` +
      `${keys.length > 5 ? ` and ${keys.length - 5} more` : ''}. Most likely a policy or another program takes them off again.`,
  };
}

function failed({ writeSeconds }: Search, desired: number, failure: WriteFailure): Converged {
  return { end: 'failed', desired, writeSeconds, ...failureOf(failure) };
}
