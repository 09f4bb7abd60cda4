import { parseThumbprint, type Thumbprint } from '../../domain/thumbprint.ts';
import { sha256Hex } from '../../stores/digest.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { type BlockedKey, certificateKeys, type CertificateRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import { blockKey, isBlockingReason, withhold } from '../certificates/blocked-keys.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import type { Audit } from '../requests/audit.ts';

/** Another certificate of a public key that was reported. */
export type SameKeyCertificate = CertificateRecord & { readonly thumbprint: Thumbprint };

interface Begun {
  readonly operationId: string;
  readonly requestedBy: string;
  readonly reason: BlockedKey['reason'];
  /** Thumbprint of the certificate with which the key was reported. */
  readonly sameKeyAs: string;
}

export interface RevokeSameKeyOptions {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly operations: Pick<Operations, 'addResult'>;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly now: () => Date;
  /** Records the operation that revokes one of them at once. */
  readonly begin: (certificate: SameKeyCertificate, begun: Begun) => Promise<OperationRecord>;
}

/**
 * What a report says of the key itself, done before anything is written about the certificate: the key is blocked, and
 * its other certificates get revocations of their own. Answers their operations, which are all on record before the
 * reporting one can end: whatever comes in between, the sweep knows of each.
 */
export type RevokeSameKey = (
  operation: OperationRecord,
  report: { readonly serialNumber: string; readonly reason: string },
) => Promise<readonly OperationRecord[]>;

export function createRevokeSameKey(options: RevokeSameKeyOptions): RevokeSameKey {
  const { stores, lookup, now } = options;

  /**
   * The other certificates of the key that may open a gateway and are not on their way out for the key's sake already.
   * One that is being issued at this moment is withheld. The issuer writes its record, then looks at the block, then
   * signs, then releases if the record is as it was: it either sees the block, or its record is seen here.
   */
  async function othersOf(operation: OperationRecord, block: BlockedKey): Promise<readonly SameKeyCertificate[]> {
    const others: SameKeyCertificate[] = [];
    for (const found of await lookup.ofPublicKey(block.publicKeyHash)) {
      if (found.thumbprint === operation.target || Date.parse(found.notAfter) <= now().getTime()) continue;
      const other = found.state === 'issuing' ? ((await withhold(stores, found, block.reason, now())) ?? found) : found;
      const thumbprint = parseThumbprint(other.thumbprint ?? '');
      if (thumbprint === undefined || (await isOnItsWayOut({ ...other, thumbprint }, operation))) continue;
      others.push({ ...other, thumbprint });
    }
    return others;
  }

  async function isOnItsWayOut(
    { rootId, thumbprint }: SameKeyCertificate,
    operation: OperationRecord,
  ): Promise<boolean> {
    const intent = (await stores.revocations.get({ partitionKey: rootId, rowKey: thumbprint }))?.record;
    if (intent?.operationId === revocationIdOf(operation.id, thumbprint)) return false;
    return intent?.wanted === true && intent.urgency === 'immediate' && isBlockingReason(intent.reason);
  }

  async function begin(
    operation: OperationRecord,
    other: SameKeyCertificate,
    { reason }: BlockedKey,
  ): Promise<OperationRecord> {
    const { requestedBy, target: sameKeyAs } = operation;
    const operationId = revocationIdOf(operation.id, other.thumbprint);
    const begun = await options.begin(other, { operationId, requestedBy, reason, sameKeyAs });
    await options.audit.write({
      at: now().toISOString(),
      requestId: operationId,
      phase: 'outcome',
      who: requestedBy,
      action: 'certificate.revoke',
      target: { thumbprint: other.thumbprint, sameKeyAs },
      reason,
      operationId,
      status: 202,
    });
    return begun;
  }

  return async (operation, { serialNumber, reason }) => {
    if (!isBlockingReason(reason)) return [];
    const certificate = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
    if (certificate === undefined) throw new Error(`Certificate ${serialNumber} has no record.`);
    const { publicKeyHash } = certificate;
    if (publicKeyHash === '') {
      // Only its thumbprint is known: the key cannot be told, and so not be blocked, wherever else it is.
      await options.operations.addResult(operation.id, { keyBlocked: false, sameKey: [] });
      return [];
    }
    const block = {
      publicKeyHash,
      reason,
      blockedAt: now().toISOString(),
      thumbprint: operation.target,
      operationId: operation.id,
    };
    await blockKey(stores, block);

    const begun: OperationRecord[] = [];
    for (const other of await othersOf(operation, block)) begun.push(await begin(operation, other, block));
    const sameKey = begun.map(({ id, target }) => ({ thumbprint: target, operationId: id }));
    await options.operations.addResult(operation.id, { keyBlocked: true, sameKey });
    await options.outbox.append({
      id: `${operation.id}-blocked`,
      type: 'gatehouse.key.blocked.v1',
      subject: `certificates/${operation.target}`,
      data: { publicKeyHash, reason, thumbprint: operation.target, sameKey },
    });
    return begun;
  };
}

/** The same whenever the same operation runs again. */
function revocationIdOf(operationId: string, thumbprint: string): string {
  return `op-${sha256Hex(`${operationId}/${thumbprint}`).slice(0, 32)}`;
}
