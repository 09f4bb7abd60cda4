import type { OnPremisesEnd } from '../../contracts/on-premises/on-premises.ts';
import { isCarriedBy, type KindCarriedBy } from '../../domain/operation-kinds.ts';
import type { Secrets } from '../../ports/secrets.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { connectorKeys, type ConnectorRecord, stackKeys, type StackRecord } from '../../stores/records/on-premises.ts';
import type { OperationRecord } from '../operations/operation-record.ts';

/**
 * Writes into the target's record that a procedure on it has ended, and how; nothing where the target is another
 * procedure's by now. Safe to repeat.
 */
export type SettleTarget = (operation: OperationRecord, status: OnPremisesEnd['status']) => Promise<void>;

export function createSettleTarget({
  stores,
  secrets,
  withdraw,
  now,
}: {
  readonly stores: OnPremisesStores;
  readonly secrets: Pick<Secrets, 'remove'>;
  /** Ends the links to what a stack handed out. */
  readonly withdraw: (stackId: string) => Promise<void>;
  readonly now: () => Date;
}): SettleTarget {
  const at = (): string => now().toISOString();

  async function settleAccess(
    { id, target }: OperationRecord,
    state: NonNullable<StackRecord['vpnAccess']>['state'],
  ): Promise<void> {
    await stores.stacks.update(stackKeys(target), (stack) =>
      stack.vpnAccess?.operationId !== id
        ? undefined
        : { ...stack, vpnAccess: { ...stack.vpnAccess, state }, updatedAt: at() },
    );
  }

  async function closeAccess({ id, target: stackId }: OperationRecord): Promise<void> {
    if ((await stores.stacks.get(stackKeys(stackId)))?.record.vpnAccess?.operationId !== id) return;
    await withdraw(stackId);
    for (const { record } of await stores.vpnUsers.list(stackId)) {
      if (record.isPasswordOurs) await secrets.remove({ use: 'vpnPassword', name: record.passwordSecret });
      await stores.vpnUsers.remove(record);
    }
    await stores.stacks.update(stackKeys(stackId), (stack) => {
      const { vpnAccess, ...rest } = stack;
      if (vpnAccess?.operationId !== id) return undefined;
      const { keyVersion: _version, serverAddress: _address, ...kept } = vpnAccess;
      return { ...rest, vpnAccess: { ...kept, state: 'closed' }, updatedAt: at() };
    });
  }

  async function settleUser(operation: OperationRecord): Promise<void> {
    for (const { record } of await stores.vpnUsers.list(operation.target)) {
      if (record.operationId !== operation.id || record.state !== 'removed') continue;
      if (record.isPasswordOurs) await secrets.remove({ use: 'vpnPassword', name: record.passwordSecret });
      await stores.vpnUsers.remove(record);
    }
  }

  async function settleConnector(
    id: string,
    change: (record: ConnectorRecord) => Partial<ConnectorRecord> | undefined,
  ): Promise<void> {
    await stores.connectors.update(connectorKeys(id), (record) => {
      const changed = change(record);
      return changed === undefined ? undefined : { ...record, ...changed, updatedAt: at() };
    });
  }

  /** For what changes a connector: the end of an earlier procedure says nothing of what a later one made. */
  async function settleOwn({ id, target }: OperationRecord, state: ConnectorRecord['state']): Promise<void> {
    await settleConnector(target, ({ operationId }) => (operationId === id ? { state } : undefined));
  }

  async function forgetConnector(operation: OperationRecord): Promise<void> {
    const record = (await stores.connectors.get(connectorKeys(operation.target)))?.record;
    if (record?.operationId !== operation.id) return;
    for (const { secretName } of record.files) await secrets.remove({ use: 'dataFile', name: secretName });
    await stores.stacks.update(stackKeys(record.request.stackId), (stack) => {
      const { connectorId, ...rest } = stack;
      return connectorId === record.id ? { ...rest, multiCloudOffAt: at(), updatedAt: at() } : undefined;
    });
    await stores.connectors.remove(record);
  }

  const settlers: Readonly<Record<KindCarriedBy<'procedures'>, SettleTarget>> = {
    // A look at a machine leaves nothing behind.
    checkMachine: () => Promise.resolve(),
    openVpnAccess: (operation, status) => settleAccess(operation, status === 'succeeded' ? 'open' : 'failed'),
    closeVpnAccess: (operation, status) =>
      status === 'succeeded' ? closeAccess(operation) : settleAccess(operation, 'failed'),
    setVpnUser: async (operation, status) => {
      if (status === 'succeeded') await settleUser(operation);
    },
    connectClouds: (operation, status) => settleOwn(operation, status === 'succeeded' ? 'connected' : 'failed'),
    disconnectClouds: (operation, status) =>
      status === 'succeeded' ? forgetConnector(operation) : settleOwn(operation, 'failed'),
    verifyConnector: ({ id, target }, status) => {
      const isDone = status === 'succeeded';
      return settleConnector(target, ({ state }) => ({
        state: isDone || state === 'verifying' ? 'connected' : state,
        ...(status === 'canceled' ? {} : { lastVerified: { at: at(), ok: isDone, operationId: id } }),
      }));
    },
  };

  return async (operation, status) => {
    const { kind } = operation;
    if (!isCarriedBy(kind, 'procedures')) throw new Error(`No procedure is of kind ${kind}.`);
    await settlers[kind](operation, status);
  };
}
