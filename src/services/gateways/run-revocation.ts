import { isDeferred, isOperationEnd } from '../../domain/operation.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { Outbox } from '../../stores/outbox.ts';
import {
  type CertificateRecord,
  type RevocationRecord,
  revocationsOfGateway,
} from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import type { KeyFiles } from '../certificates/release-certificate.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import type { Audit } from '../requests/audit.ts';
import type { BeginRevocation } from './begin-revocation.ts';
import type { GatewayWriter } from './gateway-writer.ts';
import { gatewaysOfRoot } from './refusing-gateways.ts';
import { contextOf, createRevocationIntents, isRevocation } from './revocation-intents.ts';
import { createRevocationRows } from './revocation-rows.ts';
import { createRevokeSameKey } from './revoke-same-key.ts';

export interface RunRevocationOptions {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly operations: Operations;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly writer: GatewayWriter;
  readonly keyFiles: Pick<KeyFiles, 'withdraw'>;
  readonly now: () => Date;
}

/** Carries a recorded revocation or reinstatement to the gateways, and may be called again wherever a crash left it. */
export type RunRevocation = (operation: OperationRecord, orchestrations: Orchestrations) => Promise<void>;

export function createRunRevocation(options: RunRevocationOptions, begin: BeginRevocation): RunRevocation {
  const { stores, operations, writer, now } = options;
  const intents = createRevocationIntents(options);
  const rows = createRevocationRows(options);
  const revokeSameKey = createRevokeSameKey({
    ...options,
    begin: (certificate, { operationId, requestedBy, reason, sameKeyAs }) =>
      begin(
        'revokeCertificate',
        certificate,
        { operationId, requestedBy },
        { reason, urgency: 'immediate', sameKeyAs },
      ),
  });

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
    for (const step of operation.steps) {
      const { name } = step;
      if (isDeferred(step, now()) || (await rows.isForgotten(operation, name))) continue;
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

  return async (operation, orchestrations) => {
    const asked = contextOf(operation);
    const isReport = isRevocation(operation) && asked.sameKeyAs === '';
    const others = isReport ? await revokeSameKey(operation, asked) : [];
    await runOne(operation, orchestrations);
    for (const other of others) if (!isOperationEnd(other.status)) await runOne(other, orchestrations);
  };
}
