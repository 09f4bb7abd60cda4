import { AppError } from '../../domain/app-error.ts';
import { entryLimits } from '../../domain/entry-limits.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import { isCarriedBy, type KindCarriedBy } from '../../domain/operation-kinds.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { rootKeys, rootPartition, type RootRecord } from '../../stores/records/certificates.ts';
import { gatewayKeys, type GatewayRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import type { GatewayWriter } from './gateway-writer.ts';
import { createIntentRuns } from './intent-runs.ts';
import { updateSteps } from './usual-update-time.ts';

export interface RootTrust {
  /** Makes the gateway trust the root. The operation ends when the gateway shows the entry as provisioned. */
  trust(
    gatewayId: string,
    rootId: string,
    entryName: string | undefined,
    request: IntentRequest,
  ): Promise<OperationRecord>;
  /** Takes the root off. Refused while certificates of it are alive, unless `force`. */
  distrust(gatewayId: string, rootId: string, force: boolean, request: IntentRequest): Promise<OperationRecord>;
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

  async function requireGateway(id: string): Promise<GatewayRecord> {
    const record = (await stores.gateways.get(gatewayKeys(id)))?.record;
    if (record === undefined) throw new AppError('ERR_NOT_FOUND', `Gateway ${id} does not exist.`);
    if (record.state === 'failed') {
      throw new AppError(
        'ERR_CONFLICT',
        `The build of gateway ${id} has failed. Resume operation ${record.lastOperationId ?? ''} first, or remove the gateway.`,
      );
    }
    if (record.state === 'missing') {
      throw new AppError(
        'ERR_CONFLICT',
        `Gateway ${id} is not in Azure. The work continues by itself when the gateway is there again.`,
      );
    }
    return record;
  }

  /** Roots on the gateway, or wanted there, besides this one: those of others take places too. */
  async function placesTaken(gatewayId: string, rootId: string): Promise<number> {
    const own = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
    const foreign = (await stores.foreignEntries.list(gatewayId)).map(({ record }) => record);
    return (
      own.filter((row) => row.wanted && row.rootId !== rootId).length +
      foreign.filter((entry) => entry.kind === 'root' && entry.rootId !== rootId).length
    );
  }

  async function wantedRoots(gatewayId: string): Promise<readonly string[]> {
    const rows = await stores.gatewayRoots.list(gatewayId);
    return rows.filter(({ record }) => record.wanted).map(({ record }) => record.rootId);
  }

  /** Clients find an intermediate's way up only where the gateway holds it: the root comes first. */
  async function requireIssuer(gatewayId: string, { id, issuerRootId }: RootRecord): Promise<void> {
    if (issuerRootId === undefined || (await wantedRoots(gatewayId)).includes(issuerRootId)) return;
    const message = `Gateway ${gatewayId} does not trust ${issuerRootId}, which has signed the intermediate ${id}.`;
    const fix = `PUT /api/gateways/${gatewayId}/roots/${issuerRootId} first.`;
    throw new AppError('ERR_CONFLICT', message, {
      problems: [{ path: '/rootId', code: 'issuerNotTrusted', message, fix }],
    });
  }

  /** An intermediate that stays behind would let its clients in without its root. Not to be forced. */
  async function requireNoIntermediates(gatewayId: string, rootId: string): Promise<void> {
    const wanted = await wantedRoots(gatewayId);
    const under = (await stores.roots.list(rootPartition))
      .map(({ record }) => record)
      .filter(({ id, issuerRootId }) => issuerRootId === rootId && wanted.includes(id));
    if (under.length === 0) return;
    const ids = under.map(({ id }) => id).join(', ');
    const message = `Gateway ${gatewayId} trusts intermediates of root ${rootId}: ${ids}.`;
    throw new AppError('ERR_CONFLICT', message, {
      problems: [{ path: '/rootId', code: 'intermediatesTrusted', message, fix: `Take ${ids} off the gateway first.` }],
    });
  }

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

  const { runRoot, runProfile, countProfile } = createIntentRuns(options);
  const runs: Readonly<Record<KindCarriedBy<'trust'>, typeof runRoot>> = {
    trustRoot: runRoot,
    distrustRoot: runRoot,
    generateProfile: runProfile,
  };

  return {
    trust: async (gatewayId, rootId, entryName, request) => {
      await requireGateway(gatewayId);
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
      await requireIssuer(gatewayId, root);
      if ((await placesTaken(gatewayId, rootId)) >= entryLimits.root) {
        throw new AppError(
          'ERR_LIMIT_REACHED',
          `Gateway ${gatewayId} trusts ${entryLimits.root} roots, which is Azure's limit; those of others count. Take one off first (GET /api/gateways/${gatewayId}/roots).`,
        );
      }
      const operation = await createOperation('trustRoot', gatewayId, request, {
        rootId,
        entryName: entryName ?? rootId,
      });
      if (isOperationEnd(operation.status)) return operation;
      await runRoot(operation, request);
      return operation;
    },

    distrust: async (gatewayId, rootId, force, request) => {
      await requireGateway(gatewayId);
      const row = (await stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: rootId }))?.record;
      if (row === undefined || row.state === 'removed') {
        throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} does not trust root ${rootId}.`);
      }
      await requireNoIntermediates(gatewayId, rootId);
      if (!force && (await options.lookup.hasLive(rootId, now()))) {
        throw new AppError(
          'ERR_CONFLICT',
          `Certificates of root ${rootId} are alive and could no longer connect to gateway ${gatewayId}.`,
          {
            problems: [
              {
                path: '/force',
                code: 'certificatesAlive',
                message: `Certificates of root ${rootId} are alive.`,
                fix: `See GET /api/certificates?rootId=${rootId}&state=issued; revoke them, or add ?force=true.`,
              },
            ],
          },
        );
      }
      const operation = await createOperation('distrustRoot', gatewayId, request, { rootId });
      if (isOperationEnd(operation.status)) return operation;
      await runRoot(operation, request);
      return operation;
    },

    requestProfile: async (gatewayId, request) => {
      const gateway = await requireGateway(gatewayId);
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
