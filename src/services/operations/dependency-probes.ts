import type { Arm } from '../../ports/arm.ts';
import type { Blobs } from '../../ports/blobs.ts';
import type { SecretVault } from '../../ports/secrets.ts';
import { appSecretNames } from '../requests/app-secrets.ts';
import type { DependencyWatchOptions } from './watch-dependencies.ts';

/** Names of nothing: that there is no such thing is the answer of somebody who may be asked, and is there. */
const noSuchThing = 'gatehouse-health-probe';

/** The cheapest question to each thing that takes the service's own rights there to be answered. */
export function createProbes(options: {
  readonly arm: Pick<Arm, 'listResourceGroups' | 'resourceGroupExists'>;
  readonly blobs: Pick<Blobs, 'get'>;
  readonly container: string;
  readonly vault: Pick<SecretVault, 'get'>;
  readonly appVault: Pick<SecretVault, 'get'>;
  readonly subscriptionId: string;
}): DependencyWatchOptions['probes'] {
  const { arm, blobs, vault, appVault } = options;
  return {
    // The tables show that they can be read and written by the row that says all this.
    storage: async () => {
      await blobs.get(options.container, noSuchThing);
      return { status: 'ok' };
    },
    resourceManager: async () => {
      const subscription = `/subscriptions/${options.subscriptionId}`;
      // The list has what the identity may see, whether its rights are those of the subscription or of some groups.
      const seen = await arm.listResourceGroups(subscription);
      if (seen.outcome === 'done' && seen.value.length > 0) return { status: 'ok' };
      // An empty list is that of a new subscription, or of an identity without any right.
      const answer =
        seen.outcome === 'done' ? await arm.resourceGroupExists(`${subscription}/resourceGroups/${noSuchThing}`) : seen;
      if (answer.outcome === 'done') return { status: 'ok' };
      return { status: 'failing', detail: `${answer.code}: ${answer.message}` };
    },
    keyVault: async () => {
      await vault.get(noSuchThing);
      return { status: 'ok' };
    },
    appVault: async () => {
      await appVault.get(appSecretNames.administratorKey);
      return { status: 'ok' };
    },
  };
}
