import { AppError } from '../../domain/app-error.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import { isCarriedBy, type KindCarriedBy } from '../../domain/operation-kinds.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { rootKeys, rootPartition, type RootRecord } from '../../stores/records/certificates.ts';
import type { ForeignEntry } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import type { GatewayWriter } from './gateway-writer.ts';
import { createProfileIntents } from './profile-intents.ts';
import { requireBuiltGateway } from './require-built-gateway.ts';
import { createRootDependents } from './root-dependents.ts';
import { createRunRoot } from './root-intents.ts';
import { requirePlace } from './root-places.ts';
import { updateSteps } from './usual-update-time.ts';

/** How something is to be taken off: `window`, which is usual, may wait for the gateway's change window. */
type RemovalRequest = IntentRequest & { readonly urgency?: 'immediate' | 'window' | undefined };

export interface RootTrust {
  /** Makes the gateway trust the root. The operation ends when the gateway shows the entry as provisioned. */
  trust(
    gatewayId: string,
    rootId: string,
    entryName: string | undefined,
    request: IntentRequest,
  ): Promise<OperationRecord>;
  /** Takes the root off. Refused while certificates of it are alive, or may be, unless `force`. */
  distrust(gatewayId: string, rootId: string, force: boolean, request: RemovalRequest): Promise<OperationRecord>;
  /** Takes off the entry of that name, whoever has put it there; letter case does not count, as in Azure. */
  distrustEntry(
    gatewayId: string,
    entryName: string,
    force: boolean,
    request: RemovalRequest,
  ): Promise<OperationRecord>;
  /** Asks for a new profile package; requests that come together are served by one. */
  requestProfile(gatewayId: string, request: IntentRequest): Promise<OperationRecord>;
  /** Hands a recorded intent to the writer again. For the sweep: a crash may have come in between. */
  run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
}

export function createRootTrust(options: {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly operations: Operations;
  readonly writer: GatewayWriter;
  readonly now: () => Date;
}): RootTrust {
  const { stores, operations, now } = options;
  const dependents = createRootDependents(options);

  async function createOperation(
    kind: KindCarriedBy<'trust'>,
    gatewayId: string,
    request: IntentRequest,
    context: object,
  ): Promise<OperationRecord> {
    return operations.create({
      id: request.operationId,
      kind,
      target: gatewayId,
      targetKey: gatewayId,
      requestedBy: request.requestedBy,
      steps: await updateSteps(stores, [gatewayId], 240),
      context,
    });
  }

  const runRoot = createRunRoot(options);
  const { runProfile, countProfile } = createProfileIntents(options);
  const runs: Readonly<Record<KindCarriedBy<'trust'>, typeof runRoot>> = {
    trustRoot: runRoot,
    distrustRoot: runRoot,
    generateProfile: runProfile,
  };

  /** What others have put there is told by its content, so one that cannot be read cannot be told from another. */
  async function removeEntry(entry: ForeignEntry, request: RemovalRequest): Promise<OperationRecord> {
    const { gatewayId, name: entryName, thumbprint, removal } = entry;
    if (thumbprint === undefined) {
      throw new AppError('ERR_CONFLICT', `Entry ${entryName} cannot be read as a certificate. Take it off in Azure.`);
    }
    const isAgain = removal?.operationId === request.operationId;
    const begun = removal === undefined || isAgain ? undefined : await operations.get(removal.operationId);
    const isSoonEnough = request.urgency !== 'immediate' || removal?.urgency === 'immediate';
    if (begun !== undefined && !isOperationEnd(begun.status) && isSoonEnough) return begun;
    const context = { entryName, thumbprint, ...urgencyOf(request) };
    const operation = await createOperation('distrustRoot', gatewayId, request, context);
    if (isOperationEnd(operation.status)) return operation;
    await runRoot(operation, request);
    return operation;
  }

  /** The root that an entry of others is a copy of. */
  async function copiedRoot({ thumbprint }: ForeignEntry): Promise<RootRecord | undefined> {
    const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
    return roots.find((root) => root.certificate !== undefined && root.thumbprint === thumbprint);
  }

  /**
   * Its certificates open the gateway as if it was trusted here, so it goes in the same way, whoever has put it there.
   */
  async function removeRoot(
    gatewayId: string,
    root: { readonly rootId: string; readonly entryName?: string },
    force: boolean,
    request: RemovalRequest,
  ): Promise<OperationRecord> {
    await dependents.requireNoIntermediates(gatewayId, root.rootId);
    if (!force) await dependents.requireNobodyLeft(gatewayId, root.rootId);
    const operation = await createOperation('distrustRoot', gatewayId, request, { ...root, ...urgencyOf(request) });
    if (isOperationEnd(operation.status)) return operation;
    await runRoot(operation, request);
    return operation;
  }

  async function distrust(
    gatewayId: string,
    rootId: string,
    force: boolean,
    request: RemovalRequest,
  ): Promise<OperationRecord> {
    await requireBuiltGateway(stores, gatewayId);
    const row = (await stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: rootId }))?.record;
    if (row === undefined || row.state === 'removed') {
      throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} does not trust root ${rootId}.`);
    }
    return removeRoot(gatewayId, { rootId }, force, request);
  }

  return {
    trust: async (gatewayId, rootId, entryName, request) => {
      await requireBuiltGateway(stores, gatewayId);
      const root = (await stores.roots.get(rootKeys(rootId)))?.record;
      if (root?.certificate === undefined || root.thumbprint === undefined) {
        throw new AppError('ERR_NOT_FOUND', `Root ${rootId} does not exist.`);
      }
      if (Date.parse(root.notAfter) <= now().getTime()) {
        throw new AppError(
          'ERR_CONFLICT',
          `Root ${rootId} expired on ${root.notAfter}; Azure would refuse the whole gateway for it.`,
        );
      }
      await dependents.requireIssuer(gatewayId, root);
      await requirePlace(options, gatewayId, rootId);
      const operation = await createOperation('trustRoot', gatewayId, request, {
        rootId,
        entryName: entryName ?? rootId,
      });
      if (isOperationEnd(operation.status)) return operation;
      await runRoot(operation, request);
      return operation;
    },

    distrust,

    distrustEntry: async (gatewayId, entryName, force, request) => {
      await requireBuiltGateway(stores, gatewayId);
      const isNamed = (name: string): boolean => name.toLowerCase() === entryName.toLowerCase();
      const entries = (await stores.foreignEntries.list(gatewayId)).map(({ record }) => record);
      const entry = entries.find(({ kind, name }) => kind === 'root' && isNamed(name));
      if (entry !== undefined) {
        const root = await copiedRoot(entry);
        if (root === undefined) return removeEntry(entry, request);
        return removeRoot(gatewayId, { rootId: root.id, entryName: entry.name }, force, request);
      }
      const rows = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
      const row = rows.find((own) => own.state !== 'removed' && isNamed(own.entryName));
      if (row !== undefined) return distrust(gatewayId, row.rootId, force, request);
      throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} has no root entry ${entryName}, as it was last seen.`);
    },

    requestProfile: async (gatewayId, request) => {
      const gateway = await requireBuiltGateway(stores, gatewayId);
      const operation = await createOperation('generateProfile', gatewayId, request, {});
      if (isOperationEnd(operation.status)) return operation;
      // Written for the next number before it is counted: a package made for that number or later serves it.
      await stores.profileRequests.insert({ gatewayId, operationId: operation.id, number: gateway.profileWanted + 1 });
      await countProfile(operation, gatewayId, request);
      return operation;
    },

    run: async (operation, orchestrations) => {
      if (!isCarriedBy(operation.kind, 'trust')) {
        throw new Error(`Nothing of kind ${operation.kind} is wanted of a gateway.`);
      }
      await runs[operation.kind](operation, { orchestrations });
    },
  };
}

function urgencyOf({ urgency }: RemovalRequest): { readonly urgency?: 'immediate' } {
  return urgency === 'immediate' ? { urgency } : {};
}
