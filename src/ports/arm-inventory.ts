import type { ArmAnswer } from './arm.ts';

/** A subscription in which the identity has some right. */
export interface VisibleSubscription {
  readonly id: string;
  readonly name: string;
}

/** A public address that a virtual network gateway has. */
export interface AttachedAddress {
  readonly id: string;
  readonly gatewayId: string;
  /** `Basic`, `Standard`, `StandardV2`; absent where Azure does not show it. */
  readonly sku?: string | undefined;
}

/**
 * What Resource Manager lists across subscriptions. Azure leaves out of its lists, without a word, what the identity
 * may not read. Ids are as Azure writes them at that moment: their letter case differs from call to call.
 */
export interface ArmInventory {
  listSubscriptions(): Promise<ArmAnswer<readonly VisibleSubscription[]>>;
  /** Ids of all virtual network gateways of a subscription, ExpressRoute's too: no list tells them apart. */
  listGatewayIds(subscriptionId: string): Promise<ArmAnswer<readonly string[]>>;
  /** The public addresses of a subscription that are on a virtual network gateway. */
  listGatewayAddresses(subscriptionId: string): Promise<ArmAnswer<readonly AttachedAddress[]>>;
  /** Whether the identity may read virtual network gateways wherever in the subscription they are. */
  maySeeGateways(subscriptionId: string): Promise<ArmAnswer<boolean>>;
}
