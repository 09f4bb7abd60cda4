import type { OperationKind } from '../../domain/operation-kinds.ts';
import { without } from '../../domain/without.ts';
import { rootKeys } from '../../stores/records/certificates.ts';
import { foreignEntryKind, gatewayKeys, type GatewayRoot, gatewayRootKind } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import { supersede } from '../operations/supersede.ts';
import type { GatewayWriter, IntentChange } from './gateway-writer.ts';

type RunRequest = Pick<IntentRequest, 'orchestrations'>;

export interface IntentRuns {
  /** Records what the operation wants of its root, unless a crash came only after that, and hands it to the writer. */
  readonly runRoot: (operation: OperationRecord, request: RunRequest) => Promise<void>;
  /**
   * Goes on with a profile request; one whose gateway was removed meanwhile ends, because nobody will ever serve it.
   */
  readonly runProfile: (operation: OperationRecord, request: RunRequest) => Promise<void>;
  /** Another package is wanted; a request that was counted already is not counted again. */
  readonly countProfile: (operation: OperationRecord, gatewayId: string, request: RunRequest) => Promise<void>;
}

/**
 * What is wanted of roots and profiles, recorded and handed to the gateway's single writer. Repeating it changes
 * nothing.
 */
export function createIntentRuns({
  stores,
  operations,
  writer,
  now,
}: {
  readonly stores: Stores;
  readonly operations: Operations;
  readonly writer: GatewayWriter;
  readonly now: () => Date;
}): IntentRuns {
  const at = (): string => now().toISOString();

  /** From here on it is the writer's: it may be at work already, or wait for its turn. */
  async function hand(
    operation: OperationRecord,
    gatewayId: string,
    request: RunRequest,
    change?: IntentChange,
  ): Promise<void> {
    await operations.setStep(operation.id, gatewayId, { status: 'running', now: now() });
    await writer.recordIntent(request.orchestrations, gatewayId, change);
  }

  /** The row carries one request; an earlier one that has not ended gives way to it. */
  async function setRoot(row: GatewayRoot): Promise<void> {
    const before = (await stores.gatewayRoots.get(gatewayRootKind.keys(row)))?.record;
    await stores.gatewayRoots.upsert(row);
    if (before?.operationId === undefined || before.operationId === row.operationId) return;
    await supersede(operations, {
      operationId: before.operationId,
      name: row.gatewayId,
      laterId: row.operationId ?? '',
      now: now(),
    });
  }

  async function countProfile(operation: OperationRecord, gatewayId: string, request: RunRequest): Promise<void> {
    const asked = (await stores.profileRequests.get({ partitionKey: gatewayId, rowKey: operation.id }))?.record;
    await hand(operation, gatewayId, request, (record) =>
      asked === undefined || record.profileWanted >= asked.number
        ? record
        : { ...record, profileWanted: record.profileWanted + 1 },
    );
  }

  /** Whether the gateway that this was wanted of is gone: one that was made since under the same id is another. */
  async function isGatewayGone({ target, createdAt }: OperationRecord): Promise<boolean> {
    const gateway = (await stores.gateways.get(gatewayKeys(target)))?.record;
    return gateway === undefined || gateway.createdAt > createdAt;
  }

  async function runProfile(operation: OperationRecord, request: RunRequest): Promise<void> {
    const gatewayId = operation.target;
    if (!(await isGatewayGone(operation))) {
      await countProfile(operation, gatewayId, request);
      return;
    }
    const problem = { code: 'ERR_NOT_FOUND', detail: `Gateway ${gatewayId} was removed before it had a profile.` };
    await operations.settleStep(operation.id, gatewayId, { status: 'failed', now: now(), problem });
    const asked = (await stores.profileRequests.get({ partitionKey: gatewayId, rowKey: operation.id }))?.record;
    if (asked !== undefined) await stores.profileRequests.remove(asked);
  }

  /** The row of what others have put there carries the request until the entry is gone. */
  async function runEntry(operation: OperationRecord, thumbprint: string, request: RunRequest): Promise<void> {
    const gatewayId = operation.target;
    const keys = foreignEntryKind.keys({ gatewayId, kind: 'root', name: '', thumbprint, firstSeenAt: '' });
    const asked = await stores.foreignEntries.update(keys, (entry) => ({
      ...entry,
      removal: { operationId: operation.id },
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
    const { rootId = '', entryName, thumbprint: others } = contextOf(operation);
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
      if (row?.operationId !== undefined && (await isLater(row.operationId, operation))) {
        await supersede(operations, {
          operationId: operation.id,
          name: gatewayId,
          laterId: row.operationId ?? '',
          now: now(),
        });
        return;
      }
      const asked = { operationId: operation.id, updatedAt: at() };
      const fresh: GatewayRoot = {
        ...asked,
        gatewayId,
        rootId,
        entryName: entryName ?? rootId,
        thumbprint: thumbprint ?? '',
        wanted: true,
        state: 'requested',
      };
      await stores.rootGateways.upsert({ rootId, gatewayId });
      await setRoot(
        isDistrust(operation)
          ? {
              ...without(row ?? fresh, 'evidence', 'retryAt', 'refusedUnder', 'reason'),
              ...asked,
              wanted: false,
              state: 'removing',
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

  return { runRoot, runProfile, countProfile };
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
}

function contextOf(operation: OperationRecord): RootContext {
  return operation.context ?? {};
}
