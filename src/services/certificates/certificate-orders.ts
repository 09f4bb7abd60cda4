import {
  collectedEvent,
  type OrderCertificateInput,
  orderCertificateName,
  orderQuestion,
} from '../../contracts/certificates/order-certificate.ts';
import { AppError } from '../../domain/app-error.ts';
import type { Caller, Role } from '../../domain/caller.ts';
import { isOperationEnd } from '../../domain/operation.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { rootKeys } from '../../stores/records/certificates.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import { keepRunning } from '../operations/keep-running.ts';
import { instanceIdOf, type OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import type { Audit } from '../requests/audit.ts';
import type { Approval, GivenApproval } from './approval.ts';
import { type AskOrderOptions, createAskOrder } from './ask-order.ts';
import type { Certificates } from './issue-certificate.ts';
import type { IssuedWithKey, IssueWithKey, KeyOrder } from './issue-with-key.ts';
import { type OrderAskerOptions, requireAsker } from './order-asker.ts';
import { createOrderEnds } from './order-ends.ts';
import type { RequestRandom } from './prepare-certificate.ts';
import { type StandingOrder, standingOrderOf } from './standing-order.ts';

export interface CertificateOrdersOptions extends AskOrderOptions, Pick<OrderAskerOptions, 'apiKeys'> {
  readonly operations: Operations;
  readonly certificates: Pick<Certificates, 'issue' | 'complete'>;
  readonly issueWithKey: IssueWithKey;
  readonly audit: Pick<Audit, 'write'>;
}

/**
 * Certificates under roots whose policy has each of them approved: asked for, decided by people, then issued or
 * collected.
 */
export interface CertificateOrders {
  /** Whether an order under this root has to be approved. */
  isNeeded(rootId: string): Promise<boolean>;
  /** Judges the order as if it was to be issued now, and asks people. */
  ask(
    order: StandingOrder & { readonly role: Role },
    request: IntentRequest,
    random: RequestRandom,
  ): Promise<OperationRecord>;
  /** Goes on from wherever a crash left it. For the sweep. */
  run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
  /** What follows once people have decided: the certificate, or the operation's end. */
  advance(
    operationId: string,
    answer: 'approved' | 'rejected' | 'canceled' | 'not decided in time',
    isLast: boolean,
  ): Promise<'waiting' | 'done'>;
  /**
   * Makes the key of an approved order, and the certificate and file with it: for its asker alone. The order ends where
   * it is refused now.
   */
  collect(
    operationId: string,
    wishes: Pick<KeyOrder, 'password'> & { readonly encryption: KeyOrder['encryption'] | undefined },
    by: { readonly caller: Caller; readonly orchestrations: Orchestrations },
  ): Promise<IssuedWithKey>;
}

export function createCertificateOrders(options: CertificateOrdersOptions): CertificateOrders {
  const { stores, operations, certificates, now } = options;
  const ends = createOrderEnds(options);
  const askOrder = createAskOrder(options);

  async function issueNow(operation: OperationRecord): Promise<'done'> {
    const { order, approval, random } = standingOrderOf(operation);
    try {
      const role = await requireAsker(options, order);
      const { record } = await certificates.issue({ ...order, role, approval: givenIn(operation, approval) }, random);
      return await ends.succeed(operation.id, record);
    } catch (error: unknown) {
      return ends.refuse(operation.id, random, error);
    }
  }

  /** Also where the process that handed the certificate over died before it could say so. */
  async function awaitCollection(operation: OperationRecord, isLast: boolean): Promise<'waiting' | 'done'> {
    const { id: operationId, attempt } = operation;
    const { order, random } = standingOrderOf(operation);
    const detail = `Whoever asked has not collected it (POST /api/operations/${operationId}/collect).`;
    if (isLast) return ends.failUnissued(operationId, random, { code: 'notCollected', detail });
    const record = await ends.findReleased(random);
    if (record !== undefined) return ends.succeed(operationId, record);
    try {
      await requireAsker(options, order);
    } catch (error: unknown) {
      return ends.refuse(operationId, random, error);
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
    const { question, days } = standingOrderOf(operation);
    const input: OrderCertificateInput = { operationId: operation.id, question, days };
    await keepRunning(operation, { name: orderCertificateName, input, orchestrations }, { operations, now });
  }

  return {
    run,

    isNeeded: async (rootId) => (await stores.roots.get(rootKeys(rootId)))?.record.policy?.approval !== undefined,

    ask: async (order, { operationId, orchestrations }, random) => {
      // One that was begun is not judged again: its own certificate may be there by now.
      const begun = await operations.get(operationId);
      const operation = begun ?? (await askOrder(order, operationId, Buffer.from(random('order', 32)).toString('hex')));
      if (!isOperationEnd(operation.status)) await run(operation, orchestrations);
      return operation;
    },

    advance: async (operationId, answer, isLast) => {
      const operation = await operations.get(operationId);
      if (operation === undefined || isOperationEnd(operation.status)) return 'done';
      if (answer === 'canceled' || operation.cancelRequested) {
        return ends.endUnissued(operationId, standingOrderOf(operation).random, () => ends.cancel(operationId));
      }
      const { decision, decidedBy, comment } = operation.waits?.[orderQuestion] ?? {};
      // What was decided in the last moment counts, also where the time was over before that was seen.
      const decided = decision ?? answer;
      if (decided !== 'approved') {
        const who = decidedBy === undefined ? '' : ` by ${decidedBy}`;
        const code = decided === 'rejected' ? 'notApproved' : 'notDecided';
        const detail = `It was ${decided}${who}.${comment === undefined ? '' : ` ${comment}`}`;
        return ends.fail(operationId, 'approve', { code, detail });
      }
      await operations.setStep(operationId, 'approve', { status: 'succeeded', now: now() });
      return standingOrderOf(operation).order.csr === undefined
        ? awaitCollection(operation, isLast)
        : issueNow(operation);
    },

    collect: async (operationId, { password, encryption }, { caller, orchestrations }) => {
      const operation = await requireCollectable(operationId, caller);
      const { order, approval, random } = standingOrderOf(operation);
      const { csr, keyType, ...rest } = order;
      if (csr !== undefined || keyType === undefined) {
        throw new AppError('ERR_CONFLICT', 'The key is with whoever made the signing request; GET the certificate.');
      }
      const wishes = { password, encryption: order.encryption ?? 'modern' };
      if (encryption !== undefined && encryption !== wishes.encryption) throw formNotApproved(wishes.encryption);
      const isReleased = (await ends.findReleased(random)) !== undefined;
      // Whoever asked can have the gateway made ready, and try again.
      if (!isReleased) await options.kits.requireServed(order.deliver ?? [], order.rootId);
      const requireWanted = (): Promise<void> => requireOpen(operationId);
      const hasEnded = (): Promise<void> =>
        orchestrations.raise(instanceIdOf(operationId, operation.attempt), collectedEvent);
      try {
        const { role } = caller;
        if (!isReleased) await requireAsker(options, order);
        const issued = await options.issueWithKey(
          { ...rest, ...wishes, keyType, role, approval: givenIn(operation, approval), requireWanted },
          random,
        );
        await ends.succeed(operationId, issued.record);
        await hasEnded();
        return issued;
      } catch (error: unknown) {
        const current = await operations.get(operationId);
        if (current !== undefined && !isClosed(current)) {
          await ends.refuse(operationId, random, error);
          await hasEnded();
        }
        throw error;
      }
    },
  };
}

function givenIn({ waits }: OperationRecord, approval: Approval): GivenApproval {
  return { ...approval, approvedBy: waits?.[orderQuestion]?.decidedBy ?? 'unknown' };
}

/** Whether nothing is issued any more for the order: it has ended without a certificate, or is about to. */
function isClosed({ status, cancelRequested, steps }: OperationRecord): boolean {
  if (status === 'succeeded') return false;
  return isOperationEnd(status) || cancelRequested || steps.some((step) => step.status === 'failed');
}

function formNotApproved(approved: KeyOrder['encryption']): AppError {
  const message = `Approved was a .pfx file in the ${approved} form.`;
  const fix = 'Leave encryption out, or ask again for another form.';
  return new AppError('ERR_CONFLICT', message, {
    problems: [{ path: '/pfx/encryption', code: 'approvalOutdated', message, fix }],
  });
}

function nothingToCollect(operationId: string, state: string): AppError {
  return new AppError('ERR_CONFLICT', `The order ${operationId} ${state}: there is nothing to collect.`);
}
