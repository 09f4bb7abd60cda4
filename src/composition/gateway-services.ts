import { setTimeout as delay } from 'node:timers/promises';
import type { ThumbprintOfRoot } from '../domain/gateway-entries.ts';
import { readForeignRoot } from '../pki/read-foreign-root.ts';
import { createBuildGateway } from '../services/gateways/build-gateway.ts';
import { createGatewayChanges } from '../services/gateways/change-gateway.ts';
import { createDiagnose } from '../services/gateways/diagnose.ts';
import { createDisconnects } from '../services/gateways/disconnect-sessions.ts';
import { createForeignEntries } from '../services/gateways/foreign-entries.ts';
import { createGatewayPresence } from '../services/gateways/gateway-presence.ts';
import { createGatewayRevocations } from '../services/gateways/gateway-revocations.ts';
import { createGatewayRounds } from '../services/gateways/gateway-rounds.ts';
import { createGatewayWriter } from '../services/gateways/gateway-writer.ts';
import { createGatewayOperations } from '../services/gateways/gateways.ts';
import { createCertificateImports } from '../services/gateways/import-certificates.ts';
import { createReportInventory } from '../services/gateways/inventory-report.ts';
import { createInventoryScans } from '../services/gateways/inventory-scans.ts';
import { createJudgePlan, createJudgePlanParts } from '../services/gateways/judge-plan.ts';
import { createLeavers } from '../services/gateways/leavers.ts';
import { createListSessions } from '../services/gateways/list-sessions.ts';
import { createNoteNearLimit } from '../services/gateways/near-limit.ts';
import { createNoteVanished } from '../services/gateways/note-vanished.ts';
import { createProfilePackages } from '../services/gateways/profile-packages.ts';
import { createProfileRetention } from '../services/gateways/profile-retention.ts';
import { createRevocations } from '../services/gateways/revocations.ts';
import { createSessionProof } from '../services/gateways/session-proof.ts';
import { createRootTrust } from '../services/gateways/trust-roots.ts';
import type { Certificates } from './certificate-services.ts';
import { containers } from './containers.ts';
import type { Core } from './core.ts';

/** Gateways: their plans, their single writer, the roots they trust and the certificates they refuse. */
export type Gateways = ReturnType<typeof createGatewayServices>;

export const thumbprintOfRoot: ThumbprintOfRoot = (data) => readForeignRoot(data)?.thumbprint;

type GatewaysCore = Pick<
  Core,
  | 'arm'
  | 'armInventory'
  | 'blobs'
  | 'stores'
  | 'claims'
  | 'operations'
  | 'expiries'
  | 'unfinished'
  | 'outbox'
  | 'audit'
  | 'dues'
  | 'keptDays'
  | 'log'
  | 'now'
>;

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- what is made here would be listed twice
export function createGatewayServices(
  core: GatewaysCore,
  {
    lookup,
    owners,
    keyFiles,
    readNewest,
    downloads,
  }: Pick<Certificates, 'lookup' | 'owners' | 'keyFiles' | 'readNewest' | 'downloads'>,
  subscriptionId: string,
  /** How the pauses between two looks at Azure are waited for. */
  wait: (ms: number) => Promise<void> = (ms) => delay(ms),
) {
  const { arm, blobs, stores, claims, operations, outbox, audit, log, now } = core;
  const writer = createGatewayWriter({ stores, now });
  const noteVanished = createNoteVanished({ stores, outbox, audit, log, now, thumbprintOfRoot });
  const rounds = createGatewayRounds({
    stores,
    operations,
    outbox,
    noteVanished,
    noteNearLimit: createNoteNearLimit({ stores, outbox, audit, now }),
    foreignEntries: createForeignEntries({ stores, outbox, audit, operations, now, thumbprintOfRoot, readForeignRoot }),
    now,
    thumbprintOfRoot,
  });
  const gatewayOperations = createGatewayOperations({ stores, claims, operations, now });
  const revocations = createRevocations({ stores, lookup, operations, outbox, audit, writer, keyFiles, now });
  const inventoryScans = createInventoryScans({ ...core, readTrusted: readForeignRoot });
  const judgePlan = createJudgePlan({ arm, stores, subscriptionId, wait });
  return {
    writer,
    noteVanished,
    rounds,
    presence: createGatewayPresence({
      stores,
      operations,
      outbox,
      writer,
      failRequests: (...request) => rounds.failProfile(...request),
      now,
    }),
    sessions: createSessionProof({ stores, lookup, operations, outbox, audit, log, now }),
    disconnects: createDisconnects({ stores, lookup, operations, now }),
    listSessions: createListSessions({ arm, stores, lookup, now, wait }),
    gatewayOperations,
    inventoryScans,
    reportInventory: createReportInventory({ stores, operations, inventoryScans, now }),
    build: createBuildGateway({ judgePlan, gatewayOperations }),
    gatewayChanges: createGatewayChanges({ stores, operations, writer, now }),
    trust: createRootTrust({ stores, lookup, operations, writer, now }),
    revocations,
    gatewayRevocations: createGatewayRevocations({ stores, lookup, operations, writer, now }),
    certificateImports: createCertificateImports({
      ...core,
      lookup,
      owners,
      revocations,
      container: containers.imports,
    }),
    leavers: createLeavers({ stores, lookup, owners, revocations, operations, outbox, audit, now }),
    packages: createProfilePackages({ readNewest, downloads }),
    diagnose: createDiagnose({ stores, lookup, now }),
    profileRetention: createProfileRetention({
      stores,
      blobs,
      container: containers.profiles,
      dues: core.dues,
      keptDays: core.keptDays.profiles,
      now,
    }),
    judgePlan,
    judgePlanParts: createJudgePlanParts({ stores, subscriptionId }),
  };
}
