import type { Orchestrations } from '../../ports/orchestrations.ts';
import { sha256Hex } from '../../stores/digest.ts';
import { mapInGroups } from '../../stores/map-in-groups.ts';
import type { Outbox } from '../../stores/outbox.ts';
import type { CertificateRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import { findBlock, isBlockingReason, saysMore, withhold } from '../certificates/blocked-keys.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import { leftReason } from '../certificates/departures.ts';
import type { Owners } from '../certificates/owners.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import type { Audit } from '../requests/audit.ts';
import { isExpired } from './desired-entries.ts';
import { certificatesOf, ownersOf } from './leaver-statement.ts';
import type { RevocationReason } from './revocation-intents.ts';
import type { Revocations } from './revocations.ts';

export interface LeaverOptions {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly owners: Pick<Owners, 'depart' | 'departedWith' | 'get' | 'samePerson'>;
  readonly revocations: Pick<Revocations, 'revoke'>;
  readonly operations: Operations;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly now: () => Date;
}

/** What is done to somebody who leaves, each step safe to repeat and noted on the operation when it is done. */
export interface TakeOut {
  /** Nothing more is issued to the owner, nor to others of the same address or principal. */
  stopIssuing(operation: OperationRecord): Promise<void>;
  /**
   * From here on nothing is issued to them: what is found now is all that there is. One that throws keeps no other
   * waiting.
   */
  revokeAll(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
}

export function createTakeOut(options: LeaverOptions): TakeOut {
  const { stores, owners, revocations, operations, now } = options;

  async function stopIssuing(operation: OperationRecord): Promise<void> {
    const { id, target, requestedBy: by, createdAt: at } = operation;
    const reason = reasonOf(operation);
    const owner = await owners.get(target);
    // One person may be registered under several ids: whoever leaves leaves under all of them.
    const same = (await owners.samePerson(owner ?? {})).filter((one) => one.id !== target);
    for (const ownerId of [target, ...same.map((one) => one.id)]) {
      await owners.depart(ownerId, { at, reason, by, operationId: id });
      await options.outbox.append({
        id: ownerId === target ? `${id}-left` : `${id}-left-${ownerId}`,
        type: 'gatehouse.owner.left.v1',
        subject: `owners/${ownerId}`,
        data: { owner: ownerId, reason, operationId: id },
      });
    }
    await operations.setStep(id, 'stopIssuing', { status: 'succeeded', now: now() });
  }

  async function revokeAll(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const all = await certificatesOf(options, await ownersOf(options, operation));
    const faults: unknown[] = [];
    const begun = await mapInGroups(all, 4, (certificate) =>
      revokeOne(operation, certificate, orchestrations).catch((error: unknown) => {
        faults.push(error);
        return false;
      }),
    );
    if (faults.length > 0) throw faults[0];
    const count = begun.filter(Boolean).length;
    await operations.setStep(operation.id, 'revokeCertificates', {
      status: 'succeeded',
      detail: `${count} of ${all.length} certificates are revoked by this; the others were out already.`,
      now: now(),
    });
  }

  async function revokeOne(
    operation: OperationRecord,
    found: CertificateRecord,
    orchestrations: Orchestrations,
  ): Promise<boolean> {
    const reason = reasonOf(operation);
    const certificate =
      found.state === 'issuing' ? ((await withhold(stores, found, leftReason, now())) ?? found) : found;
    const { thumbprint } = certificate;
    if (thumbprint === undefined || (isExpired(certificate, now()) && !isBlockingReason(reason))) return false;
    const operationId = `op-${sha256Hex(`${operation.id}/${thumbprint}`).slice(0, 32)}`;
    if (await isOnItsWayOut({ ...certificate, thumbprint }, reason, operationId)) return false;
    const { requestedBy } = operation;
    const request = { operationId, requestedBy, orchestrations };
    await revocations.revoke(thumbprint, { reason, urgency: 'immediate' }, request);
    await options.audit.write({
      at: now().toISOString(),
      requestId: operationId,
      phase: 'outcome',
      who: requestedBy,
      action: 'certificate.revoke',
      target: { thumbprint, owner: certificate.owner },
      reason,
      operationId,
      status: 202,
    });
    return true;
  }

  /** Revoked at once already, and nothing new is said of its key: another request would only begin its proof anew. */
  async function isOnItsWayOut(
    { rootId, thumbprint, publicKeyHash }: CertificateRecord & { readonly thumbprint: string },
    reason: RevocationReason,
    operationId: string,
  ): Promise<boolean> {
    const intent = (await stores.revocations.get({ partitionKey: rootId, rowKey: thumbprint }))?.record;
    if (intent?.wanted !== true || intent.urgency !== 'immediate' || intent.operationId === operationId) return false;
    return !saysMore(reason, await findBlock(stores, publicKeyHash));
  }

  return { stopIssuing, revokeAll };
}

export function reasonOf({ context }: OperationRecord): RevocationReason {
  return (context as { readonly reason?: RevocationReason } | undefined)?.reason ?? 'left';
}
