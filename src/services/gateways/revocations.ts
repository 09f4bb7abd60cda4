import { AppError } from '../../domain/app-error.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { KindCarriedBy } from '../../domain/operation-kinds.ts';
import { parseThumbprint, type Thumbprint } from '../../domain/thumbprint.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { Outbox } from '../../stores/outbox.ts';
import {
  type CertificateRecord,
  type RevocationRecord,
  revocationsOfGateway,
} from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import {
  findBlock,
  findBlockOf,
  isBlockingReason,
  keyBlockedOnReinstate,
  saysMore,
} from '../certificates/blocked-keys.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import { findDeparture, ownerLeftOnReinstate } from '../certificates/departures.ts';
import type { KeyFiles } from '../certificates/release-certificate.ts';
import { commonNameTakenOnReinstate, isNameTaken } from '../certificates/shared-names.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import type { Audit } from '../requests/audit.ts';
import { isExpired } from './desired-entries.ts';
import type { GatewayWriter } from './gateway-writer.ts';
import { gatewaysOfRoot, isRootWithdrawn } from './refusing-gateways.ts';
import {
  type Asked,
  contextOf,
  createRevocationIntents,
  isRevocation,
  type RevocationReason,
} from './revocation-intents.ts';
import { createRevocationRows } from './revocation-rows.ts';
import { createBeginTwins } from './revoke-twins.ts';
import { updateSteps } from './usual-update-time.ts';

export interface Revocations {
  /** Recorded at once; the operation ends when every gateway that trusts the root refuses the certificate. */
  revoke(
    thumbprint: string,
    asked: { readonly reason: RevocationReason; readonly urgency?: 'immediate' | 'window' | undefined },
    request: IntentRequest,
  ): Promise<OperationRecord>;
  /**
   * Only for a certificate that is revoked, not expired, and whose name nobody was given meanwhile unless that is
   * allowed.
   */
  reinstate(
    thumbprint: string,
    asked: { readonly allowSharedName?: boolean | undefined },
    request: IntentRequest,
  ): Promise<OperationRecord>;
  /** Runs a recorded intent again. For the sweep: a crash may have come in between. */
  run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
}

export function createRevocations(options: {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly operations: Operations;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly writer: GatewayWriter;
  readonly keyFiles: Pick<KeyFiles, 'withdraw'>;
  readonly now: () => Date;
}): Revocations {
  const { stores, lookup, operations, writer, now } = options;
  const intents = createRevocationIntents(options);
  const rows = createRevocationRows(options);
  const beginTwins = createBeginTwins({
    ...options,
    begin: (twin, { operationId, requestedBy, reason, twinOf }) =>
      begin('revokeCertificate', twin, { operationId, requestedBy }, { reason, urgency: 'immediate', twinOf }),
  });

  async function requireCertificate(text: string): Promise<CertificateRecord & { readonly thumbprint: Thumbprint }> {
    const thumbprint = parseThumbprint(text);
    const record = thumbprint === undefined ? undefined : await lookup.byThumbprint(thumbprint);
    if (record === undefined || thumbprint === undefined) {
      throw new AppError('ERR_NOT_FOUND', `Certificate ${text.slice(0, 64)} does not exist.`);
    }
    return { ...record, thumbprint };
  }

  async function begin(
    kind: KindCarriedBy<'revocations'>,
    record: CertificateRecord & { readonly thumbprint: Thumbprint },
    request: Pick<IntentRequest, 'operationId' | 'requestedBy'>,
    asked: Asked = {},
  ): Promise<OperationRecord> {
    const gateways = isExpired(record, now()) ? [] : await gatewaysOfRoot(stores, record.rootId);
    return operations.create({
      id: request.operationId,
      kind,
      target: record.thumbprint,
      targetKey: record.thumbprint,
      requestedBy: request.requestedBy,
      steps: await updateSteps(stores, gateways, 300),
      context: { serialNumber: record.serialNumber, rootId: record.rootId, ...asked },
    });
  }

  async function run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const asked = contextOf(operation);
    const isReport = isRevocation(operation) && asked.twinOf === '';
    const twins = isReport ? await beginTwins(operation, asked) : [];
    await runOne(operation, orchestrations);
    for (const twin of twins) if (!isOperationEnd(twin.status)) await runOne(twin, orchestrations);
  }

  async function runOne(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const intent = await intents.record(operation);
    if (intent === undefined) {
      const later = await intents.latest(operation);
      if (later?.wanted === isRevocation(operation) && operation.steps.length > 0) {
        await rows.joinEqual(operation, later);
        return;
      }
      const detail = isRevocation(operation)
        ? 'Superseded by a later request about the same certificate.'
        : 'Superseded by a later request, or its key was blocked, its name given to another certificate or its owner left meanwhile.';
      // A gateway may have taken the entry off for as long as the reinstatement stood.
      if (!isRevocation(operation)) {
        for (const { name } of operation.steps) await writer.recordIntent(orchestrations, name);
      }
      const problem = { code: 'ERR_CONFLICT', detail };
      await operations.finish(operation.id, { status: 'failed', problem });
      return;
    }
    // A key that was made here and still waits for its owner is handed to nobody any more.
    if (intent.wanted) await options.keyFiles.withdraw(intent.serialNumber);
    else await forgetThumbprint(intent);
    const certificate = await intents.mark(intent);
    if (certificate !== undefined) await announce(operation.id, intent.wanted ? 'revoked' : 'reinstated', certificate);
    for (const { name } of operation.steps) {
      if (await rows.isForgotten(operation, name)) continue;
      await rows.askGateway(name, intent);
      await operations.setStep(operation.id, name, { status: 'running', now: now() });
      await writer.recordIntent(orchestrations, name);
    }
    // No gateway trusts the root: the record is all there is to do.
    if (operation.steps.length === 0) {
      await operations.finish(operation.id, { status: 'succeeded', result: { gateways: [] } });
    }
  }

  /** Before it was registered, a gateway may have been told to refuse its thumbprint, and would go on. */
  async function forgetThumbprint({ rootId, thumbprint }: RevocationRecord): Promise<void> {
    for (const gatewayId of await gatewaysOfRoot(stores, rootId)) {
      const keys = { partitionKey: revocationsOfGateway(gatewayId), rowKey: thumbprint };
      await stores.revocations.update(keys, (intent) => (intent.wanted ? { ...intent, wanted: false } : undefined));
    }
  }

  /** The operation that is already running for the same request, if one is. */
  async function underWay(
    record: CertificateRecord & { readonly thumbprint: Thumbprint },
    wanted: boolean,
  ): Promise<OperationRecord | undefined> {
    const intent = (await stores.revocations.get({ partitionKey: record.rootId, rowKey: record.thumbprint }))?.record;
    if (intent?.wanted !== wanted) return undefined;
    // Of a registered one more may have become known since.
    if (intent.commonName !== record.commonName || intent.notAfter !== record.notAfter) return undefined;
    const operation = await operations.get(intent.operationId);
    return operation === undefined || isOperationEnd(operation.status) ? undefined : operation;
  }

  async function announce(
    operationId: string,
    verb: 'revoked' | 'reinstated',
    record: CertificateRecord,
  ): Promise<void> {
    await options.outbox.append({
      id: `${operationId}-${verb}`,
      type: `gatehouse.certificate.${verb}.v1`,
      subject: `certificates/${record.thumbprint ?? ''}`,
      data: { thumbprint: record.thumbprint, owner: record.owner, rootId: record.rootId },
    });
  }

  return {
    run,

    revoke: async (text, { reason, urgency }, request) => {
      const record = await requireCertificate(text);
      // The key outlives the certificate: it can be reported, and its other certificates revoked, after the end.
      if (isExpired(record, now()) && !isBlockingReason(reason)) {
        throw new AppError(
          'ERR_CONFLICT',
          `Certificate ${record.thumbprint} expired on ${record.notAfter}: no gateway accepts it any more.`,
        );
      }
      const isNews = saysMore(reason, await findBlock(stores, record.publicKeyHash));
      const same = await underWay(record, true);
      if (same !== undefined && same.id !== request.operationId && !isNews) return same;
      const operation = await begin('revokeCertificate', record, request, {
        reason,
        urgency: urgency ?? (reason === 'superseded' ? 'window' : 'immediate'),
      });
      await run(operation, request.orchestrations);
      return (await operations.get(operation.id)) ?? operation;
    },

    reinstate: async (text, { allowSharedName }, request) => {
      const record = await requireCertificate(text);
      const { commonName, serialNumber } = record;
      const intent = (await stores.revocations.get({ partitionKey: record.rootId, rowKey: record.thumbprint }))?.record;
      const same = await underWay(record, false);
      if (same !== undefined && same.id !== request.operationId) return same;
      const isRepeat = intent?.operationId === request.operationId;
      if (record.superseded !== undefined) throw supersededOnReinstate(record.superseded);
      const block = await findBlockOf(stores, record);
      if (block !== undefined) throw keyBlockedOnReinstate(block);
      const departure = await findDeparture(stores, record.owner);
      if (departure !== undefined) throw ownerLeftOnReinstate(record.owner, departure);
      if (intent === undefined || (!isRepeat && record.state !== 'revoked')) {
        throw new AppError(
          'ERR_CONFLICT',
          `Certificate ${record.thumbprint} is ${record.state}; only a revoked one is reinstated.`,
        );
      }
      if (isExpired(record, now())) {
        throw new AppError(
          'ERR_CONFLICT',
          `Certificate ${record.thumbprint} expired on ${record.notAfter}. Issue a new one.`,
        );
      }
      if (!isRepeat && (await isRootWithdrawn(stores, record.rootId))) {
        const message = `No gateway trusts root ${record.rootId} any more, so a reinstated certificate would open nothing.`;
        throw new AppError('ERR_CONFLICT', `${message} Have a gateway trust the root first, or issue a new one.`);
      }
      if (!isRepeat && allowSharedName !== true && (await isNameTaken(stores, lookup, { commonName, serialNumber }))) {
        throw commonNameTakenOnReinstate(commonName);
      }
      const operation = await begin('reinstateCertificate', record, request, {
        allowSharedName: allowSharedName === true,
      });
      await run(operation, request.orchestrations);
      return (await operations.get(operation.id)) ?? operation;
    },
  };
}

function supersededOnReinstate({ thumbprint, at }: NonNullable<CertificateRecord['superseded']>): AppError {
  const message = `Certificate ${thumbprint} has taken its place on ${at}.`;
  const fix = `Use that one, or renew it with POST /api/certificates/${thumbprint}/renew.`;
  return new AppError('ERR_CONFLICT', `${message} A superseded certificate is not reinstated.`, {
    problems: [{ path: '', code: 'certificateSuperseded', message, fix }],
  });
}
