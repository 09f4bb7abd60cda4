import { AppError } from '../../domain/app-error.ts';
import { gatewayKeys, type GatewayRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';

/** A gateway that something can be wanted of: one that is there, or being built. ERR_NOT_FOUND, ERR_CONFLICT. */
export async function requireBuiltGateway(stores: Pick<Stores, 'gateways'>, id: string): Promise<GatewayRecord> {
  const record = (await stores.gateways.get(gatewayKeys(id)))?.record;
  if (record === undefined) throw new AppError('ERR_NOT_FOUND', `Gateway ${id} does not exist.`);
  if (record.state === 'failed') {
    throw new AppError(
      'ERR_CONFLICT',
      `The build of gateway ${id} has failed. Resume operation ${record.lastOperationId ?? ''} first, or remove the gateway.`,
    );
  }
  if (record.state === 'missing') {
    throw new AppError(
      'ERR_CONFLICT',
      `Gateway ${id} is not in Azure. The work continues by itself when the gateway is there again.`,
    );
  }
  return record;
}
