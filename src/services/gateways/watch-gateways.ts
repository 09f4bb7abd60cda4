import type { Orchestrations } from '../../ports/orchestrations.ts';
import { gatewayPartition, type GatewayRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Audit } from '../requests/audit.ts';
import { noteOwnAct } from '../requests/own-acts.ts';
import { checkIntervalMs, type GatewayWriter, isMoreWanted } from './gateway-writer.ts';

export interface WatchGatewaysOptions {
  readonly stores: Stores;
  readonly writer: GatewayWriter;
  readonly orchestrations: Orchestrations;
  readonly audit: Pick<Audit, 'write'>;
  readonly now: () => Date;
}

/**
 * Finds gateways that were left behind: wanted and not applied, due for another try or a look at their sessions, with
 * changes that waited for a window which has opened, not compared for an hour, missing from Azure, or held by a writer
 * that has died. Answers how many it set in motion.
 */
export async function watchGateways(options: WatchGatewaysOptions): Promise<number> {
  const { stores, writer, orchestrations, now } = options;
  let woken = 0;
  for (const { record } of await stores.gateways.list(gatewayPartition)) {
    if (record.state === 'building' || record.state === 'removed') continue;
    if (record.writer !== undefined) {
      if (!(await writer.replaceDead(orchestrations, record))) continue;
      woken += 1;
      const target = { gatewayId: record.id, instanceId: record.writer.instanceId };
      await noteOwnAct(options, { action: 'watch.writerReplaced', target });
    } else if (isDue(record, now()) || (await isRevocationLeft(stores, record))) {
      await writer.wake(orchestrations, record.id);
      woken += 1;
    }
  }
  return woken;
}

function isDue(record: GatewayRecord, now: Date): boolean {
  const isPast = (time: string | undefined): boolean => time !== undefined && Date.parse(time) <= now.getTime();
  if (isPast(record.lookAt)) return true;
  // Entries are tried with the write, so they wait as long as it does.
  if (record.writeFailure !== undefined) return isPast(record.writeFailure.nextTryAt);
  if (isPast(record.retryAt) || isPast(record.deferredUntil)) return true;
  // What a failed build has not reached is its operation's to resume, not the writer's to bring.
  if (record.state === 'failed') return isThere(record) && isLongUnseen(record, now);
  return isMoreWanted(record) || isLongUnseen(record, now);
}

/** A revocation that came while a build was failing: its gateway may be there and open. */
async function isRevocationLeft(stores: Stores, { id, state, desired, applied }: GatewayRecord): Promise<boolean> {
  if (state !== 'failed' || desired === applied) return false;
  const rows = await stores.gatewayRevocations.list(id);
  return rows.some(({ record }) => record.state === 'requested' || record.state === 'reinstating');
}

function isThere({ observed }: GatewayRecord): boolean {
  return observed !== undefined && observed.provisioningState !== 'Missing';
}

function isLongUnseen(record: GatewayRecord, now: Date): boolean {
  const checkedAt = record.observed?.checkedAt;
  return checkedAt === undefined || now.getTime() - Date.parse(checkedAt) >= checkIntervalMs;
}
