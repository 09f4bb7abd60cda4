import type { z } from 'zod';
import { orderCertificateName, orderCertificateSteps } from '../../contracts/certificates/order-certificate.ts';
import type { Role } from '../../domain/caller.ts';
import type { Stores } from '../../stores/stores.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import { type CheckOrderOptions, readOrder } from './check-order.ts';
import { judgeOrder } from './judge-order.ts';
import type { Kits } from './kits.ts';
import { orderQuestionOf } from './order-question.ts';
import { daysOf, prepareCertificate, serialNumberOf } from './prepare-certificate.ts';
import { randomOf, type StandingOrder, type standingOrderSchema } from './standing-order.ts';

export interface AskOrderOptions extends CheckOrderOptions {
  readonly stores: Stores;
  readonly operations: Pick<Operations, 'create'>;
  readonly kits: Pick<Kits, 'requireServed'>;
}

/** Throws whatever issuing the order now would; else keeps it with all that people are asked about. */
export type AskOrder = (
  order: StandingOrder & { readonly role: Role },
  operationId: string,
  seed: string,
) => Promise<OperationRecord>;

export function createAskOrder(options: AskOrderOptions): AskOrder {
  return async (asked, operationId, seed) => {
    const { role: _role, ...order } = asked;
    const random = randomOf(seed);
    const { root, request, commonName, ...judged } = await judgeOrder(
      options,
      asked,
      await readOrder(options, order),
      random,
    );
    const { id, email } = judged.owner;
    await options.kits.requireServed(order.deliver ?? [], root.id);
    if (request !== undefined) {
      const named = { commonName, owner: judged.owner, serialNumber: serialNumberOf(random), now: options.now() };
      prepareCertificate(asked, root, request, named);
    }
    const approval = {
      operationId,
      rootThumbprint: root.thumbprint ?? '',
      owner: { id, ...(email === undefined ? {} : { email }) },
      commonName,
      validityDays: daysOf(asked, root),
    };
    return options.operations.create({
      id: operationId,
      kind: orderCertificateName,
      target: root.id,
      targetKey: root.id,
      requestedBy: order.requestedBy,
      steps: orderCertificateSteps,
      context: {
        order,
        approval,
        seed,
        question: orderQuestionOf(order, approval, request?.keyDescription),
        days: root.policy?.approval?.days ?? 1,
      } satisfies z.infer<typeof standingOrderSchema>,
    });
  };
}
