import type { InventoryFinding } from '../../domain/inventory/inventory-finding.ts';
import type { Inventory, InventoryGateway } from '../../services/gateways/inventory-view.ts';
import type { CsvColumns } from '../http/list-answer.ts';

/** One finding of one gateway; a gateway of which nothing is found has a line as well. */
export interface InventoryLine {
  readonly gateway: Partial<InventoryGateway> & Pick<InventoryGateway, 'resourceId'>;
  readonly finding?: Partial<InventoryFinding>;
}

const noScan: InventoryLine = {
  gateway: { resourceId: '/subscriptions' },
  finding: { code: 'notLookedAt', severity: 'info', message: 'No scan has ended yet: nothing has been looked at.' },
};

/** For spreadsheets: findings by gateway, then what was not seen. */
export function inventoryLines({ scan, gateways, notSeen }: Inventory): readonly InventoryLine[] {
  if (scan === undefined) return [noScan];
  const seen = gateways
    .filter(({ notLookedAt }) => notLookedAt === undefined)
    .flatMap((gateway): InventoryLine[] =>
      gateway.findings.length === 0 ? [{ gateway }] : gateway.findings.map((finding) => ({ gateway, finding })),
    );
  const unseen = notSeen.map(({ id, why }) => ({
    gateway: gateways.find(({ resourceId }) => resourceId === id) ?? { resourceId: id },
    finding: { code: 'notLookedAt', severity: 'info', message: `Not looked at, because: ${why}` } as const,
  }));
  return [...seen, ...unseen];
}

export const inventoryColumns: CsvColumns<InventoryLine> = {
  subscription: ({ gateway }) => gateway.subscriptionId,
  resourceGroup: ({ gateway }) => gateway.resourceGroup,
  gateway: ({ gateway }) => gateway.name,
  location: ({ gateway }) => gateway.location,
  sku: ({ gateway }) => gateway.sku,
  protocols: ({ gateway }) => gateway.pointToSite?.protocols.join(' '),
  authentication: ({ gateway }) => gateway.pointToSite?.authentication.join(' '),
  pools: ({ gateway }) => gateway.pointToSite?.pools.join(' '),
  rootSlots: ({ gateway }) => gateway.pointToSite?.rootSlots.used,
  revocationSlots: ({ gateway }) => gateway.pointToSite?.revocationSlots.used,
  sessions: ({ gateway }) => countSessions(gateway.sessions),
  severity: ({ finding }) => finding?.severity,
  date: ({ finding }) => finding?.date,
  code: ({ finding }) => finding?.code,
  message: ({ finding }) => finding?.message,
  plan: ({ finding }) => finding?.plan,
  source: ({ finding }) => finding?.source,
  resourceId: ({ gateway }) => gateway.resourceId,
};

/** Of all who were connected, also those of whom Azure gives no name. */
function countSessions(sessions: InventoryGateway['sessions']): number | undefined {
  return sessions === undefined || sessions.notLookedAt !== undefined
    ? undefined
    : sessions.total + sessions.unreadable;
}
