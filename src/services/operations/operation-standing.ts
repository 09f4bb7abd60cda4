import { AppError } from '../../domain/app-error.ts';
import { isOperationKind, type OperationFamily, operationKinds } from '../../domain/operation-kinds.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import {
  connectorKeys,
  type ConnectorRecord,
  machineKeys,
  stackKeys,
  vpnUserKeys,
} from '../../stores/records/on-premises.ts';
import type { Stores } from '../../stores/stores.ts';
import { contextOf } from './operation-context.ts';
import type { OperationRecord } from './operation-record.ts';

/**
 * Why an operation is no longer its target's, in words for people; undefined when it still is. Ids are given again:
 * what is called so today may have been made, or taken over by another operation, since this one ended.
 */
export type OperationStanding = (operation: OperationRecord) => Promise<string | undefined>;

export function createOperationStanding({
  stores,
  onPremisesStores,
}: {
  readonly stores: Pick<Stores, 'gateways'>;
  readonly onPremisesStores: OnPremisesStores;
}): OperationStanding {
  const connectorOf = async ({ target }: OperationRecord): Promise<ConnectorRecord | undefined> =>
    (await onPremisesStores.connectors.get(connectorKeys(target)))?.record;

  const sinceGatewayWasMade: OperationStanding = async (operation) => {
    const gateway = (await stores.gateways.get(gatewayKeys(operation.target)))?.record;
    return madeSince(operation, gateway, `Gateway ${operation.target}`);
  };

  const reasons: Readonly<Record<OperationFamily, OperationStanding>> = {
    // A certificate is never made again: its serial number is its own.
    certificate: () => Promise.resolve(undefined),

    // Nobody resumes it: a person who left is revoked again by another request.
    owner: () => Promise.resolve(undefined),

    certificates: () => Promise.resolve(undefined),

    // Nobody resumes it, and what it was to issue is judged anew when it is.
    certificateOrder: () => Promise.resolve(undefined),

    // Nobody resumes it: another scan is begun.
    inventory: () => Promise.resolve(undefined),

    gateway: async ({ id, target }) => {
      const gateway = (await stores.gateways.get(gatewayKeys(target)))?.record;
      if (gateway === undefined) return gone(`Gateway ${target}`);
      return otherThan(id, gateway.lastOperationId, `Gateway ${target}`);
    },

    gatewayIntent: sinceGatewayWasMade,
    gatewayChange: sinceGatewayWasMade,
    gatewayRevocation: sinceGatewayWasMade,
    // Nobody resumes it: whoever is still connected is chosen again.
    gatewaySessions: () => Promise.resolve(undefined),

    machine: async (operation) => {
      const machine = (await onPremisesStores.machines.get(machineKeys(operation.target)))?.record;
      return madeSince(operation, machine, `Machine ${operation.target}`);
    },

    vpnAccess: async ({ id, target }) => {
      const access = (await onPremisesStores.stacks.get(stackKeys(target)))?.record.vpnAccess;
      if (access === undefined) return gone(`VPN access of stack ${target}`);
      return otherThan(id, access.operationId, `VPN access of stack ${target}`);
    },

    vpnUser: async (operation) => {
      const { target } = operation;
      const { name = '' } = (contextOf(operation).intent ?? {}) as { readonly name?: string };
      const user = (await onPremisesStores.vpnUsers.get(vpnUserKeys(target, name)))?.record;
      if (user === undefined) return gone(`User ${name} of stack ${target}`);
      const state = (await onPremisesStores.stacks.get(stackKeys(target)))?.record.vpnAccess?.state ?? 'closed';
      if (state === 'closing' || state === 'closed') return `VPN access of stack ${target} is ${state}.`;
      return otherThan(operation.id, user.operationId, `User ${name} of stack ${target}`);
    },

    connector: async (operation) => {
      const connector = await connectorOf(operation);
      if (connector === undefined) return gone(`Connector ${operation.target}`);
      return otherThan(operation.id, connector.operationId, `Connector ${operation.target}`);
    },

    // It changes nothing, so a later operation on the same connector does not make it wrong.
    connectorLook: async (operation) =>
      madeSince(operation, await connectorOf(operation), `Connector ${operation.target}`),
  };

  return (operation) => {
    if (!isOperationKind(operation.kind)) throw new Error(`There are no operations of kind ${operation.kind}.`);
    return reasons[operationKinds[operation.kind].family](operation);
  };
}

/** The refusal of whatever would have such an operation act on what is there today. */
export function supersededBy({ id }: OperationRecord, reason: string, verb = 'resume'): AppError {
  const fix =
    verb === 'cancel'
      ? 'Cancel the operation that is at work there now; this one ends by itself.'
      : 'Look at what is there now, and ask for what it is to be.';
  return new AppError('ERR_CONFLICT', `Operation ${id} no longer supports ${verb}. ${reason}`, {
    problems: [{ path: '', code: 'operationSuperseded', message: reason, fix }],
  });
}

function gone(what: string): string {
  return `${what} is no longer there.`;
}

function otherThan(id: string, latestId: string | undefined, what: string): string | undefined {
  return latestId === id ? undefined : `${what} belongs to operation ${latestId ?? 'none'} by now.`;
}

function madeSince(
  operation: OperationRecord,
  made: { readonly createdAt: string } | undefined,
  what: string,
): string | undefined {
  if (made === undefined) return gone(what);
  return made.createdAt > operation.createdAt ? `${what} was made after this operation began.` : undefined;
}
