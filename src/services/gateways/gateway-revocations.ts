import { AppError } from '../../domain/app-error.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { KindCarriedBy } from '../../domain/operation-kinds.ts';
import { requireThumbprint, type Thumbprint } from '../../domain/thumbprint.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { noKnownEnd, type RevocationRecord, revocationsOfGateway } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import { supersede } from '../operations/supersede.ts';
import type { GatewayWriter } from './gateway-writer.ts';
import { requireBuiltGateway } from './require-built-gateway.ts';
import { createRevocationRows } from './revocation-rows.ts';
import { updateSteps } from './usual-update-time.ts';

/** What one gateway is to refuse of which nothing but the thumbprint is known. */
export interface GatewayRevocations {
  /**
   * Recorded at once; the operation ends when the gateway refuses it and no session can be its. ERR_CONFLICT for a
   * certificate that is known here: that is revoked on every gateway.
   */
  revoke(
    gatewayId: string,
    asked: { readonly thumbprint: Thumbprint; readonly name?: string | undefined },
    request: IntentRequest,
  ): Promise<OperationRecord>;
  /** Takes it off again, also what others have put there; ERR_NOT_FOUND where there is none. */
  takeBack(gatewayId: string, thumbprint: Thumbprint, request: IntentRequest): Promise<OperationRecord>;
  /** Runs a recorded intent again. For the sweep: a crash may have come in between. */
  run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
}

type Kind = KindCarriedBy<'gatewayRevocations'>;

interface Context {
  readonly thumbprint: string;
  readonly name?: string | undefined;
}

export function createGatewayRevocations(options: {
  readonly stores: Stores;
  readonly lookup: Pick<CertificateLookup, 'byThumbprint'>;
  readonly operations: Operations;
  readonly writer: GatewayWriter;
  readonly now: () => Date;
}): GatewayRevocations {
  const { stores, lookup, operations, writer, now } = options;
  const rows = createRevocationRows(options);

  async function standing(gatewayId: string, thumbprint: string): Promise<RevocationRecord | undefined> {
    const keys = { partitionKey: revocationsOfGateway(gatewayId), rowKey: thumbprint };
    return (await stores.revocations.get(keys))?.record;
  }

  /** The operation that is already running for the same request, if one is. */
  async function underWay(
    gatewayId: string,
    thumbprint: string,
    wanted: boolean,
  ): Promise<OperationRecord | undefined> {
    const intent = await standing(gatewayId, thumbprint);
    if (intent?.wanted !== wanted) return undefined;
    const operation = await operations.get(intent.operationId);
    return operation === undefined || isOperationEnd(operation.status) ? undefined : operation;
  }

  async function begin(
    kind: Kind,
    gatewayId: string,
    context: Context,
    { operationId, requestedBy, orchestrations }: IntentRequest,
  ): Promise<OperationRecord> {
    const same = await underWay(gatewayId, context.thumbprint, kind === 'revokeThumbprint');
    if (same !== undefined && same.id !== operationId) return same;
    const operation = await operations.create({
      id: operationId,
      kind,
      target: gatewayId,
      targetKey: gatewayId,
      requestedBy,
      steps: await updateSteps(stores, [gatewayId], 300),
      context,
    });
    if (!isOperationEnd(operation.status)) await run(operation, orchestrations);
    return (await operations.get(operationId)) ?? operation;
  }

  /** From here on the gateway's writer keeps to it. Undefined when a later request has recorded its own. */
  async function record(operation: OperationRecord): Promise<RevocationRecord | undefined> {
    const { thumbprint, name } = contextOf(operation);
    const wanted = isRevocation(operation);
    const current = await standing(operation.target, thumbprint);
    if (current?.operationId === operation.id) return current;
    if (current !== undefined && current.recordedAt > operation.createdAt) return undefined;
    const entryName = name ?? current?.entryName;
    const intent: RevocationRecord = {
      rootId: revocationsOfGateway(operation.target),
      thumbprint,
      serialNumber: '',
      commonName: '',
      ...(entryName === undefined ? {} : { entryName }),
      // Nothing is known of its end, so it never comes off for being over.
      notAfter: noKnownEnd,
      wanted,
      reason: 'unspecified',
      urgency: 'immediate',
      operationId: operation.id,
      recordedAt: now().toISOString(),
    };
    await stores.revocations.upsert(intent);
    return intent;
  }

  async function run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const gatewayId = operation.target;
    const everywhere = isRevocation(operation)
      ? undefined
      : await rows.wantedEverywhere(contextOf(operation).thumbprint);
    if (everywhere !== undefined) {
      const step = { operationId: operation.id, name: gatewayId, laterId: everywhere.operationId, now: now() };
      await supersede(operations, step);
      return;
    }
    const intent = await record(operation);
    if (intent === undefined) {
      const detail = 'Superseded by a later request about the same thumbprint.';
      await operations.finish(operation.id, { status: 'failed', problem: { code: 'ERR_CONFLICT', detail } });
      return;
    }
    if (await rows.isForgotten(operation, gatewayId)) return;
    await rows.askGateway(gatewayId, intent);
    await operations.setStep(operation.id, gatewayId, { status: 'running', now: now() });
    await writer.recordIntent(orchestrations, gatewayId);
  }

  /** Somebody of Gatehouse's, or somebody else, has it refused there. */
  async function isThere(gatewayId: string, thumbprint: string): Promise<boolean> {
    const row = (await stores.gatewayRevocations.get({ partitionKey: gatewayId, rowKey: thumbprint }))?.record;
    if (row !== undefined && row.state !== 'removed') return true;
    const others = (await stores.foreignEntries.list(gatewayId)).map(({ record: entry }) => entry);
    return others.some((entry) => entry.kind === 'revocation' && entry.thumbprint === thumbprint);
  }

  return {
    run,

    revoke: async (gatewayId, { thumbprint, name }, request) => {
      await requireBuiltGateway(stores, gatewayId);
      if ((await lookup.byThumbprint(thumbprint)) !== undefined) {
        const how = `Revoke it on every gateway with POST /api/certificates/${thumbprint}/revoke.`;
        throw new AppError('ERR_CONFLICT', `Certificate ${thumbprint} is known here. ${how}`);
      }
      return begin('revokeThumbprint', gatewayId, { thumbprint, name }, request);
    },

    takeBack: async (gatewayId, thumbprint, request) => {
      await requireBuiltGateway(stores, gatewayId);
      if ((await rows.wantedEverywhere(thumbprint)) !== undefined) {
        const how = `POST /api/certificates/${thumbprint}/reinstate takes that back.`;
        throw new AppError('ERR_CONFLICT', `Certificate ${thumbprint} is revoked on every gateway. ${how}`);
      }
      const isOwnRepeat = (await standing(gatewayId, thumbprint))?.operationId === request.operationId;
      if (!isOwnRepeat && !(await isThere(gatewayId, thumbprint))) {
        throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} refuses no certificate ${thumbprint}.`);
      }
      return begin('reinstateThumbprint', gatewayId, { thumbprint }, request);
    },
  };
}

function isRevocation({ kind }: OperationRecord): boolean {
  return kind === ('revokeThumbprint' satisfies Kind);
}

function contextOf(operation: OperationRecord): Context {
  const { thumbprint, name } = operation.context as Context;
  return { thumbprint: requireThumbprint(thumbprint), name };
}
