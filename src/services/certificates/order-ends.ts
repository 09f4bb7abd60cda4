import { AppError } from '../../domain/app-error.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import type { CertificateRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Operations } from '../operations/operations.ts';
import type { Audit } from '../requests/audit.ts';
import type { Certificates } from './issue-certificate.ts';
import { madeSerialNumbers } from './issue-with-key.ts';
import { noteApprovedIssue } from './note-approved-issue.ts';
import type { RequestRandom } from './prepare-certificate.ts';

interface OrderFault {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly error?: AppError;
}

/** How orders that people decide end: what the operation says then is true of the certificate, and stays so. */
export interface OrderEnds {
  /** The audit tells of the certificate before the operation does. */
  succeed(operationId: string, record: CertificateRecord): Promise<'done'>;
  cancel(operationId: string): Promise<'done'>;
  fail(operationId: string, step: 'approve' | 'issue', fault: OrderFault): Promise<'done'>;
  /** The certificate that was made with its key for the order, once it is released. */
  findReleased(random: RequestRandom): Promise<CertificateRecord | undefined>;
  /**
   * Ends an order that its record says is closed, so that whoever comes to its release now finds it closed. A
   * certificate that came there before is let through or withheld.
   */
  endUnissued(operationId: string, random: RequestRandom, end: () => Promise<'done'>): Promise<'done'>;
  /** Closes the order, then fails it as `endUnissued` does. */
  failUnissued(operationId: string, random: RequestRandom, fault: OrderFault): Promise<'done'>;
  /** Fails an order that is refused for good with what speaks against it; what another try may get past is thrown. */
  refuse(operationId: string, random: RequestRandom, error: unknown): Promise<'done'>;
}

export function createOrderEnds({
  stores,
  operations,
  certificates,
  audit,
  now,
}: {
  readonly stores: Pick<Stores, 'certificates'>;
  readonly operations: Pick<Operations, 'get' | 'setStep' | 'finish'>;
  readonly certificates: Pick<Certificates, 'complete'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly now: () => Date;
}): OrderEnds {
  async function fail(operationId: string, step: 'approve' | 'issue', fault: OrderFault): Promise<'done'> {
    const { code, detail, error } = fault;
    await operations.setStep(operationId, step, { status: 'failed', code, detail, now: now() });
    const errors = error?.problems ?? [{ path: '', code, message: detail, fix: 'Ask again if it is still wanted.' }];
    const problem = { code: error?.code ?? 'ERR_OPERATION_FAILED', detail, errors: [...errors] };
    await operations.finish(operationId, { status: 'failed', problem });
    return 'done';
  }

  async function succeed(operationId: string, record: CertificateRecord): Promise<'done'> {
    const { thumbprint, serialNumber, rootId, owner } = record;
    // Of one that has ended the audit tells: whoever collects again gets the same certificate.
    if ((await operations.get(operationId))?.status === 'succeeded') return 'done';
    await noteApprovedIssue({ audit, now }, record);
    await operations.setStep(operationId, 'issue', { status: 'succeeded', now: now() });
    await operations.finish(operationId, { status: 'succeeded', result: { thumbprint, serialNumber, rootId, owner } });
    return 'done';
  }

  async function cancel(operationId: string): Promise<'done'> {
    await operations.finish(operationId, { status: 'canceled' });
    return 'done';
  }

  async function findReleased(random: RequestRandom): Promise<CertificateRecord | undefined> {
    for (const { partitionKey, rowKey } of madeSerialNumbers(random)) {
      const record = (await stores.certificates.get({ partitionKey, rowKey }))?.record;
      if (record?.certificate !== undefined) return record;
    }
    return undefined;
  }

  async function endUnissued(operationId: string, random: RequestRandom, end: () => Promise<'done'>): Promise<'done'> {
    for (const { partitionKey, rowKey } of madeSerialNumbers(random)) {
      const started = (await stores.certificates.get({ partitionKey, rowKey }))?.record;
      const record = started?.state === 'issuing' ? await certificates.complete(started.serialNumber) : started;
      if (record?.certificate !== undefined) return succeed(operationId, record);
    }
    return end();
  }

  async function failUnissued(operationId: string, random: RequestRandom, fault: OrderFault): Promise<'done'> {
    const { code, detail } = fault;
    await operations.setStep(operationId, 'issue', { status: 'failed', code, detail, now: now() });
    return endUnissued(operationId, random, () => fail(operationId, 'issue', fault));
  }

  async function refuse(operationId: string, random: RequestRandom, error: unknown): Promise<'done'> {
    if (!(error instanceof AppError) || error.retryAfterSeconds !== undefined) throw error;
    const code = error.problems[0]?.code ?? 'certificateUnfit';
    return failUnissued(operationId, random, { code, detail: error.message, error });
  }

  return { succeed, cancel, fail, findReleased, endUnissued, failUnissued, refuse };
}
