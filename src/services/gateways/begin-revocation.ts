import type { KindCarriedBy } from '../../domain/operation-kinds.ts';
import type { Thumbprint } from '../../domain/thumbprint.ts';
import type { CertificateRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import { isExpired } from './desired-entries.ts';
import { gatewaysOfRoot } from './refusing-gateways.ts';
import type { Asked } from './revocation-intents.ts';
import { updateSteps } from './usual-update-time.ts';

/** Records what is asked of a certificate as an operation, with a step for each gateway that is to know of it. */
export type BeginRevocation = (
  kind: KindCarriedBy<'revocations'>,
  certificate: CertificateRecord & { readonly thumbprint: Thumbprint },
  request: Pick<IntentRequest, 'operationId' | 'requestedBy'>,
  asked: Asked,
) => Promise<OperationRecord>;

export function createBeginRevocation(options: {
  readonly stores: Stores;
  readonly operations: Pick<Operations, 'create'>;
  readonly now: () => Date;
}): BeginRevocation {
  const { stores, operations, now } = options;
  return async (kind, certificate, { operationId, requestedBy }, asked) => {
    const { thumbprint, serialNumber, rootId } = certificate;
    const gateways = isExpired(certificate, now()) ? [] : await gatewaysOfRoot(stores, rootId);
    return operations.create({
      id: operationId,
      kind,
      target: thumbprint,
      targetKey: thumbprint,
      requestedBy,
      steps: await updateSteps(stores, gateways, 300),
      context: { serialNumber, rootId, ...asked },
    });
  };
}
