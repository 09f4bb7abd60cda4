import type { ApplyGatewayInput, WriteOutcome } from '../contracts/apply-gateway.ts';
import type { Books } from '../desk/books.ts';
import { readDesiredState } from '../desk/desired-entries.ts';
import { gatewayKeys, type GatewayRecord } from '../desk/records/gateways.ts';
import { asText, type ThumbprintOfRoot } from '../domain/gateway-entries.ts';
import { applyChanges, changesFor, withoutExpiredRoots, type EntryChange } from '../domain/gateway-merge.ts';
import type { JsonObject } from '../domain/json.ts';
import { usesRadius, withRadiusSecrets } from '../domain/radius-secrets.ts';
import type { Arm, ArmAnswer, ArmUndone } from '../ports/arm.ts';
import { isAtWork, provisioningOf } from './ensure-resource.ts';

export interface WriteGatewayOptions {
  readonly arm: Arm;
  readonly books: Books;
  readonly now: () => Date;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
  /** True for a root entry whose certificate's last day has passed; false for one that cannot be read. */
  readonly isExpiredRoot: (publicCertData: string, now: Date) => boolean;
}

type WriteGateway = (input: ApplyGatewayInput & { readonly only?: readonly string[] }) => Promise<WriteOutcome>;

const usualLookSeconds = 10;

/**
 * Reads what is wanted and what is, merges, and writes the whole resource once if they differ. Everything that others put into
 * the body stays in it. A gateway that Azure is working on is not written: what it is becoming may be what is wanted.
 */
export function createWriteGateway(options: WriteGatewayOptions): WriteGateway {
  const { arm, books, now } = options;

  /** RADIUS secrets are missing from every read, and a body without them deletes them. */
  async function completeBody(resourceId: string, body: JsonObject): Promise<ArmAnswer<JsonObject>> {
    if (!usesRadius(body)) return { outcome: 'done', value: body };
    const secrets = await arm.listRadiusSecrets(resourceId);
    return secrets.outcome === 'done' ? { outcome: 'done', value: withRadiusSecrets(body, secrets.value) } : secrets;
  }

  async function write(
    record: GatewayRecord,
    current: JsonObject,
    changes: readonly EntryChange[],
  ): Promise<WriteOutcome> {
    const keys = changes.map(({ key }) => key);
    const merged = applyChanges(current, changes, options.thumbprintOfRoot);
    const { body } = withoutExpiredRoots(merged, (data) => options.isExpiredRoot(data, now()));
    const complete = await completeBody(record.resourceId, body);
    if (complete.outcome !== 'done') return unwritten(complete, keys);
    const put = await arm.putRaw(record.resourceId, complete.value, asText(current['etag']));
    if (put.outcome !== 'done') return unwritten(put, keys);
    return {
      outcome: 'written',
      keys,
      seconds: put.retryAfterSeconds ?? usualLookSeconds,
      operationUrl: put.operationUrl ?? null,
    };
  }

  return async ({ gatewayId, epoch, only }) => {
    const record = (await books.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (record === undefined || record.writer?.epoch !== epoch) return { outcome: 'superseded' };
    const desired = await readDesiredState(books, gatewayId, now());
    const read = await arm.readRaw(record.resourceId);
    if (read.outcome === 'missing') return { outcome: 'gone' };
    if (read.outcome !== 'done') return unwritten(read, []);
    const state = provisioningOf(read.value);
    if (isAtWork(state)) return { outcome: 'wait', seconds: usualLookSeconds, reason: `gateway is ${state}` };
    const changes = changesFor(read.value, desired.entries, options.thumbprintOfRoot).filter(
      ({ key }) => only === undefined || only.includes(key),
    );
    // Azure keeps the body of a write that it ended badly, so that nothing differs: the same write again mends it.
    const isToMend = state === 'Failed' && record.applied !== record.desired;
    if (changes.length === 0 && !isToMend) return { outcome: 'equal', desired: record.desired };
    return write(record, read.value, changes);
  };
}

function unwritten(answer: ArmUndone, keys: readonly string[]): WriteOutcome {
  switch (answer.outcome) {
    case 'busy':
    case 'unavailable':
      return { outcome: 'wait', seconds: answer.retryAfterSeconds, reason: answer.code };
    case 'refused':
      return { outcome: 'refused', code: answer.code, message: answer.message, keys };
    case 'missing':
      return { outcome: 'gone' };
  }
}
