import { AppError } from '../../domain/app-error.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { OperationKind } from '../../domain/operation-kinds.ts';
import { parseThumbprint, type Thumbprint } from '../../domain/thumbprint.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { Audit } from '../requests/audit.ts';
import { findBlock, isBlockingReason, keyBlockedOnReinstate, saysMore } from '../certificates/blocked-keys.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import type { GatewayWriter } from './gateway-writer.ts';
import { supersede } from '../operations/supersede.ts';
import { newGatewayRevocation } from './new-gateway-revocation.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { certificateKeys, type CertificateRecord, type RevocationRecord } from '../../stores/records/certificates.ts';
import {
  gatewayKeys,
  gatewayRevocationKind,
  isRootToBeSeen,
  operationsOf,
  type GatewayRevocation,
} from '../../stores/records/gateways.ts';
import { createBeginTwins } from './revoke-twins.ts';
import { commonNameTakenOnReinstate, isNameTaken } from '../certificates/shared-names.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import { updateSteps } from './usual-update-time.ts';

export const revocationReasons = ['compromised', 'left', 'lost', 'superseded', 'unspecified'] as const;
export type RevocationReason = (typeof revocationReasons)[number];

export interface Revocations {
  /** Recorded at once; the operation ends when every gateway that trusts the root refuses the certificate. */
  revoke(
    thumbprint: string,
    asked: { readonly reason: RevocationReason; readonly urgency?: 'immediate' | 'window' | undefined },
    request: IntentRequest,
  ): Promise<OperationRecord>;
  /** Only for a certificate that is revoked, not expired, and whose name nobody was given meanwhile unless that is allowed. */
  reinstate(
    thumbprint: string,
    asked: { readonly allowSharedName?: boolean | undefined },
    request: IntentRequest,
  ): Promise<OperationRecord>;
  /** Carries a recorded intent to its gateways again. For the sweep: a crash may have come in between. */
  carry(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
}

const revocationOperations = { revoke: 'revokeCertificate', reinstate: 'reinstateCertificate' } as const;

export function createRevocations(options: {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly operations: Operations;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly writer: GatewayWriter;
  readonly now: () => Date;
}): Revocations {
  const { stores, lookup, operations, writer, now } = options;
  const at = (): string => now().toISOString();
  const beginTwins = createBeginTwins({
    ...options,
    begin: (twin, { operationId, requestedBy, reason, twinOf }) =>
      begin(revocationOperations.revoke, twin, { operationId, requestedBy }, { reason, urgency: 'immediate', twinOf }),
  });

  async function requireCertificate(text: string): Promise<CertificateRecord & { readonly thumbprint: Thumbprint }> {
    const thumbprint = parseThumbprint(text);
    const record = thumbprint === undefined ? undefined : await lookup.byThumbprint(thumbprint);
    if (record === undefined || thumbprint === undefined)
      throw new AppError('ERR_NOT_FOUND', `Certificate ${text.slice(0, 64)} does not exist.`);
    return { ...record, thumbprint };
  }

  /** Gateways that trust the root, may still hold it, or may hold sessions of its certificates. */
  async function gatewaysOf(rootId: string): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const { record } of await stores.rootGateways.list(rootId)) {
      const row = (await stores.gatewayRoots.get({ partitionKey: record.gatewayId, rowKey: rootId }))?.record;
      const isTrusted = row !== undefined && row.state !== 'removed';
      const isLeft = row !== undefined && isRootToBeSeen(row);
      if (isTrusted || isLeft || (await isCopiedTo(record.gatewayId, rootId))) ids.push(record.gatewayId);
    }
    return ids;
  }

  /** Somebody else has put the root there. */
  async function isCopiedTo(gatewayId: string, rootId: string): Promise<boolean> {
    return (await stores.foreignEntries.list(gatewayId)).some(({ record }) => record.rootId === rootId);
  }

  async function begin(
    kind: OperationKind,
    record: CertificateRecord & { readonly thumbprint: Thumbprint },
    request: Pick<IntentRequest, 'operationId' | 'requestedBy'>,
    asked: Asked = {},
  ): Promise<OperationRecord> {
    const gateways = isExpired(record, now()) ? [] : await gatewaysOf(record.rootId);
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

  /**
   * The intent first: from here on every reconciler keeps to it, whatever happens to the request. Undefined when a later
   * request has recorded its own.
   */
  async function recordIntent(operation: OperationRecord): Promise<RevocationRecord | undefined> {
    const { serialNumber, rootId, reason, urgency } = contextOf(operation);
    const keys = { partitionKey: rootId, rowKey: operation.target };
    const current = (await stores.revocations.get(keys))?.record;
    if (current?.operationId === operation.id) return current;
    const certificate = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
    if (certificate === undefined) throw new Error(`Certificate ${serialNumber} has no record.`);
    const block = await findBlock(stores, certificate.publicKeyHash);
    const isLater = current !== undefined && Date.parse(current.recordedAt) > Date.parse(operation.createdAt);
    // A reinstatement that came in between does not outlast what was said of the key.
    if (isLater && (current.wanted || block === undefined)) return undefined;
    const made = { operationId: operation.id, recordedAt: at() };
    if (operation.kind === revocationOperations.reinstate) {
      return block === undefined ? recordReinstatement(operation, certificate, made) : undefined;
    }
    const intent: RevocationRecord = {
      rootId,
      thumbprint: operation.target,
      serialNumber,
      commonName: certificate.commonName,
      notAfter: certificate.notAfter,
      wanted: true,
      // Nothing that is said later weakens what was said of the key, or makes an urgent revocation wait.
      reason: block?.reason ?? reason,
      urgency: current?.wanted === true && current.urgency === 'immediate' ? 'immediate' : urgency,
      ...made,
    };
    await stores.revocations.upsert(intent);
    return intent;
  }

  /** Undefined when the key was blocked or the name given away at this very moment: then what stood there stands again. */
  async function recordReinstatement(
    operation: OperationRecord,
    { rootId, publicKeyHash, commonName, serialNumber }: CertificateRecord,
    made: Pick<RevocationRecord, 'operationId' | 'recordedAt'>,
  ): Promise<RevocationRecord | undefined> {
    const { id, target } = operation;
    const { allowSharedName } = contextOf(operation);
    const keys = { partitionKey: rootId, rowKey: target };
    const replaced: { before?: RevocationRecord } = {};
    const intent = await stores.revocations.update(keys, (record) => {
      replaced.before = record;
      return { ...record, ...made, wanted: false };
    });
    const isBlocked = (await findBlock(stores, publicKeyHash)) !== undefined;
    // Whoever orders a certificate of this name writes its record first, and takes the name for taken from this intent on.
    const isTaken = !allowSharedName && (await isNameTaken(stores, lookup, { commonName, serialNumber }));
    if (!isBlocked && !isTaken) return intent;
    await stores.revocations.update(keys, (record) => (record.operationId === id ? replaced.before : undefined));
    return undefined;
  }

  async function markCertificate(intent: RevocationRecord): Promise<CertificateRecord | undefined> {
    return stores.certificates.update(certificateKeys(intent.serialNumber), (record) => {
      const { revokedAt, revocationReason: _why, ...unrevoked } = record;
      if (!intent.wanted) {
        const isReinstated = record.state === 'revoked' && !isBlockingReason(record.revocationReason);
        return isReinstated ? { ...unrevoked, state: 'issued' } : undefined;
      }
      if (record.state === 'revoked' && record.revocationReason === intent.reason) return undefined;
      return { ...record, state: 'revoked', revokedAt: revokedAt ?? at(), revocationReason: intent.reason };
    });
  }

  async function carry(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const asked = contextOf(operation);
    const isReport = operation.kind === revocationOperations.revoke && asked.twinOf === '';
    const twins = isReport ? await beginTwins(operation, asked) : [];
    await runOne(operation, orchestrations);
    for (const twin of twins) if (!isOperationEnd(twin.status)) await runOne(twin, orchestrations);
  }

  async function runOne(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const intent = await recordIntent(operation);
    if (intent === undefined) {
      const later = (
        await stores.revocations.get({ partitionKey: contextOf(operation).rootId, rowKey: operation.target })
      )?.record;
      if (later?.wanted === (operation.kind === revocationOperations.revoke) && operation.steps.length > 0) {
        await joinEqual(operation, later);
        return;
      }
      const detail =
        operation.kind === revocationOperations.revoke
          ? 'A later request about the same certificate took its place.'
          : 'A later request took its place, or its key was blocked or its name given to another certificate meanwhile.';
      const problem = { code: 'ERR_CONFLICT', detail };
      await operations.finish(operation.id, { status: 'failed', problem });
      return;
    }
    const certificate = await markCertificate(intent);
    if (certificate !== undefined) await announce(operation.id, intent.wanted ? 'revoked' : 'reinstated', certificate);
    for (const { name } of operation.steps) {
      if (await isForgotten(operation, name)) continue;
      await askGateway(name, intent);
      await operations.setStep(operation.id, name, { status: 'running', now: now() });
      await writer.recordIntent(orchestrations, name);
    }
    // No gateway trusts the root: the record is all there is to do.
    if (operation.steps.length === 0)
      await operations.finish(operation.id, { status: 'succeeded', result: { gateways: [] } });
  }

  /** Whoever writes a gateway's row looks afterwards whether its intent still stands: the row is the last intent's. */
  async function askGateway(gatewayId: string, intent: RevocationRecord): Promise<void> {
    await setRow(gatewayId, intent);
    const keys = { partitionKey: intent.rootId, rowKey: intent.thumbprint };
    const standing = (await stores.revocations.get(keys))?.record;
    if (standing !== undefined && standing.operationId !== intent.operationId) await setRow(gatewayId, standing);
  }

  async function setRow(gatewayId: string, intent: RevocationRecord): Promise<void> {
    const row = newGatewayRevocation(gatewayId, intent, at());
    if (await stores.gatewayRevocations.insert(row)) return;
    const overtaken: { before?: GatewayRevocation } = {};
    await stores.gatewayRevocations.update(gatewayRevocationKind.keys(row), (current) => {
      overtaken.before = current;
      return current.operationId === intent.operationId ? undefined : { ...row, ...earlierOf(current, intent) };
    });
    const { before } = overtaken;
    if (before?.operationId === undefined || before.operationId === intent.operationId) return;
    if (before.wanted === intent.wanted) return;
    for (const operationId of operationsOf(before)) {
      await supersede(operations, { operationId, name: gatewayId, laterId: intent.operationId, now: now() });
    }
  }

  /** A gateway that was removed meanwhile has no part in the operation any more: nobody would ever end its step. */
  async function isForgotten(operation: OperationRecord, gatewayId: string): Promise<boolean> {
    if ((await stores.gateways.get(gatewayKeys(gatewayId))) !== undefined) return false;
    const detail = 'Gatehouse has removed the gateway, or taken its roots off it, since this was asked.';
    await operations.settleStep(operation.id, gatewayId, { status: 'skipped', detail, now: now() });
    return true;
  }

  /** An equal request was a moment earlier or later: this operation ends with the one that the gateways know of. */
  async function joinEqual(operation: OperationRecord, intent: RevocationRecord): Promise<void> {
    for (const { name } of operation.steps) {
      if (await isForgotten(operation, name)) continue;
      await askGateway(name, intent);
      await operations.setStep(operation.id, name, { status: 'running', now: now() });
      const keys = { partitionKey: name, rowKey: intent.thumbprint };
      const row = await stores.gatewayRevocations.update(keys, (current) =>
        operationsOf(current).includes(operation.id)
          ? undefined
          : { ...current, earlierOperationIds: [...(current.earlierOperationIds ?? []), operation.id] },
      );
      const isDone = row?.state === 'disconnected' || row?.state === 'proven' || row?.state === 'removed';
      if (isDone)
        await operations.settleStep(operation.id, name, { status: 'succeeded', detail: row.state, now: now() });
    }
  }

  /** The operation that is already running for the same request, if one is. */
  async function underWay(
    record: CertificateRecord & { readonly thumbprint: Thumbprint },
    wanted: boolean,
  ): Promise<OperationRecord | undefined> {
    const intent = (await stores.revocations.get({ partitionKey: record.rootId, rowKey: record.thumbprint }))?.record;
    if (intent?.wanted !== wanted) return undefined;
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
    carry,

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
      const operation = await begin(revocationOperations.revoke, record, request, {
        reason,
        urgency: urgency ?? (reason === 'superseded' ? 'window' : 'immediate'),
      });
      await carry(operation, request.orchestrations);
      return (await operations.get(operation.id)) ?? operation;
    },

    reinstate: async (text, { allowSharedName }, request) => {
      const record = await requireCertificate(text);
      const intent = (await stores.revocations.get({ partitionKey: record.rootId, rowKey: record.thumbprint }))?.record;
      const same = await underWay(record, false);
      if (same !== undefined && same.id !== request.operationId) return same;
      const isRepeat = intent?.operationId === request.operationId;
      const block = await findBlock(stores, record.publicKeyHash);
      if (block !== undefined) throw keyBlockedOnReinstate(block);
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
      if (!isRepeat && allowSharedName !== true && (await isNameTaken(stores, lookup, record)))
        throw commonNameTakenOnReinstate(record.commonName);
      const operation = await begin(revocationOperations.reinstate, record, request, {
        allowSharedName: allowSharedName === true,
      });
      await carry(operation, request.orchestrations);
      return (await operations.get(operation.id)) ?? operation;
    },
  };
}

/** What the request asked for, kept with the operation: a crash may come before the intent is recorded. */
interface Asked {
  readonly reason?: RevocationReason;
  readonly urgency?: 'immediate' | 'window';
  /** Thumbprint of the certificate with whose key this one was reported. */
  readonly twinOf?: string;
  /** Of a reinstatement: another live certificate may have the name. */
  readonly allowSharedName?: boolean;
}

function isExpired({ notAfter }: CertificateRecord, now: Date): boolean {
  return Date.parse(notAfter) <= now.getTime();
}

/** An equal request that is overtaken is remembered with the one that took its place; another one is not. */
function earlierOf(
  before: GatewayRevocation,
  intent: RevocationRecord,
): Pick<GatewayRevocation, 'earlierOperationIds'> {
  return before.wanted === intent.wanted ? { earlierOperationIds: [...operationsOf(before)] } : {};
}

function contextOf(operation: OperationRecord): Required<Asked> & Pick<RevocationRecord, 'rootId' | 'serialNumber'> {
  const context = (operation.context ?? {}) as Asked & { readonly rootId?: string; readonly serialNumber?: string };
  const usual = { reason: 'unspecified', urgency: 'immediate', twinOf: '', allowSharedName: false } as const;
  return { rootId: '', serialNumber: '', ...usual, ...context };
}
