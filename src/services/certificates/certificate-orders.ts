import { hkdfSync } from 'node:crypto';
import { z } from 'zod';
import {
  collectedEvent,
  type OrderCertificateInput,
  orderCertificateName,
  orderCertificateSteps,
  orderQuestion,
} from '../../contracts/certificates/order-certificate.ts';
import { AppError } from '../../domain/app-error.ts';
import { type Caller, roles } from '../../domain/caller.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { renewsSchema, rootKeys } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import { keepRunning } from '../operations/keep-running.ts';
import { instanceIdOf, type OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import { type CheckOrderOptions, orderRefused, ownNameOf, readOrder } from './check-order.ts';
import { type Certificates, type IssuedCertificate, requirePermitted } from './issue-certificate.ts';
import { type IssuedWithKey, type IssueWithKey, type KeyOrder, keyTypes, madeSerialNumbers } from './issue-with-key.ts';
import type { RequestRandom } from './prepare-certificate.ts';

/**
 * What is kept of an order until it is decided. Nothing of it is secret: the seed gives the serial number and a part of
 * the name.
 */
const orderSchema = z.object({
  rootId: z.string(),
  owner: z.string(),
  csr: z.string().optional(),
  keyType: z.enum(keyTypes).optional(),
  validityDays: z.int().optional(),
  commonName: z.string().optional(),
  allowSharedName: z.boolean().optional(),
  renews: renewsSchema.optional(),
  requestedBy: z.string(),
  role: z.enum(roles),
});
const contextSchema = z.object({ order: orderSchema, seed: z.string(), question: z.string(), days: z.int() });
export type StandingOrder = z.infer<typeof orderSchema>;

export interface CertificateOrdersOptions extends CheckOrderOptions {
  readonly stores: Stores;
  readonly operations: Operations;
  readonly certificates: Pick<Certificates, 'issue' | 'complete'>;
  readonly issueWithKey: IssueWithKey;
}

/**
 * Certificates under roots whose policy has each of them approved: asked for, decided by people, then issued or
 * collected.
 */
export interface CertificateOrders {
  /** Whether an order under this root has to be approved. */
  isNeeded(rootId: string): Promise<boolean>;
  /** Judges the order as if it was to be issued now, and asks people. */
  ask(order: StandingOrder, request: IntentRequest, random: RequestRandom): Promise<OperationRecord>;
  /** Goes on from wherever a crash left it. For the sweep. */
  run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
  /** What follows once people have decided: the certificate, or the operation's end. */
  advance(
    operationId: string,
    answer: 'approved' | 'rejected' | 'canceled' | 'not decided in time',
    isLast: boolean,
  ): Promise<'waiting' | 'done'>;
  /** Makes the key of an approved order, and the certificate and file with it: for its asker alone. */
  collect(
    operationId: string,
    wishes: Pick<KeyOrder, 'password' | 'encryption'>,
    by: { readonly caller: Caller; readonly orchestrations: Orchestrations },
  ): Promise<IssuedWithKey>;
}

export function createCertificateOrders(options: CertificateOrdersOptions): CertificateOrders {
  const { stores, operations, certificates, now } = options;

  async function fail(
    operationId: string,
    step: 'approve' | 'issue',
    fault: { readonly code: ProblemCode; readonly detail: string; readonly error?: AppError },
  ): Promise<'done'> {
    const { code, detail, error } = fault;
    await operations.setStep(operationId, step, { status: 'failed', code, detail, now: now() });
    const errors = error?.problems ?? [{ path: '', code, message: detail, fix: 'Ask again if it is still wanted.' }];
    const problem = { code: error?.code ?? 'ERR_OPERATION_FAILED', detail, errors: [...errors] };
    await operations.finish(operationId, { status: 'failed', problem });
    return 'done';
  }

  async function succeed(operationId: string, { record }: Pick<IssuedCertificate, 'record'>): Promise<'done'> {
    const { thumbprint, serialNumber, rootId, owner } = record;
    await operations.setStep(operationId, 'issue', { status: 'succeeded', now: now() });
    await operations.finish(operationId, { status: 'succeeded', result: { thumbprint, serialNumber, rootId, owner } });
    return 'done';
  }

  async function issueNow(operationId: string, order: StandingOrder, random: RequestRandom): Promise<'done'> {
    try {
      return await succeed(operationId, await certificates.issue({ ...order, approvedIn: operationId }, random));
    } catch (error: unknown) {
      // What another try may get past is tried again.
      if (!(error instanceof AppError) || error.retryAfterSeconds !== undefined) throw error;
      const code = error.problems[0]?.code ?? 'certificateUnfit';
      return fail(operationId, 'issue', { code: code, detail: error.message, error });
    }
  }

  async function cancel(operationId: string): Promise<'done'> {
    await operations.finish(operationId, { status: 'canceled' });
    return 'done';
  }

  /**
   * Ends an order that its record says is closed, so that whoever comes to its release now finds it closed. A
   * certificate that came there before is let through or withheld: what the operation then says stays true.
   */
  async function endUnissued(operationId: string, random: RequestRandom, end: () => Promise<'done'>): Promise<'done'> {
    for (const { partitionKey, rowKey } of madeSerialNumbers(random)) {
      const started = (await stores.certificates.get({ partitionKey, rowKey }))?.record;
      const record = started?.state === 'issuing' ? await certificates.complete(started.serialNumber) : started;
      if (record?.certificate !== undefined) return succeed(operationId, { record });
    }
    return end();
  }

  /** Also where the process that handed the certificate over died before it could say so. */
  async function awaitCollection(
    { id: operationId, attempt, cancelRequested }: OperationRecord,
    random: RequestRandom,
    isLast: boolean,
  ): Promise<'waiting' | 'done'> {
    if (cancelRequested) return endUnissued(operationId, random, () => cancel(operationId));
    const detail = `Whoever asked has not collected it (POST /api/operations/${operationId}/collect).`;
    if (isLast) {
      const fault = { code: 'notCollected', detail } as const;
      await operations.setStep(operationId, 'issue', { status: 'failed', ...fault, now: now() });
      return endUnissued(operationId, random, () => fail(operationId, 'issue', fault));
    }
    for (const { partitionKey, rowKey } of madeSerialNumbers(random)) {
      const record = (await stores.certificates.get({ partitionKey, rowKey }))?.record;
      if (record?.certificate !== undefined) return succeed(operationId, { record });
    }
    // Whoever cancels the operation tells whoever waits for something: it does not go on waiting for days.
    const instanceId = instanceIdOf(operationId, attempt);
    await operations.openWait(operationId, 'collect', {
      kind: 'manual',
      detail,
      instanceId,
      eventName: collectedEvent,
    });
    await operations.setStep(operationId, 'issue', { status: 'waiting', detail, now: now() });
    return 'waiting';
  }

  /**
   * Asked last before a certificate is released: whoever closes its order closes it first, then looks for the
   * certificate.
   */
  async function requireOpen(operationId: string): Promise<void> {
    const operation = await operations.get(operationId);
    if (operation === undefined || isClosed(operation)) throw nothingToCollect(operationId, 'is closed');
  }

  async function requireCollectable(operationId: string, caller: Caller): Promise<OperationRecord> {
    const operation = await operations.get(operationId);
    if (operation?.kind !== orderCertificateName) {
      throw new AppError('ERR_NOT_FOUND', `There is no order of a certificate ${operationId}.`);
    }
    if (operation.requestedBy !== caller.id) {
      throw new AppError('ERR_CALLER_NOT_ALLOWED', 'Only whoever asked for a certificate collects it with its key.');
    }
    if (operation.waits?.[orderQuestion]?.decision !== 'approved' && !isClosed(operation)) {
      throw nothingToCollect(operationId, 'is not approved yet');
    }
    if (!isClosed(operation)) return operation;
    const isBeing = operation.cancelRequested && !isOperationEnd(operation.status);
    throw nothingToCollect(operationId, isBeing ? 'is being canceled' : `is ${operation.status}`);
  }

  async function run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const { question, days } = contextOf(operation);
    const input: OrderCertificateInput = { operationId: operation.id, question, days };
    await keepRunning(operation, { name: orderCertificateName, input, orchestrations }, { operations, now });
  }

  return {
    run,

    isNeeded: async (rootId) => (await stores.roots.get(rootKeys(rootId)))?.record.policy?.approval !== undefined,

    ask: async (order, { operationId, orchestrations }, random) => {
      const { root, owner, problems } = await readOrder(options, order);
      if (problems.length > 0 || root === undefined || owner === undefined) throw orderRefused(problems);
      requirePermitted(root, { ...order, approvedIn: operationId });
      const renewed = order.renews === undefined ? '' : `, in the place of ${order.renews.thumbprint}`;
      const name = order.commonName ?? ownNameOf(owner, 'xxxxxxxx') ?? owner.id;
      const operation = await operations.create({
        id: operationId,
        kind: orderCertificateName,
        target: root.id,
        targetKey: root.id,
        requestedBy: order.requestedBy,
        steps: orderCertificateSteps,
        context: {
          order,
          seed: Buffer.from(random('order', 32)).toString('hex'),
          question: `${order.requestedBy} asks for a certificate of ${owner.id} under root ${root.id}, with the name ${name}${renewed}.`,
          days: root.policy?.approval?.days ?? 1,
        } satisfies z.infer<typeof contextSchema>,
      });
      if (!isOperationEnd(operation.status)) await run(operation, orchestrations);
      return operation;
    },

    advance: async (operationId, answer, isLast) => {
      const operation = await operations.get(operationId);
      if (operation === undefined || isOperationEnd(operation.status)) return 'done';
      if (answer === 'canceled') return cancel(operationId);
      if (answer !== 'approved') {
        const { decidedBy, comment } = operation.waits?.[orderQuestion] ?? {};
        const who = decidedBy === undefined ? '' : ` by ${decidedBy}`;
        const code = answer === 'rejected' ? 'notApproved' : 'notDecided';
        const detail = `It was ${answer}${who}.${comment === undefined ? '' : ` ${comment}`}`;
        return fail(operationId, 'approve', { code, detail });
      }
      await operations.setStep(operationId, 'approve', { status: 'succeeded', now: now() });
      const { order, seed } = contextOf(operation);
      if (order.csr === undefined) return awaitCollection(operation, randomOf(seed), isLast);
      if (!operation.cancelRequested) return issueNow(operationId, order, randomOf(seed));
      return endUnissued(operationId, randomOf(seed), () => cancel(operationId));
    },

    collect: async (operationId, wishes, { caller, orchestrations }) => {
      const operation = await requireCollectable(operationId, caller);
      const { order, seed } = contextOf(operation);
      const { csr, keyType, ...rest } = order;
      if (csr !== undefined || keyType === undefined) {
        throw new AppError('ERR_CONFLICT', 'The key is with whoever made the signing request; GET the certificate.');
      }
      const issued = await options.issueWithKey(
        { ...rest, ...wishes, keyType, approvedIn: operationId, requireWanted: () => requireOpen(operationId) },
        randomOf(seed),
      );
      await succeed(operationId, issued);
      await orchestrations.raise(instanceIdOf(operationId, operation.attempt), collectedEvent);
      return issued;
    },
  };
}

/** Whether nothing is issued any more for the order: it has ended without a certificate, or is about to. */
function isClosed({ status, cancelRequested, steps }: OperationRecord): boolean {
  if (status === 'succeeded') return false;
  return isOperationEnd(status) || cancelRequested || steps.some((step) => step.status === 'failed');
}

function nothingToCollect(operationId: string, state: string): AppError {
  return new AppError('ERR_CONFLICT', `The order ${operationId} ${state}: there is nothing to collect.`);
}

function contextOf({ context }: OperationRecord): z.infer<typeof contextSchema> {
  return contextSchema.parse(context);
}

/** The same bytes for the same label, however often the order is gone on with. */
function randomOf(seed: string): RequestRandom {
  return (label, length) =>
    new Uint8Array(hkdfSync('sha256', Buffer.from(seed, 'hex'), '', `certificate-order/${label}`, length));
}
