import { type GatewayFacts, readGatewayFacts, type ReadTrusted } from '../../domain/inventory/gateway-facts.ts';
import { findUnreadable } from '../../domain/inventory/gateway-shape.ts';
import type { Arm } from '../../ports/arm.ts';
import type { ScanItem, ScannedGateway } from '../../stores/records/inventory.ts';
import type { Stores } from '../../stores/stores.ts';
import { type Looked, type QueueWork, sayArm, troubleOf } from './scan-queue.ts';

/**
 * Of the 500,000 characters that a row of the table service takes; sessions are in it as well. Azure's own limits on
 * roots, revocations and addresses make less than half of this.
 */
const factsLengthMax = 100_000;

export interface ScanGatewaysOptions {
  readonly arm: Pick<Arm, 'readRaw'>;
  readonly stores: Pick<Stores, 'scanItems' | 'scannedGateways'>;
  readonly readTrusted: ReadTrusted;
  readonly withSessions: boolean;
  readonly now: () => Date;
}

/** Reads the body of each gateway that was listed: one request each. */
export function scanGateways({ arm, stores, readTrusted, withSessions, now }: ScanGatewaysOptions): QueueWork {
  async function write(item: ScanItem, seen: Pick<ScannedGateway, 'facts' | 'notLookedAt'>): Promise<void> {
    const { scanId, id: resourceId, addresses = [] } = item;
    const subscriptionId = resourceId.split('/')[2] ?? '';
    const lookedAt = now().toISOString();
    await stores.scannedGateways.upsert({ scanId, resourceId, subscriptionId, lookedAt, addresses, ...seen });
  }

  async function look(item: ScanItem): Promise<Looked> {
    const { scanId, id } = item;
    const answer = await arm.readRaw(id);
    if (answer.outcome !== 'done') {
      const trouble = troubleOf(answer);
      if (trouble === undefined) await write(item, { notLookedAt: sayArm(answer) });
      return trouble ?? { outcome: 'written' };
    }
    const unreadable = findUnreadable(answer.value);
    if (unreadable !== undefined) {
      await write(item, {
        notLookedAt: `What Azure shows of it cannot be read: ${unreadable} is not of the usual form.`,
      });
      return { outcome: 'written' };
    }
    const facts = readGatewayFacts(answer.value, readTrusted);
    const { length } = JSON.stringify(facts);
    if (length > factsLengthMax) {
      await write(item, { notLookedAt: `What Azure shows of it is more than can be kept: ${length} characters.` });
      return { outcome: 'written' };
    }
    if (withSessions && hasClients(facts)) {
      await stores.scanItems.upsert({ scanId, queue: 'sessions', id, dueAt: now().toISOString() });
    }
    await write(item, { facts });
    return { outcome: 'written' };
  }

  return { queue: 'gateways', batch: 20, look, giveUp: (item, why) => write(item, { notLookedAt: why }) };
}

function hasClients({ type, pointToSite }: GatewayFacts): boolean {
  return type === 'vpn' && pointToSite !== undefined;
}
