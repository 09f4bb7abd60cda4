import { entryLimits } from '../../domain/entry-limits.ts';
import { findAll } from '../../domain/inventory/find-all.ts';
import type { GatewayAddress } from '../../domain/inventory/find-retirements.ts';
import type { GatewayFacts } from '../../domain/inventory/gateway-facts.ts';
import type { InventoryFinding } from '../../domain/inventory/inventory-finding.ts';
import { gatewayPartition, type GatewayRecord } from '../../stores/records/gateways.ts';
import { latestInventory, type ScannedGateway, type ScannedSubscription } from '../../stores/records/inventory.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Operations } from '../operations/operations.ts';
import type { InventoryScans } from './inventory-scans.ts';
import type { Inventory, InventoryGateway } from './inventory-view.ts';

/** What the last scan saw, judged as of now; undefined where none has ended well and none is under way. */
export type ReportInventory = () => Promise<Inventory | undefined>;

interface Seen {
  readonly scan: Inventory['scan'];
  readonly subscriptions: readonly ScannedSubscription[];
  readonly gateways: readonly ScannedGateway[];
}

export function createReportInventory({
  stores,
  operations,
  inventoryScans,
  now,
}: {
  readonly stores: Pick<Stores, 'gateways' | 'inventory' | 'scannedGateways' | 'scannedSubscriptions'>;
  readonly operations: Pick<Operations, 'view'>;
  readonly inventoryScans: Pick<InventoryScans, 'running'>;
  readonly now: () => Date;
}): ReportInventory {
  /** A scan that ends meanwhile has the rows of this one removed: then those of the later one are read. */
  async function readLatest(): Promise<Seen> {
    const scan = (await stores.inventory.get(latestInventory))?.record.scan;
    if (scan === undefined) return { scan: undefined, subscriptions: [], gateways: [] };
    const [subscriptions, gateways] = await Promise.all([
      stores.scannedSubscriptions.list(scan.id),
      stores.scannedGateways.list(scan.id),
    ]);
    const after = (await stores.inventory.get(latestInventory))?.record.scan;
    if (after !== undefined && after.id !== scan.id) return readLatest();
    const { id: operationId, withSessions: sessions, ...times } = scan;
    return {
      scan: { operationId, sessions, ...times },
      subscriptions: subscriptions.map(({ record }) => record),
      gateways: gateways.map(({ record }) => record),
    };
  }

  async function listRegistered(): Promise<readonly GatewayRecord[]> {
    const registered = (await stores.gateways.list(gatewayPartition)).map(({ record }) => record);
    return registered.filter(({ state }) => state !== 'removed');
  }

  return async () => {
    const runningId = await inventoryScans.running();
    const running = runningId === undefined ? undefined : await operations.view(runningId);
    const seen = await readLatest();
    const { scan, subscriptions, gateways } = seen;
    if (scan === undefined && running === undefined) return undefined;
    const registered = await listRegistered();
    const listed = toViews(gateways, idsOf(registered), now());
    return {
      ...(scan === undefined ? {} : { scan }),
      ...(running === undefined ? {} : { running }),
      subscriptions: subscriptions.map(({ subscriptionId: id, name, notLookedAt, listed: count = 0 }) => ({
        id,
        name,
        gateways: count,
        ...(notLookedAt === undefined ? {} : { notLookedAt }),
      })),
      notSeen: [
        ...(scan?.onlyNamed === true ? [otherSubscriptions] : []),
        ...subscriptions.flatMap(unseenOfSubscription),
        ...listed.flatMap(unseenOfGateway),
        ...notListed(registered, seen),
      ],
      expressRouteGateways: gateways.filter(({ facts }) => facts?.type === 'expressRoute').length,
      gateways: listed,
    };
  };
}

const otherSubscriptions: Inventory['notSeen'][number] = {
  id: '/subscriptions',
  why: 'The scan was asked for some subscriptions by name. Gateways of all others are not in it.',
};

/** Ids here, by resource id. */
function idsOf(registered: readonly GatewayRecord[]): ReadonlyMap<string, string> {
  return new Map(registered.map(({ id, resourceId }) => [resourceId.toLowerCase(), id]));
}

function toViews(
  gateways: readonly ScannedGateway[],
  registered: ReadonlyMap<string, string>,
  now: Date,
): InventoryGateway[] {
  const entries = gateways
    .filter(({ facts }) => facts?.type !== 'expressRoute')
    .map((row) => ({ row, addresses: addressesOf(row) }));
  const findings = findAll(
    entries.flatMap(({ row: { resourceId, facts }, addresses }) =>
      facts === undefined ? [] : [{ resourceId, name: nameOf(resourceId), facts, addresses: addresses.filter(hasSku) }],
    ),
    now,
  );
  return entries
    .map(({ row, addresses }) => toView(row, addresses, registered, findings.get(row.resourceId) ?? []))
    .toSorted((a, b) => (a.resourceId.toLowerCase() < b.resourceId.toLowerCase() ? -1 : 1));
}

function toView(
  { resourceId, subscriptionId, lookedAt, notLookedAt, facts, sessions }: ScannedGateway,
  publicIpAddresses: readonly PossibleAddress[],
  registered: ReadonlyMap<string, string>,
  findings: readonly InventoryFinding[],
): InventoryGateway {
  const gatewayId = registered.get(resourceId.toLowerCase());
  const { publicIpAddressIds: _ids, pointToSite, ...rest } = facts ?? ({} as Partial<GatewayFacts>);
  return {
    resourceId,
    name: nameOf(resourceId),
    resourceGroup: resourceId.split('/')[4] ?? '',
    subscriptionId,
    ...(gatewayId === undefined ? {} : { gatewayId }),
    lookedAt,
    ...(notLookedAt === undefined ? {} : { notLookedAt }),
    ...rest,
    ...(facts === undefined ? {} : { publicIpAddresses: [...publicIpAddresses] }),
    ...(pointToSite === undefined
      ? {}
      : {
          pointToSite: {
            ...pointToSite,
            rootSlots: { used: pointToSite.roots.length, limit: entryLimits.root },
            revocationSlots: {
              used: pointToSite.revocations.length + pointToSite.unreadableRevocations,
              limit: entryLimits.revocation,
            },
          },
        }),
    ...(sessions === undefined ? {} : { sessions }),
    findings: [...findings],
  };
}

interface PossibleAddress {
  readonly id: string;
  readonly sku?: string | undefined;
}

function hasSku(address: PossibleAddress): address is GatewayAddress {
  return address.sku !== undefined;
}

/** Those that the gateway names, and those that name the gateway: Azure takes the former away from Basic gateways. */
function addressesOf({ facts, addresses }: ScannedGateway): readonly PossibleAddress[] {
  const byId = new Map(addresses.map((address) => [address.id.toLowerCase(), address]));
  const unseen = (facts?.publicIpAddressIds ?? []).filter((id) => !byId.has(id.toLowerCase()));
  return [...byId.values(), ...unseen.map((id) => ({ id }))];
}

function unseenOfSubscription(subscription: ScannedSubscription): Inventory['notSeen'] {
  const { subscriptionId, notLookedAt, mayHideSome, addressesNotLookedAt } = subscription;
  const id = `/subscriptions/${subscriptionId}`;
  return [notLookedAt, mayHideSome, addressesNotLookedAt && `Public addresses: ${addressesNotLookedAt}`].flatMap(
    (why) => (why === undefined ? [] : [{ id, why }]),
  );
}

function unseenOfGateway({
  resourceId: id,
  notLookedAt,
  sessions,
  publicIpAddresses = [],
}: InventoryGateway): Inventory['notSeen'] {
  const addresses = publicIpAddresses.filter((address) => !hasSku(address));
  return [
    ...(notLookedAt === undefined ? [] : [{ id, why: notLookedAt }]),
    ...(sessions?.notLookedAt === undefined ? [] : [{ id, why: `Sessions: ${sessions.notLookedAt}` }]),
    ...addresses.map((address) => ({
      id: address.id,
      why: 'No list that the identity may read shows what kind of public address this is: its SKU is not known.',
    })),
  ];
}

/** A list of Azure's that lags must not make a gateway that is known here vanish without a word. */
function notListed(registered: readonly GatewayRecord[], { subscriptions, gateways }: Seen): Inventory['notSeen'] {
  const listed = new Set(gateways.map(({ resourceId }) => resourceId.toLowerCase()));
  const lookedAt = new Set(
    subscriptions.filter(({ notLookedAt }) => notLookedAt === undefined).map((one) => one.subscriptionId.toLowerCase()),
  );
  return registered
    .filter(({ state, plan, resourceId }) => {
      const isExpected = state === 'ready' && lookedAt.has(plan.subscriptionId.toLowerCase());
      return isExpected && !listed.has(resourceId.toLowerCase());
    })
    .map(({ id, resourceId }) => ({
      id: resourceId,
      why: `It is registered here as ${id}, and Azure did not list it.`,
    }));
}

function nameOf(resourceId: string): string {
  return resourceId.slice(resourceId.lastIndexOf('/') + 1);
}
