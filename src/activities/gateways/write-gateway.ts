import type { WriteGatewayInput, WriteOutcome } from '../../contracts/gateways/apply-gateway.ts';
import { isNamedIn } from '../../domain/entry-refusals.ts';
import { asText, readEntries, type ThumbprintOfRoot } from '../../domain/gateway-entries.ts';
import {
  applyChanges,
  changeKey,
  changesFor,
  type EntryChange,
  heldChanges,
  withoutExpiredRoots,
} from '../../domain/gateway-merge.ts';
import type { JsonObject } from '../../domain/json.ts';
import { usesRadius, withRadiusSecrets } from '../../domain/radius-secrets.ts';
import type { Arm, ArmAnswer, ArmUndone } from '../../ports/arm.ts';
import type { Log } from '../../ports/log.ts';
import { closedUntil } from '../../services/gateways/change-windows.ts';
import { type DesiredState, readDesiredState } from '../../services/gateways/desired-entries.ts';
import type { GatewayPresence } from '../../services/gateways/gateway-presence.ts';
import type { NoteVanished } from '../../services/gateways/note-vanished.ts';
import { gatewayKeys, type GatewayRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { failureFrom } from './arm-failure.ts';
import { isAtWork, provisioningOf } from './arm-outcomes.ts';

export interface WriteGatewayOptions {
  readonly arm: Arm;
  readonly stores: Stores;
  readonly log: Log;
  readonly now: () => Date;
  readonly noteVanished: NoteVanished;
  readonly presence: Pick<GatewayPresence, 'noteReturn'>;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
  /** Whether a root entry's certificate is past its last day; undefined for one that cannot be read. */
  readonly isExpiredRoot: (publicCertData: string, now: Date) => boolean | undefined;
}

const usualLookSeconds = 10;

/**
 * Reads what is wanted and what is, and writes the whole resource once if they differ. Everything that others put into
 * the body stays in it. A gateway that Azure is working on is not written: what it is becoming may be what is wanted.
 * Whatever is seen of a gateway that was missing, or lacks what was in force on it, is noted first.
 */
export function createWriteGateway(options: WriteGatewayOptions): (input: WriteGatewayInput) => Promise<WriteOutcome> {
  const { arm, stores, log, now, thumbprintOfRoot } = options;

  /** RADIUS secrets are missing from every read, and a body without them deletes them. */
  async function completeBody(resourceId: string, body: JsonObject): Promise<ArmAnswer<JsonObject>> {
    if (!usesRadius(body)) return { outcome: 'done', value: body };
    const secrets = await arm.listRadiusSecrets(resourceId);
    return secrets.outcome === 'done' ? { outcome: 'done', value: withRadiusSecrets(body, secrets.value) } : secrets;
  }

  function bodyOf(current: JsonObject, changes: readonly EntryChange[], leftOut: readonly string[]): JsonObject {
    const merged = applyChanges(current, changes, thumbprintOfRoot);
    const isToDrop = ({ name, publicCertData }: { readonly name: string; readonly publicCertData: string }): boolean =>
      options.isExpiredRoot(publicCertData, now()) ?? leftOut.includes(name);
    return withoutExpiredRoots(merged, isToDrop).body;
  }

  async function write(
    { id, resourceId, desired: count }: GatewayRecord,
    current: JsonObject,
    { changes, leftOut, desired }: Write,
  ): Promise<WriteOutcome> {
    const complete = await completeBody(resourceId, bodyOf(current, changes, leftOut));
    if (complete.outcome !== 'done') return unwritten(complete, count);
    const put = await arm.putRaw(resourceId, complete.value, asText(current['etag']));
    log({ event: 'gateway.written', target: `gateways/${id}`, ...toldOf(put) });
    const keys = changes.filter(({ isUndo }) => !isUndo).map(({ key }) => key);
    if (put.outcome === 'done') {
      const seconds = put.retryAfterSeconds ?? usualLookSeconds;
      return { outcome: 'written', desired: count, keys, seconds, operationUrl: put.operationUrl ?? null };
    }
    if (put.outcome !== 'refused' || !put.aboutBody) return unwritten(put, count);
    const named = namedIn(put.message, current, desired, thumbprintOfRoot);
    return { outcome: 'refused', keys, desired: count, ...failureFrom(put), ...named };
  }

  return async ({ gatewayId, epoch, held = [], leftOut = [], force = false }) => {
    const record = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (record === undefined || record.writer?.epoch !== epoch) return { outcome: 'superseded' };
    const read = await arm.readRaw(record.resourceId);
    if (read.outcome === 'missing') return notThere(read, record);
    if (read.outcome !== 'done') return unwritten(read, record.desired);
    if (record.state === 'missing') await options.presence.noteReturn(gatewayId);
    const opensAt = closedUntil(record, now());
    const desired = await readDesiredState(gatewayId, read.value, {
      stores,
      now: now(),
      closedUntil: opensAt,
      thumbprintOfRoot,
    });
    await options.noteVanished(record, read.value, desired);
    const state = provisioningOf(read.value);
    if (isAtWork(state)) return atWork(state, record.desired);
    const heldKeys = new Set(held);
    const changes = changesFor(read.value, desired.entries, thumbprintOfRoot, heldKeys);
    // Azure keeps the body of a write that it ended badly, so that nothing differs: the same write again mends it.
    const isToMend = state === 'Failed' && record.applied !== record.desired && opensAt === undefined;
    if (changes.length === 0 && !isToMend && !force) {
      return {
        outcome: 'equal',
        desired: record.desired,
        held: heldChanges(read.value, desired.entries, thumbprintOfRoot, heldKeys),
      };
    }
    return write(record, read.value, { changes, leftOut, desired });
  };
}

interface Write {
  readonly changes: readonly EntryChange[];
  readonly leftOut: readonly string[];
  readonly desired: DesiredState;
}

/**
 * Which entries Azure's words name: ours as changes that may be at fault, others' only where the words call them
 * expired.
 */
export function namedIn(
  words: string,
  current: JsonObject,
  { entries }: DesiredState,
  thumbprintOfRoot: ThumbprintOfRoot,
): { readonly named: readonly string[]; readonly expired: readonly string[] } {
  const ours = new Set(entries.map(({ thumbprint }) => thumbprint));
  const named = entries.filter(
    ({ entryName, thumbprint, wasInForce }) => !wasInForce && isNamedIn(words, { name: entryName, thumbprint }),
  );
  const others = readEntries(current, 'root', thumbprintOfRoot).filter(
    ({ thumbprint }) => thumbprint === undefined || !ours.has(thumbprint),
  );
  const expired = /expired/i.test(words) ? others.filter((entry) => isNamedIn(words, { name: entry.name })) : [];
  return { named: named.map(changeKey), expired: expired.map(({ name }) => name) };
}

/** Only the gateway itself can be absent; where its group or subscription is not found, nothing was seen of it. */
function notThere(
  answer: Extract<ArmUndone, { outcome: 'missing' }>,
  { desired, state }: Pick<GatewayRecord, 'desired' | 'state'>,
): WriteOutcome {
  if (answer.of === 'resource') return { outcome: 'absent', desired, isKnown: state === 'missing' };
  return { outcome: 'failed', desired, ...failureFrom(answer) };
}

function atWork(state: string, desired: number): WriteOutcome {
  const message = `The gateway is ${state}.`;
  return { outcome: 'wait', desired, seconds: usualLookSeconds, isUnavailable: false, code: 'azureBusy', message };
}

function toldOf(put: ArmAnswer<unknown>): {
  readonly outcome: 'accepted' | 'refused' | 'notTaken';
  readonly code?: string;
} {
  if (put.outcome === 'done') return { outcome: 'accepted' };
  return { outcome: put.outcome === 'refused' ? 'refused' : 'notTaken', code: put.code };
}

function unwritten(answer: ArmUndone, desired: number): WriteOutcome {
  switch (answer.outcome) {
    case 'busy':
    case 'unavailable': {
      const isUnavailable = answer.outcome === 'unavailable';
      return { outcome: 'wait', desired, seconds: answer.retryAfterSeconds, isUnavailable, ...failureFrom(answer) };
    }
    case 'refused':
      return { outcome: 'failed', desired, ...failureFrom(answer) };
    case 'missing':
      return notThere(answer, { desired, state: 'ready' });
  }
}
