import { applyGatewayName, type WriteFailure } from '../../contracts/gateways/apply-gateway.ts';
import { without } from '../../domain/without.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { gatewayKeys, type GatewayRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { mayStillComeForward } from '../operations/sign-of-life.ts';

export interface WriterClaim {
  readonly instanceId: string;
  readonly epoch: number;
}

/** Sessions have been looked at, roots compared: a gateway that nobody asked about is looked at this often. */
export const checkIntervalMs = 60 * 60 * 1000;

function applyInstanceId(gatewayId: string, epoch: number): string {
  return `apply-${gatewayId}-${epoch}`;
}

/** What a change of intent adds to the record, besides the count. */
export type IntentChange = (record: GatewayRecord) => GatewayRecord;

/**
 * The lock on a gateway is its row. Recording an intent and taking a free lock are one etag-guarded write, and the lock
 * is given back only in a write that sees nothing wanted: so no wake-up is lost, whoever dies when.
 */
export interface GatewayWriter {
  /**
   * Raises `desired`; if nobody writes the gateway, claims it and starts the writer. Undefined when there is no such
   * gateway.
   */
  recordIntent(
    orchestrations: Orchestrations,
    gatewayId: string,
    change?: IntentChange,
  ): Promise<GatewayRecord | undefined>;
  /**
   * Starts a writer to look at the gateway, if none is there. Changes no intent; keeps who changed the gateway, if that
   * is known.
   */
  wake(orchestrations: Orchestrations, gatewayId: string, change?: GatewayRecord['lastForeignChange']): Promise<void>;
  /** True if this epoch still holds the gateway. */
  holds(gatewayId: string, epoch: number): Promise<boolean>;
  /** Gives the gateway back if all that is wanted has been done; false when the writer has to go on. */
  release(gatewayId: string, epoch: number): Promise<boolean>;
  /** Keeps with the gateway why it is not as wanted, and when it is tried again if it is given back so. */
  noteFailure(gatewayId: string, epoch: number, failure: WriteFailure): Promise<void>;
  /**
   * Gives the gateway back though it is not as wanted; false when more is wanted than the `desired` that was tried, so
   * that the writer has to go on.
   */
  pause(gatewayId: string, epoch: number, desired: number): Promise<boolean>;
  /** Ends this epoch whatever is wanted; if something is, answers the next writer, already in possession. */
  handOver(gatewayId: string, epoch: number, change: IntentChange): Promise<WriterClaim | undefined>;
  /** A writer whose instance has died is replaced by the next epoch. */
  replaceDead(orchestrations: Orchestrations, record: GatewayRecord): Promise<boolean>;
}

export function createGatewayWriter(options: { readonly stores: Stores; readonly now: () => Date }): GatewayWriter {
  const { gateways } = options.stores;
  const at = (): string => options.now().toISOString();

  function claimed(record: GatewayRecord): GatewayRecord {
    const epoch = record.epoch + 1;
    return { ...record, epoch, writer: { instanceId: applyInstanceId(record.id, epoch), epoch } };
  }

  async function start(orchestrations: Orchestrations, { id, epoch }: GatewayRecord): Promise<void> {
    await orchestrations.start(applyGatewayName, applyInstanceId(id, epoch), { gatewayId: id, epoch });
  }

  async function claimIfFree(
    orchestrations: Orchestrations,
    gatewayId: string,
    change: IntentChange,
  ): Promise<GatewayRecord | undefined> {
    const record = await gateways.update(gatewayKeys(gatewayId), (current) => {
      if (current.state === 'removed') return undefined;
      const wished = change(current);
      // Somebody writes already and nothing more is wanted: an event that only wakes leaves the row alone.
      if (current.writer !== undefined && wished === current) return undefined;
      const changed = { ...wished, updatedAt: at() };
      return current.writer === undefined ? claimed(changed) : changed;
    });
    // Also when the claim is an older one: whoever took it may have died before it could start the instance.
    if (record !== undefined && isApplying(record)) await start(orchestrations, record);
    return record;
  }

  return {
    recordIntent: (orchestrations, gatewayId, change = (record) => record) =>
      claimIfFree(orchestrations, gatewayId, (record) => change({ ...record, desired: record.desired + 1 })),

    wake: async (orchestrations, gatewayId, change) => {
      await claimIfFree(orchestrations, gatewayId, (record) =>
        change === undefined ? record : withForeignChange(record, change),
      );
    },

    holds: async (gatewayId, epoch) => (await gateways.get(gatewayKeys(gatewayId)))?.record.writer?.epoch === epoch,

    release: async (gatewayId, epoch) => {
      const record = await gateways.update(gatewayKeys(gatewayId), (current) => {
        if (current.writer?.epoch !== epoch || isMoreWanted(current)) return undefined;
        const { writer: _released, ...rest } = current;
        return { ...rest, updatedAt: at() };
      });
      return record?.writer?.epoch !== epoch;
    },

    noteFailure: async (gatewayId, epoch, failure) => {
      await gateways.update(gatewayKeys(gatewayId), (current) => {
        if (current.writer?.epoch !== epoch) return undefined;
        const writeFailure = afterFailure(current.writeFailure, failure, options.now());
        return { ...current, writeFailure, updatedAt: at() };
      });
    },

    pause: async (gatewayId, epoch, desired) => {
      const record = await gateways.update(gatewayKeys(gatewayId), (current) => {
        if (current.writer?.epoch !== epoch || current.desired > desired) return undefined;
        return { ...without(current, 'writer'), updatedAt: at() };
      });
      return record?.writer?.epoch !== epoch;
    },

    handOver: async (gatewayId, epoch, change) => {
      let next: WriterClaim | undefined;
      await gateways.update(gatewayKeys(gatewayId), (current) => {
        next = undefined;
        if (current.writer?.epoch !== epoch) return undefined;
        const { writer: _released, ...rest } = current;
        const changed: GatewayRecord = { ...change(rest), updatedAt: at() };
        if (changed.state !== 'ready' || !isMoreWanted(changed)) return changed;
        const handed = claimed(changed);
        next = handed.writer;
        return handed;
      });
      return next;
    },

    replaceDead: async (orchestrations, record) => {
      if (record.writer === undefined) return false;
      const state = await orchestrations.state(record.writer.instanceId);
      if (state === 'live' || (state === 'absent' && mayStillComeForward(record.updatedAt, options.now()))) {
        return false;
      }
      const { epoch } = record;
      const replaced = await gateways.update(gatewayKeys(record.id), (current) =>
        current.epoch === epoch && current.writer !== undefined ? claimed(current) : undefined,
      );
      if (replaced?.epoch !== epoch + 1) return false;
      await start(orchestrations, replaced);
      return true;
    },
  };
}

/** Whoever writes the gateway now may have looked at it before the change: a further intent makes it look again. */
function withForeignChange(
  record: GatewayRecord,
  lastForeignChange: NonNullable<GatewayRecord['lastForeignChange']>,
): GatewayRecord {
  const desired = record.desired + (record.writer === undefined ? 0 : 1);
  return { ...record, desired, lastForeignChange };
}

/** The first tries follow soon, later ones at most half an hour apart: somebody waits to be out. */
const backOffMaxMs = 30 * 60 * 1000;

function afterFailure(
  before: GatewayRecord['writeFailure'],
  failure: WriteFailure,
  now: Date,
): NonNullable<GatewayRecord['writeFailure']> {
  const attempts = (before?.attempts ?? 0) + 1;
  const backOffMs = Math.min(backOffMaxMs, 60_000 * 2 ** (attempts - 1));
  return {
    ...failure,
    since: before?.since ?? now.toISOString(),
    attempts,
    nextTryAt: new Date(now.getTime() + backOffMs).toISOString(),
  };
}

/** True while the single writer holds the gateway, and not an operation of the whole gateway. */
export function isApplying({ id, epoch, writer }: GatewayRecord): boolean {
  return writer?.instanceId === applyInstanceId(id, epoch);
}

export function isMoreWanted(record: GatewayRecord): boolean {
  return record.desired !== record.applied || record.profileWanted !== record.profileMade;
}
