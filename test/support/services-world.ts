/**
 * The use cases on tables in memory, a clock that stands still, a real RSA key and an Azure that does at once what it
 * is told: everything of the application but its clients and the host.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createWriteGateway } from '../../src/activities/gateways/write-gateway.ts';
import { addDays, dayOf } from '../../src/domain/days.ts';
import { newGateway } from '../../src/domain/resource-bodies.ts';
import { createKeyPair } from '../../src/pki/create-key-pair.ts';
import { isExpiredRoot, readForeignRoot } from '../../src/pki/read-foreign-root.ts';
import { createCertificateLookup } from '../../src/services/certificates/certificate-lookup.ts';
import { createCertificateOrders } from '../../src/services/certificates/certificate-orders.ts';
import { createRootKeyImports } from '../../src/services/certificates/import-root-key.ts';
import { createRootImports } from '../../src/services/certificates/import-roots.ts';
import { createCertificates } from '../../src/services/certificates/issue-certificate.ts';
import { createIssueWithKey, createKeyFiles } from '../../src/services/certificates/issue-with-key.ts';
import { createKits } from '../../src/services/certificates/kits.ts';
import { logSignatures } from '../../src/services/certificates/logged-root-keys.ts';
import { createReadNewestPackage } from '../../src/services/certificates/newest-package.ts';
import { createOwners } from '../../src/services/certificates/owners.ts';
import { createRootRemovals } from '../../src/services/certificates/remove-root.ts';
import { createOrderRenewal } from '../../src/services/certificates/renew-certificate.ts';
import { createRoots } from '../../src/services/certificates/roots.ts';
import { createDisconnects } from '../../src/services/gateways/disconnect-sessions.ts';
import { createForeignEntries } from '../../src/services/gateways/foreign-entries.ts';
import { createGatewayPresence } from '../../src/services/gateways/gateway-presence.ts';
import { createGatewayRevocations } from '../../src/services/gateways/gateway-revocations.ts';
import { createGatewayRounds } from '../../src/services/gateways/gateway-rounds.ts';
import { createGatewayWriter } from '../../src/services/gateways/gateway-writer.ts';
import { createGatewayOperations } from '../../src/services/gateways/gateways.ts';
import { createCertificateImports } from '../../src/services/gateways/import-certificates.ts';
import { createLeavers } from '../../src/services/gateways/leavers.ts';
import { createListSessions } from '../../src/services/gateways/list-sessions.ts';
import { createNoteNearLimit } from '../../src/services/gateways/near-limit.ts';
import { createNoteVanished } from '../../src/services/gateways/note-vanished.ts';
import { createRevocations } from '../../src/services/gateways/revocations.ts';
import { createSessionProof } from '../../src/services/gateways/session-proof.ts';
import { createRootTrust } from '../../src/services/gateways/trust-roots.ts';
import { createProcedures } from '../../src/services/on-premises/procedures.ts';
import { createDownloads } from '../../src/services/operations/downloads.ts';
import { createExpiries } from '../../src/services/operations/expiries.ts';
import { createOperationStanding } from '../../src/services/operations/operation-standing.ts';
import { createOperations } from '../../src/services/operations/operations.ts';
import { createTakeClaims } from '../../src/services/operations/take-claims.ts';
import { type AuditRow, createAudit } from '../../src/services/requests/audit.ts';
import { createClaims } from '../../src/stores/claims.ts';
import { sha256Hex } from '../../src/stores/digest.ts';
import { createOnPremisesStores } from '../../src/stores/on-premises-stores.ts';
import { createOutbox } from '../../src/stores/outbox.ts';
import { gatewayKeys, type GatewayRecord } from '../../src/stores/records/gateways.ts';
import { createStores, type Stores } from '../../src/stores/stores.ts';
import { createUnfinished } from '../../src/stores/unfinished.ts';
import { aCompletePlan } from './builders/a-complete-plan.ts';
import { aGatewayPlan, aSubscriptionId } from './builders/a-gateway-plan.ts';
import { someP2sSettings } from './builders/some-p2s-settings.ts';
import { createMemoryBlobs } from './memory-blobs.ts';
import { createMemoryTables, type MemoryTables } from './memory-tables.ts';
import { createRecordingLog } from './recording-log.ts';
import { createStubArm, provisioned, type StubArm } from './stub-arm.ts';
import { createStubOrchestrations, type StubOrchestrations } from './stub-orchestrations.ts';
import { createStubRootKeys, type StubRootKeys } from './stub-root-keys.ts';
import { createTestClock, type TestClock } from './test-clock.ts';
import { createTestEscrow } from './test-escrow.ts';

export type ServicesWorld = ReturnType<typeof createServicesWorld>;

/** One key of each size for all worlds: it takes longer to make than everything else that a test does. */
const pairs = new Map<number, ReturnType<typeof createKeyPair>>();

function aKeyPair(bits: number): ReturnType<typeof createKeyPair> {
  const pair = pairs.get(bits) ?? createKeyPair(bits);
  pairs.set(bits, pair);
  return pair;
}

export function createServicesWorld(tables: MemoryTables = createMemoryTables()) {
  const clock: TestClock = createTestClock();
  const { now } = clock;
  const arm: StubArm = createStubArm();
  const { log, told } = createRecordingLog();
  const stubRootKeys: StubRootKeys = createStubRootKeys();
  const rootKeys = { ...stubRootKeys, ...logSignatures(stubRootKeys, { log, now }) };
  const orchestrations: StubOrchestrations = createStubOrchestrations();
  const stores: Stores = createStores(tables);
  const unfinished = createUnfinished({ tables, now });
  const outbox = createOutbox({ tables, now, keptDays: 90 });
  const operations = createOperations({ tables, now, unfinished, keptDays: 365, outbox, log });
  const claims = createClaims({ tables });
  const expiries = createExpiries({ tables });
  const owners = createOwners({ stores, now });
  const audit = createAudit({ tables });
  const lookup = createCertificateLookup({ stores, now });
  const writer = createGatewayWriter({ stores, now });
  const thumbprintOfRoot = (data: string) => readForeignRoot(data)?.thumbprint;
  const standing = createOperationStanding({ stores, onPremisesStores: createOnPremisesStores(tables) });
  const noteVanished = createNoteVanished({ stores, outbox, audit, log, now, thumbprintOfRoot });
  const rootImports = createRootImports({ stores, unfinished, outbox, expiries, log, now });
  /** Secrets of Key Vault, by name. */
  const secrets = new Map<string, string>();
  const rootKeyImports = createRootKeyImports({
    stores,
    vault: rootKeys,
    secrets: {
      get: ({ name }) => {
        const value = secrets.get(name);
        return Promise.resolve(value === undefined ? undefined : { value, version: sha256Hex(value).slice(0, 8) });
      },
    },
    unfinished,
    imports: rootImports,
  });
  const rootRemovals = createRootRemovals({ stores, lookup, unfinished, keys: rootKeyImports, now });
  const foreignEntries = createForeignEntries({
    stores,
    outbox,
    audit,
    operations,
    now,
    thumbprintOfRoot,
    readForeignRoot,
  });
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
  const blobs = createMemoryBlobs(tables);
  const downloads = createDownloads({
    tables,
    blobs,
    container: 'downloads',
    now,
    escrow: createTestEscrow(),
    newToken: () => randomBytes(32).toString('base64url'),
  });
  const kits = createKits({
    stores,
    lookup,
    readNewest: createReadNewestPackage({ stores, blobs, container: 'profiles' }),
    // Whatever Azure's package holds: how it is read has tests of its own.
    readProfilePackage: () => ({ ok: true, profile: someP2sSettings().profile }),
  });
  const keyFiles = createKeyFiles({ downloads, stores });
  const certificates = createCertificates({
    stores,
    lookup,
    owners,
    rootKeys,
    expiries,
    outbox,
    unfinished,
    keyFiles,
    log,
    now,
  });
  const issueWithKey = createIssueWithKey({
    certificates,
    stores,
    downloads,
    kits,
    newKeyPair: aKeyPair,
    newPassword: () => randomBytes(15),
  });
  const certificateOrders = createCertificateOrders({
    stores,
    lookup,
    owners,
    operations,
    certificates,
    issueWithKey,
    now,
  });
  const presence = createGatewayPresence({
    stores,
    operations,
    outbox,
    writer,
    failRequests: (...request) => rounds.failProfile(...request),
    now,
  });
  const revocations = createRevocations({ stores, lookup, operations, outbox, audit, writer, keyFiles, now });
  return {
    arm,
    audit,
    stores,
    claims,
    clock,
    expiries,
    log,
    lookup,
    now,
    operations,
    orchestrations,
    outbox,
    owners,
    presence,
    rootKeys,
    tables,
    told,
    unfinished,
    writer,
    certificates,
    issueWithKey,
    certificateOrders,
    orderRenewal: createOrderRenewal({ stores, lookup }),
    downloads,
    kits,
    revocations,
    leavers: createLeavers({ stores, lookup, owners, revocations, operations, outbox, audit, now }),
    gatewayRevocations: createGatewayRevocations({ stores, lookup, operations, writer, now }),
    certificateImports: createCertificateImports({
      stores,
      lookup,
      owners,
      expiries,
      revocations,
      operations,
      blobs: createMemoryBlobs(tables),
      container: 'imports',
      now,
    }),
    rootImports,
    rootKeyImports,
    rootRemovals,
    secrets,
    roots: createRoots({
      stores,
      rootKeys,
      unfinished,
      outbox,
      expiries,
      log,
      now,
      imports: rootImports,
      removals: rootRemovals,
    }),
    standing,
    rounds,
    sessions: createSessionProof({ stores, lookup, operations, outbox, audit, log, now }),
    disconnects: createDisconnects({ stores, lookup, operations, now }),
    listSessions: createListSessions({ arm, stores, lookup, now, wait: () => Promise.resolve() }),
    gatewayOperations: createGatewayOperations({ stores, claims, operations, now }),
    procedures: createProcedures({
      operations,
      claims,
      standing,
      takeClaims: createTakeClaims({ claims, operations, now }),
      onDied: () => Promise.resolve(),
      now,
    }),
    trust: createRootTrust({ stores, lookup, operations, writer, now }),
    writeGateway: createWriteGateway({
      arm,
      stores,
      log,
      now,
      noteVanished,
      presence,
      thumbprintOfRoot,
      isExpiredRoot,
    }),
  };
}

/** Bytes that are the same for the same label, as a request's seed gives them. */
export function randomnessOf(seed: string): (label: string, length: number) => Uint8Array {
  return (label, length) => createHash('sha512').update(`${seed}:${label}`).digest().subarray(0, length);
}

export function anOperationId(seed: string): string {
  return `op-${createHash('sha256').update(seed).digest('hex').slice(0, 32)}`;
}

/** What a route hands to a use case. */
export function aRequest(world: ServicesWorld, seed: string) {
  return { operationId: anOperationId(seed), requestedBy: 'tester', orchestrations: world.orchestrations };
}

/** A finished root in the stores. */
export async function aRoot(world: ServicesWorld, id = 'root-1') {
  return world.roots.create(
    { id, subject: { commonName: `Root ${id}` }, keyType: 'RSA-2048', hsm: false, validityDays: 3650 },
    randomnessOf(id),
  );
}

/** A gateway that is built, in Azure and in the stores, with nothing trusted and nobody writing it. */
export async function aGateway(
  world: ServicesWorld,
  id = 'vnet1gw',
  changes: Partial<GatewayRecord> = {},
): Promise<GatewayRecord> {
  const input = aGatewayPlan({ name: id });
  const plan = aCompletePlan({ ...input, id }, { subscriptionId: aSubscriptionId });
  const at = world.now().toISOString();
  const record: GatewayRecord = {
    id,
    name: plan.name,
    resourceId: plan.resourceIds.gateway,
    state: 'ready',
    plan,
    desired: 1,
    applied: 1,
    epoch: 1,
    profileWanted: 1,
    profileMade: 1,
    updateSeconds: [],
    createdAt: at,
    updatedAt: at,
    ...changes,
  };
  await world.stores.gateways.insert(record);
  await world.stores.gatewayResources.insert({ resourceId: record.resourceId, gatewayId: id });
  world.arm.resources.set(record.resourceId, provisioned({ etag: 'W/"a"', ...newGateway(plan, []) }));
  return record;
}

/** What the single writer does, without the host: writes, compares and gives back until nothing more is wanted. */
export async function runWriter(world: ServicesWorld, gatewayId = 'vnet1gw'): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const record = (await world.stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (record?.writer === undefined) return;
    const input = { gatewayId, epoch: record.writer.epoch };
    const write = await world.writeGateway(input);
    if (write.outcome !== 'equal') continue;
    const gateway = world.arm.resources.get(record.resourceId);
    if (gateway === undefined) throw new Error('The gateway of the test is gone.');
    const { sessionsToSee } = await world.rounds.recordRound(gatewayId, {
      gateway,
      desired: write.desired,
      writeSeconds: [],
    });
    if (sessionsToSee) await world.sessions.record(gatewayId, { cut: [], unproven: [] });
    await world.writer.release(gatewayId, record.writer.epoch);
  }
}

/** What the service did by itself, by action, as the audit has it. */
export async function ownActs({ audit, now }: Pick<ServicesWorld, 'audit' | 'now'>): Promise<readonly AuditRow[]> {
  const day = dayOf(now());
  const rows = (await audit.listDays(addDays(day, -1), addDays(day, 1), 1000)) ?? [];
  return rows.filter(({ who }) => who === 'gatehouse');
}

/** A profile package of the gateway, as if Azure had made one. */
export async function aProfile({ stores, tables, now }: ServicesWorld, gatewayId = 'vnet1gw'): Promise<void> {
  await createMemoryBlobs(tables).put('profiles', 'package', Buffer.from('a package'), 'application/zip');
  const { hash, serverFqdn } = someP2sSettings().profile;
  const facts = { hash, serverFqdn, routes: [], dnsServers: [], hasOpenVpn: true };
  await stores.profiles.upsert({ gatewayId, ...facts, blobName: 'package', madeAt: now().toISOString() });
}
