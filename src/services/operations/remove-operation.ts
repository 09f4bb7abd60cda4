import { dayMs } from '../../domain/days.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import {
  isKept,
  isOperationKind,
  type OperationFamily,
  operationKinds,
  roleFor,
} from '../../domain/operation-kinds.ts';
import type { Tables } from '../../ports/tables.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { blockedKeyKeys, certificateKeys, rootKeys } from '../../stores/records/certificates.ts';
import { gatewayKeys, operationsOf } from '../../stores/records/gateways.ts';
import { connectorKeys, stackKeys, vpnUserKeys } from '../../stores/records/on-premises.ts';
import { ownerKeys } from '../../stores/records/owners.ts';
import type { RemoveOld } from '../../stores/retention-dues.ts';
import { createStore } from '../../stores/store.ts';
import type { Stores } from '../../stores/stores.ts';
import { contextOf } from './operation-context.ts';
import { createOperationIndex } from './operation-index.ts';
import { operationKeys, operationKind, type OperationRecord } from './operation-record.ts';
import type { OperationStanding } from './operation-standing.ts';

export interface RemoveOperationOptions {
  readonly tables: Tables;
  readonly stores: Stores;
  readonly onPremisesStores: OnPremisesStores;
  readonly standing: OperationStanding;
  /** Days from the end. */
  readonly keptDays: number;
  readonly now: () => Date;
}

/** Until when an operation is needed for what it worked on; `always` for as long as that is so. */
type Need = Date | 'always' | undefined;

/** When to look again whether an operation that is needed still is. */
const lookAgainMs = 30 * dayMs;
/** Also where it has a 29th of February. */
const yearMs = 366 * dayMs;

/**
 * Removes an operation that ended long ago, and its index rows: none that can be resumed, that a record names, or that
 * proves who may connect before the certificate it is about has been over for a year.
 */
export function createRemoveOperation(options: RemoveOperationOptions): RemoveOld {
  const { tables, keptDays, now } = options;
  const store = createStore(tables, operationKind);
  const index = createOperationIndex(tables);

  return async (id) => {
    const stored = await store.get(operationKeys(id));
    // Its next end lists one that was resumed anew.
    if (stored === undefined || !isOperationEnd(stored.record.status)) return 'none';
    const { record } = stored;
    const keptUntil = new Date(Date.parse(record.updatedAt) + keptDays * dayMs);
    if (keptUntil > now()) return { keptUntil };
    const need = await needOf(options, record);
    if (need === 'always') return { keptUntil: new Date(now().getTime() + lookAgainMs) };
    if (need !== undefined && need > now()) return { keptUntil: need };
    // What lists it goes first: the record alone says which rows those are.
    await index.remove(record);
    return (await store.remove(record, stored.etag)) ? 'removed' : { keptUntil: now() };
  };
}

async function needOf(options: RemoveOperationOptions, operation: OperationRecord): Promise<Need> {
  const { kind, status } = operation;
  if (!isOperationKind(kind) || isKept(kind)) return 'always';
  const isResumable = status !== 'succeeded' && roleFor(kind, 'resume') !== undefined;
  if (isResumable && (await options.standing(operation)) === undefined) return 'always';
  return needs[operationKinds[kind].family](options, operation);
}

type FindNeed = (options: RemoveOperationOptions, operation: OperationRecord) => Promise<Need>;

const needs: Readonly<Record<OperationFamily, FindNeed>> = {
  gateway: async ({ stores }, { id, target }) =>
    named((await stores.gateways.get(gatewayKeys(target)))?.record.lastOperationId === id),

  gatewayIntent: async ({ stores }, operation) => {
    const { id, target } = operation;
    const { rootId } = (operation.context ?? {}) as { readonly rootId?: string };
    // A profile package is no proof of anything.
    if (rootId === undefined) return undefined;
    const row = (await stores.gatewayRoots.get({ partitionKey: target, rowKey: rootId }))?.record;
    if (row?.operationId === id) return 'always';
    return proofEnd((await stores.roots.get(rootKeys(rootId)))?.record.notAfter);
  },

  // What the gateway is like now is in its own record.
  gatewayChange: () => Promise.resolve(undefined),

  gatewayRevocation: async ({ stores }, { id, target, context }) => {
    const { thumbprint = '' } = context as { readonly thumbprint?: string };
    const row = (await stores.gatewayRevocations.get({ partitionKey: target, rowKey: thumbprint }))?.record;
    return named(row !== undefined && operationsOf(row).includes(id));
  },
  // Who was disconnected proves nothing: the person may have come back since.
  gatewaySessions: () => Promise.resolve(undefined),

  certificate: async ({ stores }, operation) => {
    const { id, target, steps } = operation;
    const { rootId = '', serialNumber = '' } = (operation.context ?? {}) as Readonly<
      Record<string, string | undefined>
    >;
    const certificate = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
    if (certificate === undefined) return 'always';
    const intent = (await stores.revocations.get({ partitionKey: rootId, rowKey: target }))?.record;
    const block = (await stores.blockedKeys.get(blockedKeyKeys(certificate.publicKeyHash)))?.record;
    if (intent?.operationId === id || block?.operationId === id) return 'always';
    for (const { name } of steps) {
      const row = (await stores.gatewayRevocations.get({ partitionKey: name, rowKey: target }))?.record;
      if (row !== undefined && operationsOf(row).includes(id)) return 'always';
    }
    return proofEnd(certificate.notAfter);
  },

  // It holds the statement; the owner's record names the latest.
  owner: async ({ stores }, { id, target }) =>
    named((await stores.owners.get(ownerKeys(target)))?.record.departure?.operationId === id),

  certificates: () => Promise.resolve(undefined),

  // It says who has let the certificate be issued.
  certificateOrder: async ({ stores }, { result }) => {
    const { serialNumber } = (result ?? {}) as { readonly serialNumber?: string };
    if (serialNumber === undefined) return undefined;
    return proofEnd((await stores.certificates.get(certificateKeys(serialNumber)))?.record.notAfter);
  },

  inventory: () => Promise.resolve(undefined),
  machine: () => Promise.resolve(undefined),

  vpnAccess: async ({ onPremisesStores }, { id, target }) =>
    named((await onPremisesStores.stacks.get(stackKeys(target)))?.record.vpnAccess?.operationId === id),

  vpnUser: async ({ onPremisesStores }, operation) => {
    const { name = '' } = (contextOf(operation).intent ?? {}) as { readonly name?: string };
    const user = (await onPremisesStores.vpnUsers.get(vpnUserKeys(operation.target, name)))?.record;
    return named(user?.operationId === operation.id);
  },

  connector: nameOfConnector,
  connectorLook: nameOfConnector,
};

async function nameOfConnector(
  { onPremisesStores }: RemoveOperationOptions,
  { id, target }: OperationRecord,
): Promise<Need> {
  const connector = (await onPremisesStores.connectors.get(connectorKeys(target)))?.record;
  return named(connector?.operationId === id || connector?.lastVerified?.operationId === id);
}

function named(isNamed: boolean): Need {
  return isNamed ? 'always' : undefined;
}

/** A year after the end of the certificate; nothing is known to be over of one without a record. */
function proofEnd(notAfter: string | undefined): Need {
  return notAfter === undefined ? 'always' : new Date(Date.parse(notAfter) + yearMs);
}
