import { dayMs } from '../../domain/days.ts';
import type { Blobs } from '../../ports/blobs.ts';
import type { RemoveOld, RetentionDues } from '../../stores/retention-dues.ts';
import type { Stores } from '../../stores/stores.ts';

export interface ProfileRetentionOptions {
  readonly stores: Pick<Stores, 'profiles'>;
  readonly blobs: Pick<Blobs, 'remove'>;
  /** Private container of the packages. */
  readonly container: string;
  readonly dues: Pick<RetentionDues, 'put'>;
  /** Days from the making of a package. */
  readonly keptDays: number;
  readonly now: () => Date;
}

/**
 * Profile packages that are not their gateway's newest any more. Each has a name of its own, `<gateway>/<file>`, used
 * once.
 */
export interface ProfileRetention {
  /** Lists a package that is about to be stored. */
  list(blobName: string): Promise<void>;
  /** Removes a package unless it is the newest of its gateway. */
  readonly removeOld: RemoveOld;
}

export function createProfileRetention(options: ProfileRetentionOptions): ProfileRetention {
  const { stores, blobs, container, keptDays, now } = options;
  const daysFromNow = (days: number): Date => new Date(now().getTime() + days * dayMs);

  return {
    list: (blobName) => options.dues.put('profile', blobName, daysFromNow(keptDays)),
    removeOld: async (blobName) => {
      const [gatewayId = ''] = blobName.split('/');
      const newest = (await stores.profiles.get({ partitionKey: gatewayId, rowKey: 'newest' }))?.record;
      if (newest?.blobName === blobName) return { keptUntil: daysFromNow(keptDays) };
      // A kit that was begun a moment ago may still read the one before it.
      if (newest !== undefined && now().getTime() - Date.parse(newest.madeAt) < dayMs) {
        return { keptUntil: daysFromNow(1) };
      }
      await blobs.remove(container, blobName);
      return 'removed';
    },
  };
}
