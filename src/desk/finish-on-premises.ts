import { connectCloudsName, disconnectCloudsName, verifyConnectorName } from '../contracts/connectors.ts';
import type { OnPremisesEnd } from '../contracts/on-premises.ts';
import { closeVpnAccessName, openVpnAccessName, setVpnUserName } from '../contracts/vpn-access.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { OnPremisesBooks } from './on-premises-books.ts';
import type { OperationRecord } from './operation-record.ts';
import { connectorKeys, stackKeys, type ConnectorRecord, type StackRecord } from './records/on-premises.ts';

/** Writes into the target's record that a story on it has ended, and how. Safe to repeat. */
export type SettleTarget = (operation: OperationRecord, status: OnPremisesEnd['status']) => Promise<void>;

export function createSettleTarget({
  books,
  secrets,
  withdraw,
  now,
}: {
  readonly books: OnPremisesBooks;
  readonly secrets: Pick<Secrets, 'remove'>;
  /** Ends the links to what a stack handed out. */
  readonly withdraw: (stackId: string) => Promise<void>;
  readonly now: () => Date;
}): SettleTarget {
  const at = (): string => now().toISOString();

  async function settleAccess(stackId: string, state: NonNullable<StackRecord['vpnAccess']>['state']): Promise<void> {
    await books.stacks.update(stackKeys(stackId), (stack) =>
      stack.vpnAccess === undefined
        ? undefined
        : { ...stack, vpnAccess: { ...stack.vpnAccess, state }, updatedAt: at() },
    );
  }

  async function closeAccess(stackId: string): Promise<void> {
    await withdraw(stackId);
    for (const { record } of await books.vpnUsers.list(stackId)) {
      if (record.isPasswordOurs) await secrets.remove({ use: 'vpnPassword', name: record.passwordSecret });
      await books.vpnUsers.remove(record);
    }
    await books.stacks.update(stackKeys(stackId), (stack) => {
      const { vpnAccess, ...rest } = stack;
      if (vpnAccess === undefined) return undefined;
      const { keyVersion: _version, serverAddress: _address, ...kept } = vpnAccess;
      return { ...rest, vpnAccess: { ...kept, state: 'closed' }, updatedAt: at() };
    });
  }

  async function settleUser(operation: OperationRecord): Promise<void> {
    for (const { record } of await books.vpnUsers.list(operation.target)) {
      if (record.operationId !== operation.id || record.state !== 'removed') continue;
      if (record.isPasswordOurs) await secrets.remove({ use: 'vpnPassword', name: record.passwordSecret });
      await books.vpnUsers.remove(record);
    }
  }

  async function settleConnector(
    id: string,
    change: (record: ConnectorRecord) => Partial<ConnectorRecord>,
  ): Promise<void> {
    await books.connectors.update(connectorKeys(id), (record) => ({ ...record, ...change(record), updatedAt: at() }));
  }

  async function forgetConnector(id: string): Promise<void> {
    const record = (await books.connectors.get(connectorKeys(id)))?.record;
    if (record === undefined) return;
    for (const { secretName } of record.files) await secrets.remove({ use: 'dataFile', name: secretName });
    await books.stacks.update(stackKeys(record.request.stackId), ({ connectorId: _connector, ...stack }) => ({
      ...stack,
      multiCloudOffAt: at(),
      updatedAt: at(),
    }));
    await books.connectors.remove(record);
  }

  return async (operation, status) => {
    const { kind, target, id } = operation;
    const isDone = status === 'succeeded';
    switch (kind) {
      case openVpnAccessName:
        await settleAccess(target, isDone ? 'open' : 'failed');
        return;
      case closeVpnAccessName:
        if (isDone) await closeAccess(target);
        else await settleAccess(target, 'failed');
        return;
      case setVpnUserName:
        if (isDone) await settleUser(operation);
        return;
      case connectCloudsName:
        await settleConnector(target, () => ({ state: isDone ? 'connected' : 'failed' }));
        return;
      case verifyConnectorName:
        await settleConnector(target, ({ state }) => ({
          state: isDone || state === 'verifying' ? 'connected' : state,
          ...(status === 'canceled' ? {} : { lastVerified: { at: at(), ok: isDone, operationId: id } }),
        }));
        return;
      case disconnectCloudsName:
        if (isDone) await forgetConnector(target);
        else await settleConnector(target, () => ({ state: 'failed' }));
        return;
      default:
    }
  };
}
