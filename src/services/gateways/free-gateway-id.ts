import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';

/** An id like this one that no gateway has. */
export async function freeGatewayId(stores: Pick<Stores, 'gateways'>, id: string): Promise<string> {
  for (let number = 2; ; number += 1) {
    const candidate = `${id.slice(0, 58)}-${number}`;
    if ((await stores.gateways.get(gatewayKeys(candidate))) === undefined) return candidate;
  }
}
