import { randomBytes, randomUUID } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import { createArmInventory } from '../azure/arm-inventory.ts';
import { createBlobStorage } from '../azure/blob-storage.ts';
import { createResourceManager } from '../azure/resource-manager.ts';
import { createRootKeyVault } from '../azure/root-key-vault.ts';
import { createSecretVault } from '../azure/secret-vault.ts';
import { createSendWebhook } from '../azure/send-webhook.ts';
import { createTableStorage } from '../azure/table-storage.ts';
import { isUnresolvedReference, type SettingsReading } from '../config/settings.ts';
import type { Log } from '../ports/log.ts';
import { logSignatures } from '../services/certificates/logged-root-keys.ts';
import { createProbes } from '../services/operations/dependency-probes.ts';
import { createExpiries } from '../services/operations/expiries.ts';
import { createNotices } from '../services/operations/notices.ts';
import { createOperationStanding } from '../services/operations/operation-standing.ts';
import { createOperations } from '../services/operations/operations.ts';
import { createTimerRuns } from '../services/operations/timer-runs.ts';
import { createDependencyWatch } from '../services/operations/watch-dependencies.ts';
import { createApiKeys } from '../services/requests/api-keys.ts';
import { createAppSecrets } from '../services/requests/app-secrets.ts';
import { createAudit } from '../services/requests/audit.ts';
import { createIdempotency } from '../services/requests/idempotency.ts';
import { createReadiness } from '../services/requests/readiness.ts';
import { createSetAsideSecrets } from '../services/requests/set-aside-secrets.ts';
import { createClaims } from '../stores/claims.ts';
import { createOnPremisesStores } from '../stores/on-premises-stores.ts';
import { createOutbox } from '../stores/outbox.ts';
import { createRetentionDues } from '../stores/retention-dues.ts';
import { createStores } from '../stores/stores.ts';
import { tableNames } from '../stores/table-names.ts';
import { createUnfinished } from '../stores/unfinished.ts';
import { containers } from './containers.ts';
import { createDeliverSoon } from './deliver-soon.ts';
import { warnOf } from './warn-of.ts';

/**
 * What every workflow stands on: Azure's clients, the stores, operations, events, the audit, health. Made once per
 * process.
 */
export type Core = ReturnType<typeof createCore>;

// The return type is what is made here: naming it again would be a second list to keep.
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- see above
export function createCore({ settings, faults }: SettingsReading, credential: TokenCredential, log: Log) {
  const now = (): Date => new Date();
  const tables = createTableStorage({ url: settings.tableUrl, credential, newId: randomUUID });
  const blobs = createBlobStorage({ url: settings.blobUrl, credential });
  const armRequests = { endpoint: settings.armUrl, credential, log, now };
  const arm = createResourceManager(armRequests);
  const rootKeys = logSignatures(createRootKeyVault({ vaultUrl: settings.vaultUrl, credential, log }), { log, now });
  const vault = createSecretVault({ vaultUrl: settings.vaultUrl, credential, log });
  const appVault = createSecretVault({ vaultUrl: settings.appVaultUrl, credential, log });
  const secrets = createSetAsideSecrets(vault);
  const apiKeys = createApiKeys({ tables, now });
  const appSecrets = createAppSecrets({
    vault: appVault,
    webhookAllowedHosts: settings.webhookAllowedHosts,
    isUnresolvedReference,
    onFault: warnOf,
  });
  const readiness = createReadiness({
    missingSettings: faults.map(({ name }) => name),
    preparations: {
      GATEHOUSE_TABLE_URL: () => tables.ensure(tableNames),
      GATEHOUSE_BLOB_URL: () => blobs.ensure(Object.values(containers)),
    },
    secretsSetting: 'GATEHOUSE_APP_VAULT_URL',
    readSecrets: appSecrets.read,
    apiKeys,
    now,
    onFault: warnOf,
    onMissing: (names) => {
      process.emitWarning(
        names.length === 0 ? 'nothing is missing any more' : `missing or unusable: ${names.join(', ')}`,
      );
    },
  });

  const unfinished = createUnfinished({ tables, now });
  const { keptDays, allowEllipticCurve } = settings;
  const dues = createRetentionDues({ tables });
  const outbox = createOutbox({ tables, now, keptDays: keptDays.events });
  const operations = createOperations({
    tables,
    now,
    unfinished,
    outbox,
    log,
    usualTimeDivisor: settings.usualTimeDivisor,
    keptDays: keptDays.operations,
  });
  const idempotency = createIdempotency({ tables, now, keptDays: keptDays.idempotency });
  const claims = createClaims({ tables });
  const stores = createStores(tables);
  const expiries = createExpiries({ tables });
  const audit = createAudit({ tables });

  const onPremisesStores = createOnPremisesStores(tables);

  const sendWebhook = createSendWebhook({ allowedHosts: settings.webhookAllowedHosts });
  const delivery = { outbox, webhook: readiness.webhook, send: sendWebhook, log, now };

  const timerRuns = createTimerRuns({ tables, now });
  const dependencies = createDependencyWatch({
    tables,
    outbox,
    timerRuns,
    missing: readiness.missing,
    hasWebhook: async () => (await readiness.webhook()) !== undefined,
    probes: createProbes({
      arm,
      blobs,
      vault,
      appVault,
      container: containers.profiles,
      subscriptionId: settings.subscriptionId,
    }),
    now,
  });

  return {
    allowEllipticCurve,
    now,
    log,
    newSeed: (): Uint8Array => randomBytes(32),
    keptDays,
    tables,
    blobs,
    arm,
    armInventory: createArmInventory(armRequests),
    rootKeys,
    secrets,
    stores,
    onPremisesStores,
    claims,
    unfinished,
    operations,
    standing: createOperationStanding({ stores, onPremisesStores }),
    outbox,
    sendWebhook,
    delivery,
    deliverSoon: createDeliverSoon(delivery),
    dues,
    expiries,
    notices: createNotices({ tables }),
    apiKeys,
    audit,
    idempotency,
    readiness,
    timerRuns,
    dependencies,
  };
}
