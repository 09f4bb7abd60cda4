import type { ArmAnswer } from '../../src/ports/arm.ts';
import type { ArmInventory, AttachedAddress } from '../../src/ports/arm-inventory.ts';
import type { StubArm } from './stub-arm.ts';

export interface StubArmInventory extends ArmInventory {
  /** Subscriptions beside those of the resources that are there. */
  readonly subscriptions: Set<string>;
  readonly addresses: AttachedAddress[];
  /** The next call of this name answers so. */
  answerNext(call: keyof ArmInventory, answer: unknown): void;
}

/** Lists over what the Arm port in memory has. */
export function createStubArmInventory({ resources }: Pick<StubArm, 'resources'>): StubArmInventory {
  const given = new Map<string, unknown[]>();
  const subscriptions = new Set<string>();
  const addresses: AttachedAddress[] = [];

  async function answer<T>(call: keyof ArmInventory, work: () => T): Promise<ArmAnswer<T>> {
    await Promise.resolve();
    const next = given.get(call)?.shift();
    return next === undefined ? { outcome: 'done', value: work() } : (next as ArmAnswer<T>);
  }
  const gatewayIds = () => [...resources.keys()].filter((id) => /\/virtualNetworkGateways\/[^/]+$/i.test(id));
  const subscriptionOf = (id: string) => id.split('/')[2] ?? '';
  const isOf = (subscriptionId: string) => (id: string) =>
    subscriptionOf(id).toLowerCase() === subscriptionId.toLowerCase();

  return {
    subscriptions,
    addresses,
    answerNext: (call, next) => void given.set(call, [...(given.get(call) ?? []), next]),
    listSubscriptions: () =>
      answer('listSubscriptions', () =>
        [...new Set([...gatewayIds().map(subscriptionOf), ...subscriptions])].map((id) => ({ id, name: `Name ${id}` })),
      ),
    listGatewayIds: (subscriptionId) => answer('listGatewayIds', () => gatewayIds().filter(isOf(subscriptionId))),
    listGatewayAddresses: (subscriptionId) =>
      answer('listGatewayAddresses', () => addresses.filter(({ id }) => isOf(subscriptionId)(id))),
    maySeeGateways: () => answer('maySeeGateways', () => true),
  };
}
