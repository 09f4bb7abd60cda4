import type { TokenCredential } from '@azure/core-auth';
import { randomBytes, randomUUID } from 'node:crypto';
import { createBlobStorage } from '../azure/blob-storage.ts';
import { createResourceManager } from '../azure/resource-manager.ts';
import { createRootKeyVault } from '../azure/root-key-vault.ts';
import { createSecretVault } from '../azure/secret-vault.ts';
import { createSendWebhook } from '../azure/send-webhook.ts';
import { createTableStorage } from '../azure/table-storage.ts';
import { isUnresolvedReference, type SettingsReading } from '../config/settings.ts';
import { createApiKeys } from '../services/requests/api-keys.ts';
import { createAppSecrets } from '../services/requests/app-secrets.ts';
import { createAudit } from '../services/requests/audit.ts';
import { createStores } from '../stores/stores.ts';
import { createCertificateLookup } from '../services/certificates/certificate-lookup.ts';
import { createClaims } from '../stores/claims.ts';
import { createRoots } from '../services/certificates/roots.ts';
import { createDownloads } from '../services/operations/downloads.ts';
import { createProbes } from '../services/operations/dependency-probes.ts';
import { createExpiries, type DescribeExpiring } from '../services/operations/expiries.ts';
import { createForeignEntries } from '../services/gateways/foreign-entries.ts';
import { createGatewayPresence } from '../services/gateways/gateway-presence.ts';
import { createGatewayRounds } from '../services/gateways/gateway-rounds.ts';
import { createGatewayOperations } from '../services/gateways/gateways.ts';
import { createGatewayWriter } from '../services/gateways/gateway-writer.ts';
import { createIdempotency } from '../services/requests/idempotency.ts';
import { createCertificates } from '../services/certificates/issue-certificate.ts';
import { createJudgePlan, createJudgePlanParts } from '../services/gateways/judge-plan.ts';
import { createKits } from '../services/certificates/kits.ts';
import { createNoteNearLimit } from '../services/gateways/near-limit.ts';
import { createNoteVanished } from '../services/gateways/note-vanished.ts';
import { createNotices } from '../services/operations/notices.ts';
import { createOperations } from '../services/operations/operations.ts';
import { createOperationStanding } from '../services/operations/operation-standing.ts';
import { createDescribeOnPremises, createOnPremisesStores } from '../stores/on-premises-stores.ts';
import { createOutbox } from '../stores/outbox.ts';
import { createOwners } from '../services/certificates/owners.ts';
import { createReadiness } from '../services/requests/readiness.ts';
import { createRemoveOperation } from '../services/operations/remove-operation.ts';
import { createProfileRetention } from '../services/gateways/profile-retention.ts';
import { createRetentionDues } from '../stores/retention-dues.ts';
import { createSessionProof } from '../services/gateways/session-proof.ts';
import { rootKeys } from '../stores/records/certificates.ts';
import { createRevocations } from '../services/gateways/revocations.ts';
import { createSetAsideSecrets } from '../services/requests/set-aside-secrets.ts';
import { tableNames } from '../stores/table-names.ts';
import { createTimerRuns } from '../services/operations/timer-runs.ts';
import { createRootTrust } from '../services/gateways/trust-roots.ts';
import { createUnfinished } from '../stores/unfinished.ts';
import { createDependencyWatch } from '../services/operations/watch-dependencies.ts';
import type { ThumbprintOfRoot } from '../domain/gateway-entries.ts';
import { redactSecrets } from '../domain/redact-secrets.ts';
import { parseThumbprint } from '../domain/thumbprint.ts';
import { readProfilePackage, type ProfileReading } from '../kits/read-profile-package.ts';
import { readCertificate } from '../pki/read-certificate.ts';
import { isExpiredRoot, readForeignRoot } from '../pki/read-foreign-root.ts';

/** Private container of the gateways' profile packages. */
export const profileContainer = 'profiles';

/** Private container of sealed files that wait to be fetched. */
const downloadContainer = 'downloads';

/** Private container in which machines leave what run commands wrote. */
export const commandContainer = 'run-commands';

/** Everything that routes, timers and activities stand on, made once per process. */
export type Services = ReturnType<typeof createServices>;

// The return type is what is made here: naming it again would be a second list to keep.
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- see above
export function createServices({ settings, faults }: SettingsReading, credential: TokenCredential) {
  const now = (): Date => new Date();
  const tables = createTableStorage({ url: settings.tableUrl, credential, newId: randomUUID });
  const blobs = createBlobStorage({ url: settings.blobUrl, credential });
  const arm = createResourceManager({ endpoint: settings.armUrl, credential, now });
  const rootKeyVault = createRootKeyVault({ vaultUrl: settings.vaultUrl, credential });
  const vault = createSecretVault({ vaultUrl: settings.vaultUrl, credential });
  const appVault = createSecretVault({ vaultUrl: settings.appVaultUrl, credential });
  const secrets = createSetAsideSecrets(vault);
  const apiKeys = createApiKeys({ tables, now });
  const appSecrets = createAppSecrets({
    vault: appVault,
    webhookAllowedHosts: settings.webhookAllowedHosts,
    isUnresolvedReference,
    onFault: warn,
  });
  const readiness = createReadiness({
    missingSettings: faults.map(({ name }) => name),
    preparations: {
      GATEHOUSE_TABLE_URL: () => tables.ensure(tableNames),
      GATEHOUSE_BLOB_URL: () => blobs.ensure([profileContainer, downloadContainer, commandContainer]),
    },
    secretsSetting: 'GATEHOUSE_APP_VAULT_URL',
    readSecrets: appSecrets.read,
    apiKeys,
    now,
    onFault: warn,
    onMissing: (names) => {
      process.emitWarning(
        names.length === 0 ? 'nothing is missing any more' : `missing or unusable: ${names.join(', ')}`,
      );
    },
  });

  const unfinished = createUnfinished({ tables, now });
  const { keptDays } = settings;
  const dues = createRetentionDues({ tables });
  const outbox = createOutbox({ tables, now, keptDays: keptDays.events });
  const operations = createOperations({
    tables,
    now,
    unfinished,
    outbox,
    usualTimeDivisor: settings.usualTimeDivisor,
    keptDays: keptDays.operations,
  });
  const idempotency = createIdempotency({ tables, now, keptDays: keptDays.idempotency });
  const claims = createClaims({ tables });
  const stores = createStores(tables);
  const expiries = createExpiries({ tables });
  const owners = createOwners({ tables, now });
  const audit = createAudit({ tables });

  const lookup = createCertificateLookup({ stores, now });
  const writer = createGatewayWriter({ stores, now });
  const thumbprintOfRoot: ThumbprintOfRoot = (data) => readForeignRoot(data)?.thumbprint;
  const sendWebhook = createSendWebhook({ allowedHosts: settings.webhookAllowedHosts });
  const delivery = { outbox, webhook: readiness.webhook, send: sendWebhook, now };

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
      container: profileContainer,
      subscriptionId: settings.subscriptionId,
    }),
    now,
  });

  const noteVanished = createNoteVanished({ stores, outbox, audit, now, thumbprintOfRoot });
  const foreignEntries = createForeignEntries({ stores, outbox, audit, now, thumbprintOfRoot, readForeignRoot });
  const rounds = createGatewayRounds({
    stores,
    operations,
    outbox,
    noteVanished,
    noteNearLimit: createNoteNearLimit({ stores, outbox, audit, now }),
    foreignEntries,
    now,
    thumbprintOfRoot,
  });

  const onPremisesStores = createOnPremisesStores(tables);
  const standing = createOperationStanding({ stores, onPremisesStores });
  const describeOnPremises = createDescribeOnPremises(onPremisesStores);
  const describeExpiring: DescribeExpiring = async (kind, id) => {
    if (kind === 'root') return (await stores.roots.get(rootKeys(id)))?.record;
    if (kind === 'stack-certificate' || kind === 'signing-certificate') return describeOnPremises(kind, id);
    const thumbprint = parseThumbprint(id);
    return thumbprint === undefined ? undefined : lookup.byThumbprint(thumbprint);
  };

  const profileRetention = createProfileRetention({
    stores,
    blobs,
    container: profileContainer,
    dues,
    keptDays: keptDays.profiles,
    now,
  });

  return {
    now,
    tables,
    blobs,
    arm,
    stores,
    onPremisesStores,
    operations,
    claims,
    outbox,
    secrets,
    standing,
    unfinished,
    owners,
    expiries,
    lookup,
    writer,
    delivery,
    sendWebhook,
    readiness,
    timerRuns,
    dependencies,
    describeExpiring,
    thumbprintOfRoot,
    isExpiredRoot,
    readProfile,
    newSeed: (): Uint8Array => randomBytes(32),
    apiKeys,
    audit,
    idempotency,
    profileRetention,
    retention: {
      dues,
      removers: {
        idempotency: idempotency.removeOld,
        event: outbox.removeOld,
        operation: createRemoveOperation({
          tables,
          stores,
          onPremisesStores,
          standing,
          keptDays: keptDays.operations,
          now,
        }),
        profile: profileRetention.removeOld,
      },
      audit,
      now,
    },
    notices: createNotices({ tables }),
    noteVanished,
    presence: createGatewayPresence({
      stores,
      operations,
      outbox,
      writer,
      failRequests: (...request) => rounds.failProfile(...request),
      now,
    }),
    rounds,
    sessions: createSessionProof({ stores, lookup, operations, outbox, audit, now }),
    gatewayOperations: createGatewayOperations({ stores, claims, operations, now }),
    trust: createRootTrust({ stores, lookup, operations, writer, now }),
    revocations: createRevocations({ stores, lookup, operations, outbox, audit, writer, now }),
    roots: createRoots({ stores, rootKeys: rootKeyVault, unfinished, outbox, expiries, now }),
    certificates: createCertificates({
      stores,
      lookup,
      owners,
      rootKeys: rootKeyVault,
      expiries,
      outbox,
      unfinished,
      now,
    }),
    downloads: createDownloads({
      tables,
      blobs,
      container: downloadContainer,
      now,
      newToken: () => randomBytes(32).toString('base64url'),
    }),
    kits: createKits({ stores, lookup, blobs, container: profileContainer, readProfilePackage: readProfile }),
    judgePlan: createJudgePlan({ arm, stores, subscriptionId: settings.subscriptionId }),
    judgePlanParts: createJudgePlanParts({ stores, subscriptionId: settings.subscriptionId }),
  };
}

/** What kept the application from being ready, for whoever reads its log. */
function warn(name: string, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  process.emitWarning(`${name}: ${redactSecrets(text)}`);
}

function readProfile(zip: Uint8Array): ProfileReading {
  return readProfilePackage(zip, {
    thumbprintOf: (file) => {
      const reading = readCertificate(file);
      return reading.ok ? reading.certificate.thumbprint : undefined;
    },
  });
}
