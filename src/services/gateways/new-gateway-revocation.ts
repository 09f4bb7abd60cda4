import type { RevocationRecord } from '../../stores/records/certificates.ts';
import type { GatewayRevocation } from '../../stores/records/gateways.ts';

/** How a revocation, or its taking back, begins on one gateway. `at` is the time of writing, ISO 8601. */
export function newGatewayRevocation(gatewayId: string, intent: RevocationRecord, at: string): GatewayRevocation {
  return {
    gatewayId,
    thumbprint: intent.thumbprint,
    commonName: intent.commonName,
    ...(intent.entryName === undefined ? {} : { entryName: intent.entryName }),
    wanted: intent.wanted,
    state: intent.wanted ? 'requested' : 'reinstating',
    operationId: intent.operationId,
    requestedAt: intent.recordedAt,
    updatedAt: at,
  };
}
