import type { Outcome } from '../../contracts/operations/outcomes.ts';
import { without } from '../../domain/without.ts';
import type { Arm, ArmAnswer } from '../../ports/arm.ts';
import { type MadeResource, madeResourceKind } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { refusalOf } from './arm-failure.ts';
import { afterPush } from './arm-outcomes.ts';

/** A resource of the plan, and the instance that pushes towards it. */
export interface Target {
  readonly gatewayId: string;
  readonly resource: string;
  readonly resourceId: string;
  readonly attempt: string;
}

export interface MadeResources {
  /**
   * The first push of what is not there, noted before it is asked for: what a crash leaves behind can still be removed.
   * What Azure refuses was not made, and is somebody else's if it is found there later; only a note of an earlier push,
   * which may have arrived, outlives the refusal of this one.
   */
  readonly make: <T extends { readonly outcome: string }>(
    target: Omit<Target, 'attempt'>,
    send: (madeAt: string) => Promise<T>,
  ) => Promise<T>;
  /** What is noted of a resource that Gatehouse made, or was about to make; undefined for others'. */
  readonly madeRow: (target: Target) => Promise<MadeResource | undefined>;
  /** One push, with a note of which attempt made it and where Azure tells how it went. */
  readonly push: (target: Target, send: () => Promise<ArmAnswer<unknown>>) => Promise<Outcome>;
  /**
   * What Azure ended badly is mended by the same push again: once in each attempt, so that a resume mends what an
   * earlier attempt left. When that ends badly too, in Azure's own words. What others made is theirs to mend.
   */
  readonly mend: (target: Target, state: string, send: () => Promise<ArmAnswer<unknown>>) => Promise<Outcome>;
}

/** Pushes of what Gatehouse makes, each with its note: only what is noted is ever deleted again. */
export function createMadeResources({
  arm,
  stores,
  now,
}: {
  readonly arm: Arm;
  readonly stores: Pick<Stores, 'madeResources'>;
  readonly now: () => Date;
}): MadeResources {
  async function make<T extends { readonly outcome: string }>(
    { gatewayId, resource, resourceId }: Omit<Target, 'attempt'>,
    send: (madeAt: string) => Promise<T>,
  ): Promise<T> {
    const row = { gatewayId, resource, resourceId, at: now().toISOString() };
    const isFirst = await stores.madeResources.insert(row);
    const made = (await stores.madeResources.get(madeResourceKind.keys(row)))?.record ?? row;
    const answer = await send(made.at);
    if (answer.outcome === 'refused' && isFirst) await stores.madeResources.remove(made);
    return answer;
  }

  async function madeRow(target: Target): Promise<MadeResource | undefined> {
    return (await stores.madeResources.get(madeResourceKind.keys({ ...target, at: '' })))?.record;
  }

  async function push(target: Target, send: () => Promise<ArmAnswer<unknown>>): Promise<Outcome> {
    const keys = madeResourceKind.keys({ ...target, at: '' });
    await stores.madeResources.update(keys, (row) => ({ ...without(row, 'operationUrl'), pushedBy: target.attempt }));
    const answer = await send();
    if (answer.outcome === 'done' && answer.operationUrl !== undefined) {
      const { operationUrl } = answer;
      await stores.madeResources.update(keys, (row) => ({ ...row, operationUrl }));
    }
    return afterPush(answer);
  }

  async function mend(target: Target, state: string, send: () => Promise<ArmAnswer<unknown>>): Promise<Outcome> {
    const made = await madeRow(target);
    if (made === undefined) {
      const message = `${target.resourceId} is ${state} and is not Gatehouse's. Have it repaired, then resume.`;
      return { outcome: 'refused', code: 'resourceFailed', message };
    }
    if (made.pushedBy !== target.attempt) return push(target, send);
    const error = made.operationUrl === undefined ? undefined : await arm.readOperationError(made.operationUrl);
    if (error !== undefined) return refusalOf(error);
    return { outcome: 'refused', code: 'resourceFailed', message: `Azure ended ${target.resourceId} as ${state}.` };
  }

  return { make, madeRow, push, mend };
}
