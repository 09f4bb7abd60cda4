import { AppError } from '../../domain/app-error.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import { parseThumbprint, type Thumbprint } from '../../domain/thumbprint.ts';
import type { CertificateRecord, RevocationRecord } from '../../stores/records/certificates.ts';
import {
  findBlock,
  findBlockOf,
  isBlockingReason,
  keyBlockedOnReinstate,
  saysMore,
} from '../certificates/blocked-keys.ts';
import { findDeparture, ownerLeftOnReinstate } from '../certificates/departures.ts';
import { commonNameTakenOnReinstate, isNameTaken } from '../certificates/shared-names.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import { createBeginRevocation } from './begin-revocation.ts';
import { isExpired } from './desired-entries.ts';
import { isRootWithdrawn } from './refusing-gateways.ts';
import type { RevocationReason } from './revocation-intents.ts';
import { createRunRevocation, type RunRevocation, type RunRevocationOptions } from './run-revocation.ts';

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
  readonly run: RunRevocation;
}

type Known = CertificateRecord & { readonly thumbprint: Thumbprint };

export function createRevocations(options: RunRevocationOptions): Revocations {
  const { stores, lookup, operations, now } = options;
  const begin = createBeginRevocation(options);
  const run = createRunRevocation(options, begin);

  async function requireCertificate(text: string): Promise<Known> {
    const thumbprint = parseThumbprint(text);
    const record = thumbprint === undefined ? undefined : await lookup.byThumbprint(thumbprint);
    if (record === undefined || thumbprint === undefined) {
      throw new AppError('ERR_NOT_FOUND', `Certificate ${text.slice(0, 64)} does not exist.`);
    }
    return { ...record, thumbprint };
  }

  /** The operation that is already running for the same request, if one is. */
  async function underWay(
    record: Known,
    wanted: boolean,
    urgency?: RevocationRecord['urgency'],
  ): Promise<OperationRecord | undefined> {
    const intent = (await stores.revocations.get({ partitionKey: record.rootId, rowKey: record.thumbprint }))?.record;
    if (intent?.wanted !== wanted) return undefined;
    // What is to be out at once does not wait with what may wait for a change window.
    if (urgency === 'immediate' && intent.urgency === 'window') return undefined;
    // Of a registered one more may have become known since.
    if (intent.commonName !== record.commonName || intent.notAfter !== record.notAfter) return undefined;
    const operation = await operations.get(intent.operationId);
    return operation === undefined || isOperationEnd(operation.status) ? undefined : operation;
  }

  /** Refuses with the one thing that stands against it. What this very request has begun is not judged once more. */
  async function requireReinstatable(
    record: Known,
    asked: {
      readonly intent: RevocationRecord | undefined;
      readonly operationId: string;
      readonly allowSharedName: boolean | undefined;
    },
  ): Promise<void> {
    const { intent, operationId, allowSharedName } = asked;
    const { commonName, serialNumber } = record;
    const isRepeat = intent?.operationId === operationId;
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
      const usual = reason === 'superseded' ? 'window' : 'immediate';
      const asked = { reason, urgency: isBlockingReason(reason) ? 'immediate' : (urgency ?? usual) } as const;
      const same = await underWay(record, true, asked.urgency);
      if (same !== undefined && same.id !== request.operationId && !isNews) return same;
      const operation = await begin('revokeCertificate', record, request, asked);
      await run(operation, request.orchestrations);
      return (await operations.get(operation.id)) ?? operation;
    },

    reinstate: async (text, { allowSharedName }, request) => {
      const record = await requireCertificate(text);
      const intent = (await stores.revocations.get({ partitionKey: record.rootId, rowKey: record.thumbprint }))?.record;
      const same = await underWay(record, false);
      if (same !== undefined && same.id !== request.operationId) return same;
      await requireReinstatable(record, { intent, operationId: request.operationId, allowSharedName });
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
