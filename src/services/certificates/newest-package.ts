import { AppError } from '../../domain/app-error.ts';
import type { Blobs } from '../../ports/blobs.ts';
import type { ProfileRecord } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';

export interface NewestPackage {
  readonly record: ProfileRecord;
  /** The zip as Azure made it. Secret. */
  readonly bytes: Uint8Array;
}

/** Reads a gateway's newest profile package. Throws where Azure was never asked for one, or it is gone. */
export type ReadNewestPackage = (gatewayId: string) => Promise<NewestPackage>;

export function createReadNewestPackage({
  stores,
  blobs,
  container,
}: {
  readonly stores: Pick<Stores, 'profiles'>;
  readonly blobs: Pick<Blobs, 'get'>;
  /** Private container of the packages. */
  readonly container: string;
}): ReadNewestPackage {
  return async (gatewayId) => {
    const record = (await stores.profiles.get({ partitionKey: gatewayId, rowKey: 'newest' }))?.record;
    if (record === undefined) {
      throw new AppError(
        'ERR_CONFLICT',
        `Gateway ${gatewayId} has no profile package yet. POST /api/gateways/${gatewayId}/profile makes one.`,
      );
    }
    const bytes = await blobs.get(container, record.blobName);
    if (bytes === undefined) throw unreadablePackage(gatewayId);
    return { record, bytes };
  };
}

export function unreadablePackage(gatewayId: string): AppError {
  return new AppError(
    'ERR_CONFLICT',
    `The profile package of gateway ${gatewayId} cannot be read. POST /api/gateways/${gatewayId}/profile makes another.`,
  );
}
