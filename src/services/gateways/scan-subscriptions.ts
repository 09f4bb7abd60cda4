import type { ArmAnswer } from '../../ports/arm.ts';
import type { ArmInventory, AttachedAddress } from '../../ports/arm-inventory.ts';
import type { ScanItem, ScannedSubscription } from '../../stores/records/inventory.ts';
import type { Stores } from '../../stores/stores.ts';
import { type Looked, type QueueWork, sayArm, troubleOf } from './scan-queue.ts';

export interface ScanSubscriptionsOptions {
  readonly arm: Pick<ArmInventory, 'listGatewayIds' | 'listGatewayAddresses' | 'maySeeGateways'>;
  readonly stores: Pick<Stores, 'scanItems' | 'scannedSubscriptions'>;
  readonly now: () => Date;
}

const hidesSome =
  'The identity may not read VPN gateways everywhere in this subscription, and Azure leaves out what it may not read without a word.';

/** Lists the gateways of each subscription, and the public addresses on them. */
export function scanSubscriptions({ arm, stores, now }: ScanSubscriptionsOptions): QueueWork {
  async function write(item: ScanItem, seen: Partial<ScannedSubscription>): Promise<void> {
    const { scanId, id: subscriptionId, name = '' } = item;
    await stores.scannedSubscriptions.upsert({ scanId, subscriptionId, name, ...seen });
  }

  async function look(item: ScanItem): Promise<Looked> {
    const listed = await arm.listGatewayIds(item.id);
    if (listed.outcome !== 'done') {
      const trouble = troubleOf(listed);
      if (trouble === undefined) await write(item, { notLookedAt: sayArm(listed) });
      return trouble ?? { outcome: 'written' };
    }
    const rights = await arm.maySeeGateways(item.id);
    const addresses = listed.value.length === 0 ? nothing : await arm.listGatewayAddresses(item.id);
    for (const answer of [rights, addresses]) {
      const trouble = answer.outcome === 'done' ? undefined : troubleOf(answer);
      if (trouble !== undefined) return trouble;
    }
    const dueAt = now().toISOString();
    const attached = addresses.outcome === 'done' ? addresses.value : [];
    for (const id of new Set(listed.value)) {
      await stores.scanItems.upsert({
        scanId: item.scanId,
        queue: 'gateways',
        id,
        addresses: addressesOn(id, attached),
        dueAt,
      });
    }
    const mayHideSome = sayRights(rights);
    await write(item, {
      listed: listed.value.length,
      ...(mayHideSome === undefined ? {} : { mayHideSome }),
      ...(addresses.outcome === 'done' ? {} : { addressesNotLookedAt: sayArm(addresses) }),
    });
    return { outcome: 'written' };
  }

  return { queue: 'subscriptions', batch: 4, look, giveUp: (item, why) => write(item, { notLookedAt: why }) };
}

function addressesOn(id: string, attached: readonly AttachedAddress[]): NonNullable<ScanItem['addresses']> {
  return attached
    .filter(({ gatewayId }) => gatewayId.toLowerCase() === id.toLowerCase())
    .map(({ gatewayId: _on, ...address }) => address);
}

const nothing: ArmAnswer<readonly AttachedAddress[]> = { outcome: 'done', value: [] };

function sayRights(rights: ArmAnswer<boolean>): string | undefined {
  if (rights.outcome !== 'done') return `Whether all gateways are listed is not known: ${sayArm(rights)}`;
  return rights.value ? undefined : hidesSome;
}
