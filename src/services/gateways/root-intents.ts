import type { OperationKind } from '../../domain/operation-kinds.ts';
import { without } from '../../domain/without.ts';
import { rootKeys } from '../../stores/records/certificates.ts';
import { foreignEntryKind, type GatewayRoot, gatewayRootKind } from '../../stores/records/gateways.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import { supersede } from '../operations/supersede.ts';
import { createWriterHandover, type HandoverOptions, type RunRequest } from './writer-handover.ts';

/**
 * Records what the operation wants of its root, unless a crash came only after that, and hands it to the gateway's
 * single writer. Repeating it changes nothing.
 */
export type RunRoot = (operation: OperationRecord, request: RunRequest) => Promise<void>;

export function createRunRoot(options: HandoverOptions): RunRoot {
  const { stores, operations, now } = options;
  const { hand, isGatewayGone } = createWriterHandover(options);

  /** The row carries one request; an earlier one that has not ended gives way to it. */
  async function setRoot(row: GatewayRoot): Promise<void> {
    const before = (await stores.gatewayRoots.get(gatewayRootKind.keys(row)))?.record;
    await takePlace(row.operationId ?? '', row.gatewayId, before?.operationId);
    await stores.gatewayRoots.upsert(row);
  }

  /** Before the row is changed: no sweep looks at one that only waits for a window. */
  async function takePlace(laterId: string, gatewayId: string, before: string | undefined): Promise<void> {
    if (before === undefined || before === laterId) return;
    await supersede(operations, { operationId: before, name: gatewayId, laterId, now: now() });
  }

  /** Ends an operation that comes after a later one about the same root has been recorded; answers whether it has. */
  async function endIfSuperseded(operation: OperationRecord, recorded: string | undefined): Promise<boolean> {
    if (recorded === undefined || recorded === operation.id || !(await isLater(recorded, operation))) return false;
    await supersede(operations, {
      operationId: operation.id,
      name: operation.target,
      laterId: recorded,
      now: now(),
    });
    return true;
  }

  /** The row of what others have put there carries the request until the entry is gone. */
  async function runEntry(operation: OperationRecord, thumbprint: string, request: RunRequest): Promise<void> {
    const gatewayId = operation.target;
    const { urgency } = contextOf(operation);
    const keys = foreignEntryKind.keys({ gatewayId, kind: 'root', name: '', thumbprint, firstSeenAt: '' });
    const before = (await stores.foreignEntries.get(keys))?.record.removal?.operationId;
    if (await endIfSuperseded(operation, before)) return;
    await takePlace(operation.id, gatewayId, before);
    const asked = await stores.foreignEntries.update(keys, (entry) => ({
      ...entry,
      removal: { operationId: operation.id, ...(urgency === undefined ? {} : { urgency }) },
    }));
    if (asked === undefined || (await isGatewayGone(operation))) {
      const detail = `The entry is not on gateway ${gatewayId} any more; its sessions were not looked at.`;
      await operations.settleStep(operation.id, gatewayId, { status: 'succeeded', detail, now: now() });
      return;
    }
    await hand(operation, gatewayId, request);
  }

  async function runRoot(operation: OperationRecord, request: RunRequest): Promise<void> {
    const gatewayId = operation.target;
    const { rootId = '', entryName, thumbprint: others, urgency } = contextOf(operation);
    if (others !== undefined) {
      await runEntry(operation, others, request);
      return;
    }
    const row = (await stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: rootId }))?.record;
    const isGone = await isGatewayGone(operation);
    if (isGone || (row === undefined && entryName === undefined && isDistrust(operation))) {
      const problem = {
        code: 'ERR_NOT_FOUND',
        detail: `Gateway ${gatewayId} was removed, or the root was taken off it, before this was done.`,
      };
      await operations.settleStep(operation.id, gatewayId, { status: 'failed', now: now(), problem });
      return;
    }
    const needsRoot = row === undefined || !isDistrust(operation);
    const thumbprint = await thumbprintOf(rootId);
    if (needsRoot && thumbprint === undefined) {
      await refuseGone(operation, rootId);
      return;
    }
    if (row?.operationId !== operation.id) {
      if (await endIfSuperseded(operation, row?.operationId)) return;
      const asked = { operationId: operation.id, updatedAt: now().toISOString() };
      const fresh: GatewayRoot = {
        ...asked,
        gatewayId,
        rootId,
        entryName: entryName ?? rootId,
        thumbprint: thumbprint ?? '',
        wanted: true,
        state: 'requested',
        ...(row?.wanted === true && row.vanished !== undefined ? { vanished: row.vanished } : {}),
      };
      await stores.rootGateways.upsert({ rootId, gatewayId });
      await setRoot(
        isDistrust(operation)
          ? {
              // What is to go at once already goes at once.
              ...without(row ?? fresh, 'evidence', 'retryAt', 'refusedUnder', 'reason', 'startsAt', 'vanished'),
              ...asked,
              wanted: false,
              state: 'removing',
              ...(urgency === undefined ? {} : { urgency }),
            }
          : fresh,
      );
      // Whoever removes the root marks it, then looks for rows: one of the two sees the other.
      if (needsRoot && (await thumbprintOf(rootId)) === undefined) {
        await refuseGone(operation, rootId);
        return;
      }
    }
    await hand(operation, gatewayId, request);
  }

  /** Undefined of a root that is gone, or on its way out. */
  async function thumbprintOf(rootId: string): Promise<string | undefined> {
    const root = (await stores.roots.get(rootKeys(rootId)))?.record;
    return root?.certificate === undefined ? undefined : root.thumbprint;
  }

  /**
   * Takes back what this operation has written of a root that was removed meanwhile: nobody could ever bring it about.
   */
  async function refuseGone(operation: OperationRecord, rootId: string): Promise<void> {
    const gatewayId = operation.target;
    const written = await stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: rootId });
    if (written?.record.operationId === operation.id) await stores.gatewayRoots.remove(written.record, written.etag);
    const problem = { code: 'ERR_NOT_FOUND', detail: `Root ${rootId} was removed before this was done.` };
    await operations.settleStep(operation.id, gatewayId, { status: 'failed', now: now(), problem });
  }

  async function isLater(operationId: string, than: OperationRecord): Promise<boolean> {
    const other = await operations.get(operationId);
    return other !== undefined && Date.parse(other.createdAt) > Date.parse(than.createdAt);
  }

  return runRoot;
}

function isDistrust({ kind }: OperationRecord): boolean {
  return kind === ('distrustRoot' satisfies OperationKind);
}

interface RootContext {
  readonly rootId?: string;
  /** Of a root that is to be taken off: its name where others have put it there, so that no row may tell of it yet. */
  readonly entryName?: string;
  /** Of an entry that others have put on the gateway. */
  readonly thumbprint?: string;
  /** Of what is to be taken off without waiting for the change window. */
  readonly urgency?: 'immediate';
}

function contextOf(operation: OperationRecord): RootContext {
  return operation.context ?? {};
}
