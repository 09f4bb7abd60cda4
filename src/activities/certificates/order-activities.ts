import type * as references from '../../contracts/certificates/order-certificate.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import type { CertificateOrders } from '../../services/certificates/certificate-orders.ts';

export function createOrderActivities({
  certificateOrders,
}: {
  readonly certificateOrders: Pick<CertificateOrders, 'advance'>;
}): ActivitiesOf<Pick<typeof references, 'advanceOrder'>> {
  return {
    advanceOrder: async ({ operationId, answer, isLast }) => ({
      outcome: await certificateOrders.advance(operationId, answer, isLast),
    }),
  };
}
