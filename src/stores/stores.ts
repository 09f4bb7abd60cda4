import type { Tables } from '../ports/tables.ts';
import {
  type BlockedKey,
  blockedKeyKind,
  byCommonNameKind,
  byOwnerKind,
  byPublicKeyKind,
  byRootKind,
  bySerialNumberKind,
  byThumbprintKind,
  type CertificateIndexRow,
  certificateKind,
  type CertificateRecord,
  revocationKind,
  type RevocationRecord,
  rootKind,
  type RootRecord,
  type RootThumbprint,
  rootThumbprintKind,
  type Supersession,
  supersessionKind,
} from './records/certificates.ts';
import {
  type ForeignEntry,
  foreignEntryKind,
  gatewayKind,
  type GatewayRecord,
  type GatewayResource,
  gatewayResourceKind,
  type GatewayRevocation,
  gatewayRevocationKind,
  type GatewayRoot,
  gatewayRootKind,
  type MadeResource,
  madeResourceKind,
  profileKind,
  type ProfileRecord,
  type ProfileRequest,
  profileRequestKind,
  type RootGateway,
  rootGatewayKind,
} from './records/gateways.ts';
import {
  inventoryKind,
  type InventoryRecord,
  type ScanItem,
  scanItemKind,
  type ScannedGateway,
  scannedGatewayKind,
  type ScannedSubscription,
  scannedSubscriptionKind,
} from './records/inventory.ts';
import {
  type ContactHolder,
  contactHolderKind,
  ownerIndexKind,
  type OwnerIndexRow,
  ownerKind,
  type OwnerRecord,
} from './records/owners.ts';
import { createStore, type Store } from './store.ts';

/** The stores of everything that Gatehouse knows of gateways, roots and certificates. */
export interface Stores {
  readonly gateways: Store<GatewayRecord>;
  readonly gatewayResources: Store<GatewayResource>;
  readonly gatewayRoots: Store<GatewayRoot>;
  readonly rootGateways: Store<RootGateway>;
  readonly gatewayRevocations: Store<GatewayRevocation>;
  readonly foreignEntries: Store<ForeignEntry>;
  readonly madeResources: Store<MadeResource>;
  readonly profiles: Store<ProfileRecord>;
  readonly profileRequests: Store<ProfileRequest>;
  readonly roots: Store<RootRecord>;
  readonly rootThumbprints: Store<RootThumbprint>;
  readonly certificates: Store<CertificateRecord>;
  readonly byThumbprint: Store<CertificateIndexRow>;
  readonly byOwner: Store<CertificateIndexRow>;
  readonly byRoot: Store<CertificateIndexRow>;
  readonly byCommonName: Store<CertificateIndexRow>;
  readonly bySerialNumber: Store<CertificateIndexRow>;
  readonly byPublicKey: Store<CertificateIndexRow>;
  readonly blockedKeys: Store<BlockedKey>;
  readonly revocations: Store<RevocationRecord>;
  readonly supersessions: Store<Supersession>;
  readonly owners: Store<OwnerRecord>;
  readonly ownersInCommon: Store<OwnerIndexRow>;
  readonly contactHolders: Store<ContactHolder>;
  readonly inventory: Store<InventoryRecord>;
  readonly scannedSubscriptions: Store<ScannedSubscription>;
  readonly scannedGateways: Store<ScannedGateway>;
  readonly scanItems: Store<ScanItem>;
}

export function createStores(tables: Tables): Stores {
  return {
    gateways: createStore(tables, gatewayKind),
    gatewayResources: createStore(tables, gatewayResourceKind),
    gatewayRoots: createStore(tables, gatewayRootKind),
    rootGateways: createStore(tables, rootGatewayKind),
    gatewayRevocations: createStore(tables, gatewayRevocationKind),
    foreignEntries: createStore(tables, foreignEntryKind),
    madeResources: createStore(tables, madeResourceKind),
    profiles: createStore(tables, profileKind),
    profileRequests: createStore(tables, profileRequestKind),
    roots: createStore(tables, rootKind),
    rootThumbprints: createStore(tables, rootThumbprintKind),
    certificates: createStore(tables, certificateKind),
    byThumbprint: createStore(tables, byThumbprintKind),
    byOwner: createStore(tables, byOwnerKind),
    byRoot: createStore(tables, byRootKind),
    byCommonName: createStore(tables, byCommonNameKind),
    bySerialNumber: createStore(tables, bySerialNumberKind),
    byPublicKey: createStore(tables, byPublicKeyKind),
    blockedKeys: createStore(tables, blockedKeyKind),
    revocations: createStore(tables, revocationKind),
    supersessions: createStore(tables, supersessionKind),
    owners: createStore(tables, ownerKind),
    ownersInCommon: createStore(tables, ownerIndexKind),
    contactHolders: createStore(tables, contactHolderKind),
    inventory: createStore(tables, inventoryKind),
    scannedSubscriptions: createStore(tables, scannedSubscriptionKind),
    scannedGateways: createStore(tables, scannedGatewayKind),
    scanItems: createStore(tables, scanItemKind),
  };
}
