import * as df from 'durable-functions';
import { createApplyActivities } from '../activities/gateways/apply-activities.ts';
import { createBuildActivities } from '../activities/gateways/build-activities.ts';
import { createDisconnectActivities } from '../activities/gateways/disconnect-activities.ts';
import { createEnsureResource } from '../activities/gateways/ensure-resource.ts';
import { createInventoryActivities } from '../activities/gateways/inventory-activities.ts';
import { createLeaverActivities } from '../activities/gateways/leaver-activities.ts';
import { createReadWrite } from '../activities/gateways/read-write.ts';
import { createRemoveResource } from '../activities/gateways/remove-resource.ts';
import { createWithdrawAccess } from '../activities/gateways/withdraw-access.ts';
import { createWriteGateway } from '../activities/gateways/write-gateway.ts';
import * as applyGatewayContract from '../contracts/gateways/apply-gateway.ts';
import * as buildGatewayContract from '../contracts/gateways/build-gateway.ts';
import * as disconnectSessionsContract from '../contracts/gateways/disconnect-sessions.ts';
import * as revokeOwnerContract from '../contracts/gateways/revoke-owner.ts';
import * as scanInventoryContract from '../contracts/gateways/scan-inventory.ts';
import type { KindCarriedBy } from '../domain/operation-kinds.ts';
import { diagnoseRoute } from '../functions/gateways/diagnose.ts';
import { gatewayRevocationRoutes } from '../functions/gateways/gateway-revocations.ts';
import { gatewayRootRoutes } from '../functions/gateways/gateway-roots.ts';
import { gatewaySessionRoutes } from '../functions/gateways/gateway-sessions.ts';
import { gatewayRoutes } from '../functions/gateways/gateways.ts';
import { inventoryRoutes } from '../functions/gateways/inventory.ts';
import { profilePackageRoute } from '../functions/gateways/profile-package.ts';
import type { Route } from '../functions/http/route.ts';
import { applyGateway } from '../orchestrations/gateways/apply-gateway.ts';
import { buildGateway } from '../orchestrations/gateways/build-gateway.ts';
import { disconnectSessions } from '../orchestrations/gateways/disconnect-sessions.ts';
import { removeGateway } from '../orchestrations/gateways/remove-gateway.ts';
import { revokeOwner } from '../orchestrations/gateways/revoke-owner.ts';
import { scanInventory } from '../orchestrations/gateways/scan-inventory.ts';
import { isExpiredRoot } from '../pki/read-foreign-root.ts';
import { containers } from './containers.ts';
import type { Core } from './core.ts';
import { type Gateways, thumbprintOfRoot } from './gateway-services.ts';
import { readProfile } from './read-profile.ts';
import { registerActivities } from './register-activities.ts';
import { registerOrchestrations } from './register-orchestrations.ts';

export function gatewayNounRoutes({ stores, operations }: Core, gateways: Gateways): readonly Route[] {
  return [
    ...gatewayRoutes({ stores, operations, ...gateways }),
    ...gatewayRootRoutes({ stores, operations, trust: gateways.trust }),
    profilePackageRoute({ stores, packages: gateways.packages }),
    diagnoseRoute(gateways),
    ...gatewayRevocationRoutes({ stores, operations, ...gateways }),
    ...gatewaySessionRoutes({ operations, ...gateways }),
    ...inventoryRoutes({ operations, ...gateways }),
  ];
}

export function registerGateways({ arm, blobs, stores, claims, operations, log, now }: Core, gateways: Gateways): void {
  registerOrchestrations<KindCarriedBy<'gatewayOperations'>>({ buildGateway, removeGateway });
  df.app.orchestration(applyGatewayContract.applyGatewayName, applyGateway);

  df.app.orchestration(revokeOwnerContract.revokeOwnerName, revokeOwner);

  df.app.orchestration(disconnectSessionsContract.disconnectSessionsName, disconnectSessions);

  df.app.orchestration(scanInventoryContract.scanInventoryName, scanInventory);
  registerActivities(df.app, scanInventoryContract, createInventoryActivities(gateways));

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
