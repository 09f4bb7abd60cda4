import { isCarriedBy, type KindCarriedBy } from '../../domain/operation-kinds.ts';
import { certificateKeys, type CertificateRecord, type RevocationRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import { findBlock, findBlockOf, isBlockingReason } from '../certificates/blocked-keys.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import { findDeparture } from '../certificates/departures.ts';
import { isNameTaken } from '../certificates/shared-names.ts';
import type { OperationRecord } from '../operations/operation-record.ts';

export const revocationReasons = ['compromised', 'left', 'lost', 'superseded', 'unspecified'] as const;
export type RevocationReason = (typeof revocationReasons)[number];

/** What the request asked for, kept with the operation: a crash may come before the intent is recorded. */
export interface Asked {
  readonly reason?: RevocationReason;
  readonly urgency?: 'immediate' | 'window';
  /** Thumbprint of the certificate with whose key this one was reported. */
  readonly sameKeyAs?: string;
  /** Of a reinstatement: another live certificate may have the name. */
  readonly allowSharedName?: boolean;
}

export interface RevocationIntents {
  /**
   * The intent first: from here on every reconciler keeps to it, whatever happens to the request. Undefined when a
   * later request has recorded its own.
   */
  readonly record: (operation: OperationRecord) => Promise<RevocationRecord | undefined>;
  /** Brings the certificate's state to the intent. Undefined when it is in that state already. */
  readonly mark: (intent: RevocationRecord) => Promise<CertificateRecord | undefined>;
  /** What stands for the certificate of the operation, whoever recorded it. */
  readonly latest: (operation: OperationRecord) => Promise<RevocationRecord | undefined>;
}

/** What is wanted of a certificate, revoked or reinstated, as every reconciler reads it. */
export function createRevocationIntents({
  stores,
  lookup,
  now,
}: {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly now: () => Date;
}): RevocationIntents {
  const at = (): string => now().toISOString();

  /**
   * The root is that of the record: until its certificate is sent, a registered one may have been said to be of
   * another.
   */
  async function certificateOf(operation: OperationRecord): Promise<CertificateRecord> {
    const { serialNumber } = contextOf(operation);
    const certificate = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
    if (certificate === undefined) throw new Error(`Certificate ${serialNumber} has no record.`);
    return certificate;
  }

  async function standing({ rootId }: CertificateRecord, thumbprint: string): Promise<RevocationRecord | undefined> {
    return (await stores.revocations.get({ partitionKey: rootId, rowKey: thumbprint }))?.record;
  }

  async function record(operation: OperationRecord): Promise<RevocationRecord | undefined> {
    const { serialNumber, reason, urgency } = contextOf(operation);
    const certificate = await certificateOf(operation);
    const { rootId } = certificate;
    const current = await standing(certificate, operation.target);
    if (current?.operationId === operation.id) {
      if (isRevocation(operation)) return current;
      if (!current.wanted) return lookAgain(operation, certificate, current);
      return undefined;
    }
    const block = await findBlock(stores, certificate.publicKeyHash);
    const isLater = current !== undefined && Date.parse(current.recordedAt) > Date.parse(operation.createdAt);
    // A reinstatement that came in between does not outlast what was said of the key.
    if (isLater && (current.wanted || block === undefined)) return undefined;
    const made = { operationId: operation.id, recordedAt: at() };
    if (!isRevocation(operation)) {
      return block === undefined ? recordReinstatement(operation, certificate, made) : undefined;
    }
    const isStandingUrgent = current?.wanted === true && current.urgency === 'immediate';
    const intent: RevocationRecord = {
      rootId,
      thumbprint: operation.target,
      serialNumber,
      commonName: certificate.commonName,
      notAfter: certificate.notAfter,
      wanted: true,
      // Nothing that is said later weakens what was said of the key, or makes an urgent revocation wait.
      reason: block?.reason ?? reason,
      urgency: block !== undefined || isStandingUrgent ? 'immediate' : urgency,
      ...made,
    };
    await stores.revocations.upsert(intent);
    return intent;
  }

  /**
   * Undefined when the key was blocked, the name given away or the owner left at this very moment: what stood there
   * stands again.
   */
  async function recordReinstatement(
    operation: OperationRecord,
    certificate: CertificateRecord,
    made: Pick<RevocationRecord, 'operationId' | 'recordedAt'>,
  ): Promise<RevocationRecord | undefined> {
    const keys = { partitionKey: certificate.rootId, rowKey: operation.target };
    const replaced: { before?: RevocationRecord } = {};
    const intent = await stores.revocations.update(keys, (record) => {
      replaced.before = record;
      return { ...record, ...made, wanted: false };
    });
    if (await mayReinstate(operation, certificate)) return intent;
    await stores.revocations.update(keys, (record) =>
      record.operationId === operation.id ? replaced.before : undefined,
    );
    return undefined;
  }

  /**
   * A crash may have come between the intent and the looks, and what forbids it since then. Not once the certificate is
   * marked: the looks were done by then.
   */
  async function lookAgain(
    operation: OperationRecord,
    certificate: CertificateRecord,
    intent: RevocationRecord,
  ): Promise<RevocationRecord | undefined> {
    if (certificate.state !== 'revoked' || (await mayReinstate(operation, certificate))) return intent;
    const keys = { partitionKey: certificate.rootId, rowKey: operation.target };
    await stores.revocations.update(keys, (record) =>
      record.operationId === operation.id ? { ...record, wanted: true, recordedAt: at() } : undefined,
    );
    return undefined;
  }

  async function mayReinstate(operation: OperationRecord, certificate: CertificateRecord): Promise<boolean> {
    const { commonName, serialNumber, owner } = certificate;
    if ((await findBlockOf(stores, certificate)) !== undefined) return false;
    // Whoever notes that the owner left notes it, then looks for what is theirs.
    if ((await findDeparture(stores, owner)) !== undefined) return false;
    // Whoever orders a certificate of this name writes its record first, and takes the name for taken from the intent
    // on.
    return contextOf(operation).allowSharedName || !(await isNameTaken(stores, lookup, { commonName, serialNumber }));
  }

  async function mark(intent: RevocationRecord): Promise<CertificateRecord | undefined> {
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

  return { record, mark, latest: async (operation) => standing(await certificateOf(operation), operation.target) };
}

const revokes: Readonly<Record<KindCarriedBy<'revocations'>, boolean>> = {
  revokeCertificate: true,
  reinstateCertificate: false,
};

/** Whether the operation takes the certificate out; otherwise it takes a revocation back. */
export function isRevocation({ kind }: OperationRecord): boolean {
  if (!isCarriedBy(kind, 'revocations')) throw new Error(`Nothing of kind ${kind} is wanted of a certificate.`);
  return revokes[kind];
}

export function contextOf(operation: OperationRecord): Required<Asked> & Pick<RevocationRecord, 'serialNumber'> {
  const context = (operation.context ?? {}) as Asked & { readonly serialNumber?: string };
  const usual = { reason: 'unspecified', urgency: 'immediate', sameKeyAs: '', allowSharedName: false } as const;
  return { serialNumber: '', ...usual, ...context };
}
