import { setTimeout as delay } from 'node:timers/promises';
import * as df from 'durable-functions';
import { createApplyActivities } from '../activities/gateways/apply-activities.ts';
import { createBuildActivities } from '../activities/gateways/build-activities.ts';
import { createDisconnectActivities } from '../activities/gateways/disconnect-activities.ts';
import { createEnsureResource } from '../activities/gateways/ensure-resource.ts';
import { createLeaverActivities } from '../activities/gateways/leaver-activities.ts';
import { createReadWrite } from '../activities/gateways/read-write.ts';
import { createRemoveResource } from '../activities/gateways/remove-resource.ts';
import { createWithdrawAccess } from '../activities/gateways/withdraw-access.ts';
import { createWriteGateway } from '../activities/gateways/write-gateway.ts';
import * as applyGatewayContract from '../contracts/gateways/apply-gateway.ts';
import * as buildGatewayContract from '../contracts/gateways/build-gateway.ts';
import * as disconnectSessionsContract from '../contracts/gateways/disconnect-sessions.ts';
import * as revokeOwnerContract from '../contracts/gateways/revoke-owner.ts';
import type { ThumbprintOfRoot } from '../domain/gateway-entries.ts';
import type { KindCarriedBy } from '../domain/operation-kinds.ts';
import { diagnoseRoute } from '../functions/gateways/diagnose.ts';
import { gatewayRevocationRoutes } from '../functions/gateways/gateway-revocations.ts';
import { gatewayRootRoutes } from '../functions/gateways/gateway-roots.ts';
import { gatewaySessionRoutes } from '../functions/gateways/gateway-sessions.ts';
import { gatewayRoutes } from '../functions/gateways/gateways.ts';
import { profilePackageRoute } from '../functions/gateways/profile-package.ts';
import type { Route } from '../functions/http/route.ts';
import { applyGateway } from '../orchestrations/gateways/apply-gateway.ts';
import { buildGateway } from '../orchestrations/gateways/build-gateway.ts';
import { disconnectSessions } from '../orchestrations/gateways/disconnect-sessions.ts';
import { removeGateway } from '../orchestrations/gateways/remove-gateway.ts';
import { revokeOwner } from '../orchestrations/gateways/revoke-owner.ts';
import { isExpiredRoot, readForeignRoot } from '../pki/read-foreign-root.ts';
import { createBuildGateway } from '../services/gateways/build-gateway.ts';
import { createDiagnose } from '../services/gateways/diagnose.ts';
import { createDisconnects } from '../services/gateways/disconnect-sessions.ts';
import { createForeignEntries } from '../services/gateways/foreign-entries.ts';
import { createGatewayPresence } from '../services/gateways/gateway-presence.ts';
import { createGatewayRevocations } from '../services/gateways/gateway-revocations.ts';
import { createGatewayRounds } from '../services/gateways/gateway-rounds.ts';
import { createGatewayWriter } from '../services/gateways/gateway-writer.ts';
import { createGatewayOperations } from '../services/gateways/gateways.ts';
import { createCertificateImports } from '../services/gateways/import-certificates.ts';
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
import type { Certificates } from './certificates.ts';
import { containers, type Core } from './core.ts';
import { readProfile } from './read-profile.ts';
import { registerActivities } from './register-activities.ts';
import { registerOrchestrations } from './register-orchestrations.ts';

/** Gateways: their plans, their single writer, the roots they trust and the certificates they refuse. */
export type Gateways = ReturnType<typeof createGatewayServices>;

const thumbprintOfRoot: ThumbprintOfRoot = (data) => readForeignRoot(data)?.thumbprint;

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- what is made here would be listed twice
export function createGatewayServices(
  core: Core,
  {
    lookup,
    owners,
    keyFiles,
    readNewest,
    downloads,
  }: Pick<Certificates, 'lookup' | 'owners' | 'keyFiles' | 'readNewest' | 'downloads'>,
  subscriptionId: string,
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
  const judgePlan = createJudgePlan({ arm, stores, subscriptionId });
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
    listSessions: createListSessions({ arm, stores, lookup, now, wait: (ms) => delay(ms) }),
    gatewayOperations,
    build: createBuildGateway({ judgePlan, gatewayOperations }),
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

export function gatewayNounRoutes({ stores, operations }: Core, gateways: Gateways): readonly Route[] {
  return [
    ...gatewayRoutes({ stores, operations, ...gateways }),
    ...gatewayRootRoutes({ stores, operations, trust: gateways.trust }),
    profilePackageRoute({ stores, packages: gateways.packages }),
    diagnoseRoute(gateways),
    ...gatewayRevocationRoutes({ stores, operations, ...gateways }),
    ...gatewaySessionRoutes({ operations, ...gateways }),
  ];
}

export function registerGateways({ arm, blobs, stores, claims, operations, log, now }: Core, gateways: Gateways): void {
  registerOrchestrations<KindCarriedBy<'gatewayOperations'>>({ buildGateway, removeGateway });
  df.app.orchestration(applyGatewayContract.applyGatewayName, applyGateway);

  df.app.orchestration(revokeOwnerContract.revokeOwnerName, revokeOwner);

  df.app.orchestration(disconnectSessionsContract.disconnectSessionsName, disconnectSessions);

  registerActivities(
    df.app,
    disconnectSessionsContract,
    createDisconnectActivities({ arm, operations, log, now, ...gateways }),
  );
  registerActivities(df.app, revokeOwnerContract, createLeaverActivities(gateways));
  registerActivities(df.app, buildGatewayContract, {
    ...createBuildActivities({ arm, stores, claims, operations, writer: gateways.writer, now }),
    ensureResource: createEnsureResource({ arm, stores, now }),
    removeResource: createRemoveResource({ arm, stores }),
    withdrawAccess: createWithdrawAccess({ arm, stores, now }),
  });
  registerActivities(df.app, applyGatewayContract, {
    ...createApplyActivities({
      arm,
      blobs,
      stores,
      ...gateways,
      profileContainer: containers.profiles,
      readProfilePackage: readProfile,
    }),
    writeGateway: createWriteGateway({ arm, stores, log, now, ...gateways, thumbprintOfRoot, isExpiredRoot }),
    readWrite: createReadWrite({ arm, stores, log, now, thumbprintOfRoot }),
  });
}
