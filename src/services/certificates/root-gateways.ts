import { unknownRootId } from '../../stores/records/certificates.ts';
import { gatewayPartition } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';

/** Gateways that have had to do with a root. Where the root is not known, each may: its certificates may open any. */
export async function gatewayIdsOf(
  stores: Pick<Stores, 'gateways' | 'rootGateways'>,
  rootId: string,
): Promise<readonly string[]> {
  if (rootId !== unknownRootId) return (await stores.rootGateways.list(rootId)).map(({ record }) => record.gatewayId);
  const gateways = (await stores.gateways.list(gatewayPartition)).map(({ record }) => record);
  return gateways.filter(({ state }) => state !== 'removed').map(({ id }) => id);
}
