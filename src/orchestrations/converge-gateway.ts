import type { OrchestrationContext } from 'durable-functions';
import {
  abandonGateway,
  quarantineEntry,
  readWrite,
  recordEntries,
  writeGateway,
  type ApplyGatewayInput,
  type WriteOutcome,
} from '../contracts/apply-gateway.ts';
import { nextLookSeconds } from '../domain/poll-pacing.ts';
import { callActivity, waitSeconds, type Steps } from './call-activity.ts';

/** Looks and writes before a gateway counts as not to be brought to rest; the next sweep begins again. */
const turnsMax = 200;
/** Azure fails a write for reasons of its own far more often than for an entry: that many times it counts as one. */
const failuresMax = 3;
const afterFailureSeconds = 15;

interface Refused {
  readonly keys: readonly string[];
  readonly code: string;
  readonly message: string;
}

type WriteEnd =
  | { readonly end: 'equal'; readonly desired: number }
  | { readonly end: 'refused'; readonly refused: Refused }
  | { readonly end: 'stop' };

/**
 * Brings a gateway's entries to what is wanted: read, merge, write once, wait, compare, until nothing differs.
 *
 * Azure refuses a whole body for one bad entry. A refused set of changes is therefore split, revocations before roots and then
 * in halves, until the culprit stands alone and is set aside; everything else gets through. Answers whether sessions have to
 * be looked at, or undefined when this instance has nothing to say about the gateway any more.
 */
export function* convergeGateway(
  context: OrchestrationContext,
  input: ApplyGatewayInput,
): Steps<{ readonly sessionsToSee: boolean } | undefined> {
  const writeSeconds: number[] = [];
  const sets: (readonly string[] | undefined)[] = [undefined];
  for (;;) {
    const only = sets.pop();
    const result = yield* writeSet(context, input, only, writeSeconds);
    if (result.end === 'stop') return undefined;
    if (result.end === 'refused') {
      sets.push(...(yield* divide(context, input, result.refused)));
    } else if (sets.length === 0 && only === undefined) {
      return yield* record(context, { ...input, desired: result.desired, writeSeconds });
    }
    // The last word is always a look at everything: a set that got through says nothing about the rest.
    if (sets.length === 0) sets.push(undefined);
  }
}

/** Writes until the set is on the gateway, or Azure has refused it. A write that Azure took and then failed is made again. */
function* writeSet(
  context: OrchestrationContext,
  input: ApplyGatewayInput,
  only: readonly string[] | undefined,
  writeSeconds: number[],
): Steps<WriteEnd> {
  let keys = only ?? [];
  let failures = 0;
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const write: WriteOutcome = yield* callActivity(
      context,
      writeGateway,
      only === undefined ? input : { ...input, only },
    );
    switch (write.outcome) {
      case 'equal':
        return { end: 'equal', desired: write.desired };
      case 'wait':
        yield* waitSeconds(context, write.seconds);
        break;
      case 'refused':
        return { end: 'refused', refused: write };
      case 'written': {
        const failure = yield* awaitWrite(context, input.gatewayId, write, writeSeconds);
        // What the first write brought is in the gateway's body by now, so a repetition has no changes of its own.
        if (write.keys.length > 0) keys = write.keys;
        if (failure === undefined) break;
        failures += 1;
        if (failures >= failuresMax) return { end: 'refused', refused: { ...failure, keys } };
        yield* waitSeconds(context, afterFailureSeconds);
        break;
      }
      case 'gone':
        yield* callActivity(context, abandonGateway, input);
        return { end: 'stop' };
      case 'superseded':
        return { end: 'stop' };
    }
  }
  throw new Error(`Gateway ${input.gatewayId} did not come to rest in ${turnsMax} looks.`);
}

function* awaitWrite(
  context: OrchestrationContext,
  gatewayId: string,
  write: { readonly seconds: number; readonly operationUrl: string | null },
  writeSeconds: number[],
): Steps<{ readonly code: string; readonly message: string } | undefined> {
  const begun = context.df.currentUtcDateTime.getTime();
  for (let looks = 0; ; looks += 1) {
    yield* waitSeconds(context, nextLookSeconds(write.seconds, looks));
    const read = yield* callActivity(context, readWrite, { gatewayId, operationUrl: write.operationUrl });
    if (read.outcome === 'updating') continue;
    writeSeconds.push(Math.round((context.df.currentUtcDateTime.getTime() - begun) / 1000));
    return read.outcome === 'failed' ? read : undefined;
  }
}

/** Notes what the gateway shows, as soon as it can be read again. */
function* record(
  context: OrchestrationContext,
  input: ApplyGatewayInput & { readonly desired: number; readonly writeSeconds: readonly number[] },
): Steps<{ readonly sessionsToSee: boolean }> {
  for (;;) {
    const seen = yield* callActivity(context, recordEntries, input);
    if (seen.outcome === 'recorded') return seen;
    yield* waitSeconds(context, seen.seconds);
  }
}

/** The sets to try next, the most urgent last, since it is taken first. A set of one is the culprit. */
function* divide(
  context: OrchestrationContext,
  { gatewayId }: ApplyGatewayInput,
  { keys, code, message }: Refused,
): Steps<readonly (readonly string[])[]> {
  const [first] = keys;
  if (first === undefined) throw new Error(`Azure refuses gateway ${gatewayId} as it stands: ${code} ${message}`);
  if (keys.length === 1) {
    yield* callActivity(context, quarantineEntry, { gatewayId, key: first, code, message });
    return [];
  }
  const revocations = keys.filter((key) => key.startsWith('revocation:'));
  const isMixed = revocations.length > 0 && revocations.length < keys.length;
  const middle = isMixed ? revocations.length : Math.ceil(keys.length / 2);
  const ordered = [...revocations, ...keys.filter((key) => !key.startsWith('revocation:'))];
  return [ordered.slice(middle), ordered.slice(0, middle)];
}
