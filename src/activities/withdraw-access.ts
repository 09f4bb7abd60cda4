import type { ActivitiesOf } from '../contracts/activity.ts';
import type { withdrawAccess } from '../contracts/build-gateway.ts';
import type { Books } from '../desk/books.ts';
import { gatewayKeys, gatewayRootKind, madeResourceKind, type MadeResource } from '../desk/records/gateways.ts';
import { isMadeBy } from '../domain/made-tag.ts';
import type { Arm } from '../ports/arm.ts';

type WithdrawAccess = ActivitiesOf<{ readonly withdrawAccess: typeof withdrawAccess }>['withdrawAccess'];

/**
 * Before a gateway is let go: one that Gatehouse did not make stays in Azure, so no root of Gatehouse may stay on it. Says which
 * roots are to come off, or have not yet.
 */
export function createWithdrawAccess({
  arm,
  books,
  now,
}: {
  readonly arm: Pick<Arm, 'readRaw'>;
  readonly books: Books;
  readonly now: () => Date;
}): WithdrawAccess {
  /** A root of Gatehouse lets its people in whoever has put it there: from here on the entry is known as Gatehouse's own. */
  async function adoptCopies(gatewayId: string): Promise<void> {
    for (const { record } of await books.foreignEntries.list(gatewayId)) {
      const { kind, name, rootId, thumbprint } = record;
      if (kind !== 'root' || rootId === undefined || thumbprint === undefined) continue;
      const row = { gatewayId, rootId, thumbprint, entryName: name, updatedAt: now().toISOString() };
      await books.gatewayRoots.insert({ ...row, wanted: false, state: 'removing' });
    }
  }

  /** Somebody has made another gateway under this name since. */
  async function isAnother({ resourceId, at }: MadeResource): Promise<boolean> {
    const read = await arm.readRaw(resourceId);
    return read.outcome === 'done' && !isMadeBy(read.value, at);
  }

  return async ({ gatewayId }) => {
    const gateway = (await books.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (gateway === undefined) return { stays: false, left: [] };
    const made = { gatewayId, resource: 'gateway', resourceId: gateway.resourceId, at: '' };
    const note = (await books.madeResources.get(madeResourceKind.keys(made)))?.record;
    if (note !== undefined && !(await isAnother(note))) return { stays: false, left: [] };
    await adoptCopies(gatewayId);
    const left: string[] = [];
    for (const { record } of await books.gatewayRoots.list(gatewayId)) {
      if (record.state === 'removed') continue;
      left.push(record.rootId);
      await books.gatewayRoots.update(gatewayRootKind.keys(record), (row) =>
        row.wanted ? { ...row, wanted: false, state: 'removing', updatedAt: now().toISOString() } : undefined,
      );
    }
    return { stays: true, left };
  };
}
