import type { withdrawAccess } from '../../contracts/gateways/build-gateway.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import type { Outcome, Ready } from '../../contracts/operations/outcomes.ts';
import { isMadeBy } from '../../domain/made-tag.ts';
import type { Arm } from '../../ports/arm.ts';
import { gatewayKeys, gatewayRootKind, type MadeResource, madeResourceKind } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { confirmAbsent, unsettled } from './arm-outcomes.ts';

type WithdrawAccess = ActivitiesOf<{ readonly withdrawAccess: typeof withdrawAccess }>['withdrawAccess'];

/**
 * Before a gateway is let go: one that Gatehouse did not make stays in Azure, so no root of Gatehouse may stay on it.
 * Says which roots are to come off, or have not yet.
 */
export function createWithdrawAccess({
  arm,
  stores,
  now,
}: {
  readonly arm: Arm;
  readonly stores: Stores;
  readonly now: () => Date;
}): WithdrawAccess {
  /**
   * A root of Gatehouse lets its people in whoever has put it there: from here on the entry is known as Gatehouse's
   * own.
   */
  async function adoptCopies(gatewayId: string): Promise<void> {
    for (const { record } of await stores.foreignEntries.list(gatewayId)) {
      const { kind, name, rootId, thumbprint } = record;
      if (kind !== 'root' || rootId === undefined || thumbprint === undefined) continue;
      const row = { gatewayId, rootId, thumbprint, entryName: name, updatedAt: now().toISOString() };
      await stores.gatewayRoots.insert({ ...row, wanted: false, state: 'removing' });
    }
  }

  /**
   * Whether somebody else's gateway stands under the name of the one that Gatehouse made; no answer of Azure is no
   * answer here.
   */
  async function lookForAnother({ resourceId, at }: MadeResource): Promise<boolean | Exclude<Outcome, Ready>> {
    const read = await arm.readRaw(resourceId);
    if (read.outcome === 'done') return !isMadeBy(read.value, at);
    if (read.outcome !== 'missing' || read.of === 'subscription') return unsettled(read);
    const absent = await confirmAbsent(arm, resourceId);
    return absent.outcome === 'ready' ? false : absent;
  }

  return async ({ gatewayId }) => {
    const goes = { outcome: 'ready', stays: false, left: [] } as const;
    const gateway = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (gateway === undefined) return goes;
    const made = { gatewayId, resource: 'gateway', resourceId: gateway.resourceId, at: '' };
    const note = (await stores.madeResources.get(madeResourceKind.keys(made)))?.record;
    if (note !== undefined) {
      const isAnother = await lookForAnother(note);
      if (typeof isAnother !== 'boolean') return isAnother;
      if (!isAnother) return goes;
    }
    await adoptCopies(gatewayId);
    const left: string[] = [];
    for (const { record } of await stores.gatewayRoots.list(gatewayId)) {
      if (record.state === 'removed') continue;
      left.push(record.rootId);
      await stores.gatewayRoots.update(gatewayRootKind.keys(record), (row) =>
        row.wanted ? { ...row, wanted: false, state: 'removing', updatedAt: now().toISOString() } : undefined,
      );
    }
    return { outcome: 'ready', stays: true, left };
  };
}
