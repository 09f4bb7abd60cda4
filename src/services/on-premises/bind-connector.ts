import { preconditionRefused, type Refusal } from '../../domain/failure.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { connectorKeys, type ConnectorRecord, stackKeys, type StackRecord } from '../../stores/records/on-premises.ts';

/**
 * Makes the connector its stack's before its first change, and notes for which clouds there is something to take
 * back. Until then it is in nobody's way. Safe to repeat.
 */
export type BindConnector = (id: string) => Promise<{ readonly outcome: 'bound' } | Refusal>;

export function createBindConnector({
  stores,
  now,
}: {
  readonly stores: Pick<OnPremisesStores, 'connectors' | 'stacks'>;
  readonly now: () => Date;
}): BindConnector {
  const at = (): string => now().toISOString();
  return async (id) => {
    const record = (await stores.connectors.get(connectorKeys(id)))?.record;
    if (record === undefined) return preconditionRefused(`There is no connector ${id}.`);
    const { stackId } = record.request;
    const stack = await stores.stacks.update(stackKeys(stackId), (current) =>
      current.connectorId === undefined && isOfMachines(current, record)
        ? { ...current, connectorId: id, updatedAt: at() }
        : undefined,
    );
    if (stack === undefined) return preconditionRefused(`There is no stack ${stackId} any more.`);
    if (stack.connectorId !== undefined && stack.connectorId !== id) {
      return preconditionRefused(`Stack ${stackId} has connector ${stack.connectorId} by now: DELETE one of the two.`);
    }
    if (!isOfMachines(stack, record)) {
      return preconditionRefused(`Stack ${stackId} names other machines by now: POST the connector again.`);
    }
    await stores.connectors.update(connectorKeys(id), (current) => {
      const names = current.request.clouds.map(({ name }) => name);
      return { ...current, changedClouds: [...new Set([...current.changedClouds, ...names])], updatedAt: at() };
    });
    return { outcome: 'bound' };
  };
}

/** Whether the connector goes by the machines that its stack names. */
function isOfMachines(
  stack: Pick<StackRecord, 'hostMachine' | 'waspMachine'>,
  { hostMachine, waspMachine }: Pick<ConnectorRecord, 'hostMachine' | 'waspMachine'>,
): boolean {
  return stack.hostMachine === hostMachine && stack.waspMachine === waspMachine;
}
