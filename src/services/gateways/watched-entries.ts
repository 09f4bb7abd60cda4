import { type GatewayRevocation, type GatewayRoot, isRootToBeSeen } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { isToBeSeen } from './record-entries.ts';

/** A revocation or a removed root of a gateway whose sessions are looked at until none is left. */
export type Watched =
  | { readonly key: string; readonly kind: 'revocation'; readonly row: GatewayRevocation }
  | { readonly key: string; readonly kind: 'root'; readonly row: GatewayRoot };

export async function readWatched(
  stores: Pick<Stores, 'gatewayRevocations' | 'gatewayRoots'>,
  gatewayId: string,
): Promise<readonly Watched[]> {
  const revocations = (await stores.gatewayRevocations.list(gatewayId)).map(({ record }) => record);
  const roots = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
  return [
    ...revocations
      .filter(isToBeSeen)
      .map((row) => ({ key: `revocation:${row.thumbprint}`, kind: 'revocation', row }) as const),
    ...roots.filter(isRootToBeSeen).map((row) => ({ key: `root:${row.rootId}`, kind: 'root', row }) as const),
  ];
}
